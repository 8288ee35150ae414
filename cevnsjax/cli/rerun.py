"""The words of the command that makes a result again, from what its file holds."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from .._base.errors import InputError
from .._base.json_files import is_number
from ..inference.defaults import CHUNK
from ..inference.grid.axes import MOST_VALUES, Axis
from ..inference.minimise.minimisers import Newton
from ..inference.sample.run import SAMPLERS, setting_names
from ..joint.likelihood import Likelihood
from ..results.held import Held, chunk_of, differences, written_axis
from ..results.rebuilt import damaged, form_factor_items, part
from ..results.record import axis_settings, data_digest, digest
from .request import Request

COMMANDS = {
    "scan": "scan",
    "posterior": "sample",
    "toys": "toys",
    "feldman-cousins": "toys",
    "fit": "fit",
    "profile": "profile",
    "prediction": "predict",
    "cross-sections": "cross-sections",
}
USUAL_LEVELS = ("68.27", "90")
REFINED = 2


def described(held: Held) -> dict[str, Any]:
    """Return what a file holds as plain lists and numbers."""
    settings = held.settings
    names = ("measurements", "interactions", "couplings", "form factors", "electrons", "free", "nuisances", "fixed")
    names = (*names, "tied", "required", "constraints", "correlations")
    return {
        "file": str(held.path),
        "kind": held.kind,
        **{name.replace(" ", "_"): settings[name] for name in names},
        "set": held.origin["values"],
        "run": held.run,
        **({"priors": held.priors} if held.priors else {}),
        **held.state,
        "data": held.digest,
        "data_files": settings["data"],
        **held.versions,
    }


def _option(name: str, value: str) -> list[str]:
    return [f"{name}={value}"] if value.startswith("-") else [name, value]


def _given(name: str, values: Iterable[str]) -> list[str]:
    """Return an option that takes a list, nothing for an empty list."""
    joined = ",".join(values)
    return _option(name, joined) if joined else []


def rerun(held: Held) -> tuple[list[str], list[str]]:
    """Return the words of the command that makes a result again, and why there is none, if there is none."""
    settings, origin, reasons = held.settings, held.origin, []
    truth, given, sections = origin.get("truth"), origin["values"], held.kind == "cross-sections"
    forecast = held.kind == "fit" and truth == {"values": origin["values"], "tie": origin["tie"]}
    names = [origin["files"].get(name, name) for name in settings["measurements"]]
    interactions = [name for name in settings["interactions"] if name != "standard-model"]
    scheme = settings["couplings"]["scheme"]
    if scheme is None:
        reasons.append("its couplings are of no scheme")
    written = [held.run["form_factor"]] if sections else settings["form factors"].values()
    chosen = form_factor_items(written)
    if len(several := [item for item in chosen if "=" not in item]) > 1:
        reasons.append(f"it has several form factors, {', '.join(several)}")
    reasons += [
        f"the prior of {name}, {text}, can only be given in Python" for name, text in held.priors_of_python.items()
    ]
    if not reasons:
        try:
            request = Request(
                names,
                interaction=interactions,
                couplings=scheme,
                form_factor=chosen or None,
                electrons=settings["electrons"],
            )
            likelihood = request.experiments()
            if forecast:
                likelihood = likelihood.asimov(origin["values"], origin["tie"])
            if held.kind == "prediction":
                given = _moved(likelihood, held)
            reasons += _other_sections(held, likelihood) if sections else differences(held, likelihood)
        except InputError as error:
            reasons.append(str(error))
    words = ["cevnsjax", "forecast" if forecast else COMMANDS[held.kind], *names]
    for name in interactions:
        words += _option("--interaction", name)
    words += [] if scheme in (None, "2022") else ["--couplings", scheme]
    for item in chosen:
        words += _option("--form-factor", item)
    words += ["--electrons"] if settings["electrons"] else []
    words += _given("--free", origin["free"])
    words += _given("--set", (f"{name}={value!r}" for name, value in given.items()))
    words += _given("--tie", (f"{name}={leader}" for name, leader in origin["tie"].items()))
    for text in origin["require"]:
        words += _option("--require", text)
    for name, (centre, width) in origin["constrain"].items():
        words += _option("--constrain", f"{name}={centre!r},{width!r}")
    for a, b, value in origin["correlate"]:
        words += _option("--correlate", f"{a},{b}={value!r}")
    for name, text in held.priors.items():
        words += _option("--prior", f"{name}={text}")
    own, why_not = OPTIONS[held.kind](held)
    return [*words, *own], [*reasons, *why_not]


def _moved(likelihood: Likelihood, held: Held) -> dict[str, float]:
    """Return the parameters of a prediction that are not at their defaults, and what they need."""
    table, params = likelihood.parameters, part(held, "prediction").get("params")
    if not isinstance(params, dict) or not all(map(is_number, params.values())):
        raise damaged(held, "params")
    moved = {name for name in table if name in params and params[name] != table[name].default}
    moved |= {needed for name in moved if (needed := table[name].needs) is not None}
    return {name: params[name] for name in table if name in moved}


def _other_sections(held: Held, likelihood: Likelihood) -> list[str]:
    """Return in what the data or the models are not those of cross sections."""
    models = held.origin["digests"].get("interaction") == digest(likelihood.interaction)
    measured = held.digest == data_digest(likelihood.measurements)
    return [] if models and measured else [f"the {'models are others' if measured else 'data are others'}"]


def _axes(option: str, grid: dict[str, Any]) -> tuple[list[str], list[str]]:
    words, reasons = [], []
    for name, axis in grid.items():
        text = written_axis(name, axis)
        if text is None:
            reasons.append(f"the values of {name} are not evenly spaced")
        else:
            words += [option, f"{name}={text}"]
    return words, reasons


def _scan(held: Held) -> tuple[list[str], list[str]]:
    words, reasons = _axes("--grid", held.run["grid"])
    chunk = chunk_of(held.run, CHUNK)
    words += [] if chunk is None else ["--chunk", str(chunk)]
    return [*words, *(_option("--out", str(held.path)) if held.path.is_dir() else _again(held, ".zarr"))], reasons


def _again(held: Held, ending: str = ".nc") -> list[str]:
    """Return the option that names another file beside that shown, which no command replaces."""
    return _option("--out", str(held.path.with_name(f"{held.path.stem}-again{ending}")))


def _fit(held: Held) -> tuple[list[str], list[str]]:
    minimiser = held.run["minimiser"]
    words = [] if minimiser == Newton.name else _option("--minimiser", minimiser)
    return [*words, *_again(held, ".json")], []


def _profile(held: Held) -> tuple[list[str], list[str]]:
    words, reasons, grid = _given("--param", held.run["grid"]), [], held.run["grid"]
    for name, axis in grid.items():
        low, high, count = axis["from"], axis["to"], axis["values"]
        if axis_settings(Axis(name, np.linspace(low, high, min(count, MOST_VALUES)), False)) != axis:
            reasons.append(f"the values of {name} are not evenly spaced")
        words += _option("--range", f"{name}={low!r}:{high!r}")
    counts = {axis["values"] for axis in grid.values()}
    if len(counts) > 1:
        reasons.append("its axes have several numbers of values")
    words += ["--points", str(max(counts, default=0))]
    return [*words, *_again(held)], reasons


def _prediction(held: Held) -> tuple[list[str], list[str]]:
    reasons = ["it is the prediction of a fit, whose command makes it"] if held.run["fitted"] else []
    return _again(held, ".json"), reasons


def _sections(held: Held) -> tuple[list[str], list[str]]:
    return _again(held, ".json"), []


SHARED = ("method", "draws", "chains", "seed")
WITH_OPTION = ("live",)
"""Settings of a sampler that have an option, beside those that all have."""
WORDS = {"warm_up": "it took {value} transitions to warm up, which no option sets"}


def _sample(held: Held) -> tuple[list[str], list[str]]:
    run = held.run
    words = [word for name in SHARED for word in (f"--{name}", str(run[name]))]
    if run["method"] not in SAMPLERS:
        return words, [f"it was drawn by the user's own sampler '{run['method']}', which no option selects"]
    kind, reasons = SAMPLERS[run["method"]], []
    for name in setting_names(kind):
        if name in WITH_OPTION:
            words += [f"--{name}", str(run[name])]
        elif name not in SHARED and run[name] != getattr(kind, name):
            reasons.append(WORDS[name].format(value=run[name]))
    return [*words, *_again(held)], reasons


def _toys(held: Held) -> tuple[list[str], list[str]]:
    words = ["--count", str(held.run["count"]), "--seed", str(held.run["seed"])]
    words += _given("--test", (f"{name}={value!r}" for name, value in held.run["test"].items()))
    return [*words, *_again(held)], []


def _construction(held: Held) -> tuple[list[str], list[str]]:
    words, reasons = _axes("--feldman-cousins", held.run["grid"])
    levels = held.run["levels"]
    if not set(USUAL_LEVELS) <= set(levels):
        reasons.append(f"its levels are {', '.join(levels)}: the command adds {' and '.join(USUAL_LEVELS)}")
    if held.run["refine"] != REFINED:
        reasons.append(f"its edges were refined {held.run['refine']} times, which no option sets")
    words += ["--count", str(held.run["count"]), "--seed", str(held.run["seed"])]
    words += _given("--cl", (level for level in levels if level not in USUAL_LEVELS))
    return [*words, *_again(held)], reasons


OPTIONS = {
    "scan": _scan,
    "posterior": _sample,
    "toys": _toys,
    "feldman-cousins": _construction,
    "fit": _fit,
    "profile": _profile,
    "prediction": _prediction,
    "cross-sections": _sections,
}
"""Options of the command of each kind of result, beside those that most have."""
