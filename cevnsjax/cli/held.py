"""``cevnsjax show``: what the file of a result holds, and the command that makes it again."""

import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from .._base.errors import InputError, printable
from ..inference.grid.blocks import CHUNK
from ..inference.sample.nuts import WARM_UP
from ..results.held import Held, chunk_of, differences, read_held, written_axis
from ..results.scanning import listed
from . import options
from . import show as printing
from .process import OUTPUT

COMMANDS = {"scan": "scan", "posterior": "sample", "toys": "toys", "feldman-cousins": "toys"}
USUAL_LEVELS = ("68.27", "90")
REFINED = 2


def show(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A scan, or a file of draws or toys.", show_default=False)
    ],
    json_: options.Json = False,
) -> None:
    """Show what a scan, a posterior or a file of toys holds, and the command that makes it again."""
    held = read_held(file)
    words, reasons = rerun(held)
    content = described(held) | {"command": None if reasons else shlex.join(words), "no_command": reasons}
    if json_:
        printing.json_object(content)
    else:
        _print(content)


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
        **held.state,
        "data": held.digest,
        "data_files": settings["data"],
        **held.versions,
    }


def _option(name: str, value: str) -> list[str]:
    return [f"{name}={value}"] if value.startswith("-") else [name, value]


def _given(name: str, values: Iterable[str]) -> list[str]:
    """Return an option that takes a list, nothing for an empty one."""
    joined = ",".join(values)
    return _option(name, joined) if joined else []


def rerun(held: Held) -> tuple[list[str], list[str]]:
    """Return the words of the command that makes a result again, and why there is none, if there is none."""
    settings, origin, reasons = held.settings, held.origin, []
    names = [origin["files"].get(name, name) for name in settings["measurements"]]
    interactions = [name for name in settings["interactions"] if name != "standard-model"]
    scheme = settings["couplings"]["scheme"]
    if scheme is None:
        reasons.append("its couplings are of no scheme")
    chosen = sorted(set(settings["form factors"].values()) - {"helm"})
    if len(chosen) > 1:
        reasons.append(f"it has several form factors, {', '.join(chosen)}")
    form_factor = chosen[0] if chosen else None
    if not reasons:
        try:
            likelihood = options.experiments(names, interactions, scheme, form_factor, settings["electrons"])
            reasons += differences(held, likelihood)
        except InputError as error:
            reasons.append(str(error))
    words = ["cevnsjax", COMMANDS[held.kind], *names]
    for name in interactions:
        words += _option("--interaction", name)
    words += [] if scheme in (None, "2022") else ["--couplings", scheme]
    words += [] if form_factor is None else ["--form-factor", form_factor]
    words += ["--electrons"] if settings["electrons"] else []
    words += _given("--free", origin["free"])
    words += _given("--set", (f"{name}={value!r}" for name, value in origin["values"].items()))
    words += _given("--tie", (f"{name}={leader}" for name, leader in origin["tie"].items()))
    for text in origin["require"]:
        words += _option("--require", text)
    for name, (centre, width) in origin["constrain"].items():
        words += _option("--constrain", f"{name}={centre!r},{width!r}")
    for a, b, value in origin["correlate"]:
        words += _option("--correlate", f"{a},{b}={value!r}")
    own, why_not = {"scan": _scan, "posterior": _sample, "toys": _toys, "feldman-cousins": _construction}[held.kind](
        held
    )
    return [*words, *own], [*reasons, *why_not]


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
    return [*words, *_option("--out", str(held.path))], reasons


def _again(held: Held) -> list[str]:
    """Return the option that names another file beside the one shown, which no command replaces."""
    return _option("--out", str(held.path.with_name(f"{held.path.stem}-again.nc")))


def _sample(held: Held) -> tuple[list[str], list[str]]:
    run = held.run
    words = [word for name in ("method", "draws", "chains", "seed") for word in (f"--{name}", str(run[name]))]
    words += ["--live", str(run["live"])] if run["method"] == "nested" else []
    reasons = []
    if run["method"] == "nuts" and run["warm_up"] != WARM_UP:
        reasons.append(f"it took {run['warm_up']} transitions to warm up, which no option asks for")
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
        reasons.append(f"its edges were refined {held.run['refine']} times, which no option asks for")
    words += ["--count", str(held.run["count"]), "--seed", str(held.run["seed"])]
    words += _given("--cl", (level for level in levels if level not in USUAL_LEVELS))
    return [*words, *_again(held)], reasons


def _print(content: dict[str, Any]) -> None:
    """Print what a file holds from its JSON."""

    def pairs(values: dict[str, Any]) -> str:
        return ", ".join(f"{name} = {_brief(value)}" for name, value in values.items())

    run, rows = content["run"], printing.table("what", "is", wrapped=("is",))
    grid = {name: _spaced(axis) for name, axis in run.get("grid", {}).items()}
    apart = ("grid", "chunk", *(("live",) if run.get("method") != "nested" else ()))
    settings = {name: value for name, value in run.items() if name not in apart and value != {}}
    shown = {
        "measurements": ", ".join(content["measurements"]),
        "interactions": ", ".join(content["interactions"]),
        "couplings": content["couplings"]["scheme"] or "of one's own",
        "form factor": ", ".join(sorted(set(content["form_factors"].values()))),
        "electrons": "scatter too" if content["electrons"] else "",
        "free": ", ".join(content["free"]),
        "grid": "; ".join(f"{name} {text}" for name, text in grid.items()),
        "profiled or sampled beside": ", ".join(content["nuisances"]),
        "set": pairs(content["set"]),
        "tied": pairs(content["tied"]),
        "required": ", ".join(content["required"]),
        "constraints": pairs(content["constraints"]),
        "correlations": pairs(content["correlations"]),
        "run": pairs(settings),
        "data": content["data"],
        "made by": f"cevnsjax {content['version']}, jax {content['jax']}",
    }
    for name, text in shown.items():
        if text:
            rows.add_row(name, printable(text))
    console = printing.console()
    console.print(printable(f"{content['file']}: {_state(content)}"))
    console.print(rows)
    reasons = f"no command makes it again: {listed(content['no_command'])}; it was made in Python or with other files"
    OUTPUT.printed(print, printable(reasons if content["command"] is None else content["command"]))


def _brief(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}={_brief(one)}" for name, one in value.items())
    if isinstance(value, list):
        return ", ".join(map(_brief, value))
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _spaced(axis: dict[str, Any]) -> str:
    return f"{axis['from']:g} to {axis['to']:g}, {axis['values']} values{', logarithmic' if axis['log'] else ''}"


def _state(content: dict[str, Any]) -> str:
    """Return what kind of file it is, and of a scan what of it is there."""
    kinds = {"posterior": "draws from a posterior", "toys": "toys", "feldman-cousins": "toys of Feldman and Cousins"}
    if content["kind"] != "scan":
        return kinds[content["kind"]]
    if content["damaged"]:
        return f"a scan that is damaged: {listed(content['damaged'])}; this command mends it"
    if not content["complete"]:
        return f"a scan, {content['chunks_done']} of {content['chunks']} chunks; this command goes on with it"
    return f"a complete scan, chi2 {_brief(content['chi2_min'])} at the best fit"
