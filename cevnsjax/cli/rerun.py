"""The words of the command that makes a result again, from what its file holds."""

from collections.abc import Iterable
from typing import Any

from .._base.errors import InputError
from ..inference.grid.blocks import CHUNK
from ..inference.sample.run import SAMPLERS, setting_names
from ..results.held import Held, chunk_of, differences, written_axis
from .asked import Asked

COMMANDS = {"scan": "scan", "posterior": "sample", "toys": "toys", "feldman-cousins": "toys"}
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
    reasons += [f"the prior of {name}, {text}, is one of Python" for name, text in held.priors_of_python.items()]
    if not reasons:
        try:
            asked = Asked(
                names,
                interaction=interactions,
                couplings=scheme,
                form_factor=form_factor,
                electrons=settings["electrons"],
            )
            reasons += differences(held, asked.experiments())
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
    for name, text in held.priors.items():
        words += _option("--prior", f"{name}={text}")
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


SHARED = ("method", "draws", "chains", "seed")
OPTIONS = ("live",)
"""Settings of a sampler that have an option, beside those that all have."""
WORDS = {"warm_up": "it took {value} transitions to warm up, which no option asks for"}


def _sample(held: Held) -> tuple[list[str], list[str]]:
    run = held.run
    words = [word for name in SHARED for word in (f"--{name}", str(run[name]))]
    if run["method"] not in SAMPLERS:
        return words, [f"it was drawn by the sampler '{run['method']}' of one's own, which no option asks for"]
    kind, reasons = SAMPLERS[run["method"]], []
    for name in setting_names(kind):
        if name in OPTIONS:
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
        reasons.append(f"its edges were refined {held.run['refine']} times, which no option asks for")
    words += ["--count", str(held.run["count"]), "--seed", str(held.run["seed"])]
    words += _given("--cl", (level for level in levels if level not in USUAL_LEVELS))
    return [*words, *_again(held)], reasons
