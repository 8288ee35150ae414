"""What is shown of the file of a result."""

from collections.abc import Mapping
from typing import Any

from ..._base.errors import printable
from ..._base.tables import Block, Table, listed
from ...inference.sample.run import SAMPLERS, setting_names

KINDS = {
    "posterior": "draws from a posterior",
    "toys": "toys",
    "feldman-cousins": "toys of Feldman and Cousins",
    "fit": "a fit",
    "profile": "a profile",
    "prediction": "a prediction",
    "cross-sections": "flux-averaged cross sections",
}


def held_blocks(content: Mapping[str, Any]) -> list[Block]:
    """Return what a file holds, and the command that makes it again, from its JSON."""
    run = content["run"]
    grid = {name: _spaced(axis) for name, axis in run.get("grid", {}).items()}
    settings = {name: value for name, value in run.items() if name not in (*APART, *_of_others(run)) and value != {}}
    shown = {
        "measurements": ", ".join(content["measurements"]),
        "interactions": ", ".join(content["interactions"]),
        "couplings": content["couplings"]["scheme"] or "user-defined",
        "form factor": ", ".join(sorted(set(content["form_factors"].values()))),
        "electrons": "scatter too" if content["electrons"] else "",
        "free": ", ".join(content["free"]),
        "grid": "; ".join(f"{name} {text}" for name, text in grid.items()),
        "profiled or sampled beside": ", ".join(content["nuisances"]),
        "set": _pairs(content["set"]),
        "tied": _pairs(content["tied"]),
        "required": ", ".join(content["required"]),
        "constraints": _pairs(content["constraints"]),
        "correlations": _pairs(content["correlations"]),
        "priors": _pairs(content.get("priors", {})),
        "run": _pairs(settings),
        "result": _result(content),
        "data": content["data"],
        "made by": f"cevnsjax {content['version']}, jax {content['jax']}",
    }
    reasons = f"no command makes it again: {listed(content['no_command'])}; it was made in Python or with other files"
    return [
        printable(f"{content['file']}: {_state(content)}"),
        Table(("what", "is"), [(name, text) for name, text in shown.items() if text], wrapped=(1,)),
        printable(reasons if content["command"] is None else content["command"]),
    ]


APART = ("grid", "chunk")
"""What of a run is said elsewhere."""


def _of_others(run: Mapping[str, Any]) -> set[str]:
    """Return the settings of samplers other than that of the run."""
    every = {name for kind in SAMPLERS.values() for name in setting_names(kind)}
    kind = SAMPLERS.get(run.get("method", ""))
    return set() if kind is None else every - {"draws", "chains", *setting_names(kind)}


def _pairs(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} = {_brief(value)}" for name, value in values.items())


def _brief(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}={_brief(item)}" for name, item in value.items())
    if isinstance(value, list):
        return ", ".join(map(_brief, value))
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _result(content: Mapping[str, Any]) -> str:
    """Return in a line what a fit, a prediction or cross sections came to."""
    if content["kind"] == "prediction":
        return f"counts: {_pairs(content['total'])}"
    if content["kind"] == "cross-sections":
        return "; ".join(f"{name} {_brief(value)} cm^2" for name, value in content["measured"].items())
    if content["kind"] not in ("fit", "profile"):
        return ""
    best = f" at {_pairs(content['best'])}" if content["best"] else ""
    return f"chi2 = {_brief(content['chi2_min'])}{best}; {content['message']}"


def _spaced(axis: Mapping[str, Any]) -> str:
    return f"{axis['from']:g} to {axis['to']:g}, {axis['values']} values{', logarithmic' if axis['log'] else ''}"


def _state(content: Mapping[str, Any]) -> str:
    """Return what kind of file it is, and of a scan what of it is there."""
    if content["kind"] != "scan":
        return KINDS[content["kind"]]
    if content["damaged"]:
        return f"a scan that is damaged: {listed(content['damaged'])}; this command mends it"
    if not content["complete"]:
        return f"a scan, {content['chunks_done']} of {content['chunks']} chunks; this command goes on with it"
    return f"a complete scan, chi2 {_brief(content['chi2_min'])} at the best fit"
