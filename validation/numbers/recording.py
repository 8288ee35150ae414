"""Compute the numbers: plain dictionaries of numbers and lists, section by section."""

import math
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..page import ORDER, ours
from . import access
from .cases import (
    ALL_FREE,
    COUPLINGS,
    CSI,
    FITS,
    FORECAST_FITS,
    FORECASTS,
    FORM_FACTORS,
    LEVELS,
    MODEL_POINTS,
    POINTS,
    PROFILES,
    REPRESENTATIVE,
    SCANS,
)

Numbers = dict[str, Any]
Entries = Iterator[tuple[str, Any]]
REFUSED = "refused"
"""In place of counts where the package rejects a combination."""


def _say(text: str) -> None:
    print(f"{time.process_time():7.1f} s  {text}", file=sys.stderr, flush=True)


def _lists(counts: Sequence[Mapping[str, np.ndarray]]) -> list[Numbers]:
    return [{name: array.tolist() for name, array in components.items()} for components in counts]


# Counts


def counts() -> Entries:
    """Yield the counts of every measurement in the Standard Model, with electrons where they are taken."""
    for name in (*access.measurement_names(), *FORECASTS):
        yield name, _lists(access.counts(access.likelihood([name])))
        try:
            with_electrons: Any = _lists(access.counts(access.likelihood([name], electrons=True)))
        except access.Refused:
            with_electrons = REFUSED
        yield f"{name} electrons", with_electrons
        _say(f"counts of {name}")
    for scheme in COUPLINGS:
        yield f"{CSI} couplings {scheme}", _lists(access.counts(access.likelihood([CSI], couplings=scheme)))
    for form_factor in FORM_FACTORS:
        yield f"{CSI} {form_factor}", _lists(access.counts(access.likelihood([CSI], form_factor=form_factor)))


def models() -> Entries:
    """Yield the total counts of each component under every model, away from the Standard Model."""
    missing = set(access.model_names()) - {
        part.partition(":")[0] for name in MODEL_POINTS for part in name.split(" + ")
    }
    if missing:
        raise ValueError(f"no point of {', '.join(sorted(missing))}")
    for model, values in MODEL_POINTS.items():
        for name in REPRESENTATIVE:
            for electrons in (False, True):
                key = f"{name} {model}" + (" electrons" if electrons else "")
                try:
                    likelihood = access.likelihood([name], model.split(" + "), electrons)
                    totals: Any = [
                        {c: float(a.sum()) for c, a in counts.items()} for counts in access.counts(likelihood, values)
                    ]
                except access.Refused:
                    totals = REFUSED
                yield key, totals
        _say(f"counts under {model}")


# χ² and gradients


def displaced(table: Mapping[str, Mapping[str, Any]], start: Mapping[str, float], names: Sequence[str]) -> Numbers:
    """Return the point beside `start`, each of `names` moved by its step, up and down in turn."""
    moved = dict(start)
    for number, name in enumerate(names):
        low, high = table[name]["bounds"]
        step = _step(table[name], start[name]) * (-1) ** number
        moved[name] = start[name] + (step if low <= start[name] + step <= high else -step)
    return moved


def _step(parameter: Mapping[str, Any], value: float) -> float:
    """Return 0.3 of the width of the constraint, or 3 % of the value, or 0.2 % of the range where that is zero."""
    if parameter["width"] is not None:
        return 0.3 * parameter["width"]
    low, high = parameter["bounds"]
    return 0.03 * abs(value) if value else 0.002 * (high - low)


def _points(made: Numbers, arguments: Numbers) -> tuple[Any, list[str], list[Numbers], dict[str, float]]:
    """Return the likelihood, what moves, two points, and the steps between them."""
    likelihood = access.likelihood(**made)
    table = access.parameters(likelihood)
    start = {name: p["default"] for name, p in table.items()} | arguments.get("values", {})
    start |= {follower: start[leader] for follower, leader in arguments.get("tie", {}).items()}
    names = access.coordinates(likelihood, **arguments)
    steps = {name: _step(table[name], start[name]) for name in names}
    return likelihood, names, [start, displaced(table, start, names)], steps


def _gradients(made: Numbers, arguments: Numbers) -> list[Numbers]:
    likelihood, _, points, steps = _points(made, arguments)
    names, at, values, slopes = access.gradients(likelihood, points, **arguments)
    return [
        {
            "chi2": value,
            "gradient": dict(zip(names, slope.tolist(), strict=True)),
            "at": dict(zip(names, u.tolist(), strict=True)),
            "steps": steps,
        }
        for u, value, slope in zip(at, values, slopes, strict=True)
    ]


def _everything(name: str) -> Numbers:
    table = access.parameters(access.likelihood([name]))
    return {"free": [parameter for parameter, p in table.items() if not p["profiled"]]}


def chi2() -> Entries:
    """Yield χ² and its gradient at two points each, of every measurement, of models and of joint likelihoods."""
    for name in access.measurement_names():
        made = {"names": [name]}
        table = access.parameters(access.likelihood([name]))
        arguments = {"free": ["sin2_theta_w", *(p for p in table if p.startswith("r_n_"))]}
        yield name, _gradients(made, arguments)
        everything = _everything(name)
        likelihood, _, points, _ = _points(made, everything)
        yield (
            f"{name} all free, on the host",
            [{"chi2": access.chi2_on_host(likelihood, point, **everything)} for point in points],
        )
        _say(f"χ² of {name}")
    for name in ALL_FREE:
        yield f"{name} all free", _gradients({"names": [name]}, _everything(name))
        _say(f"χ² of {name}, all free")
    for name, case in POINTS.items():
        yield name, _gradients(case["likelihood"], case["arguments"])
        _say(f"χ² of {name}")


# Fits


def fits() -> Entries:
    """Yield the fits with their intervals, and the forecasts."""
    for name, case in FITS.items():
        likelihood, arguments = access.likelihood(**case["likelihood"]), case["arguments"]
        moving = access.coordinates(likelihood, **arguments)
        yield name, access.fitted(likelihood.fit(**arguments), arguments["free"], moving, LEVELS)
        _say(f"fit of {name}")
    for name, case in FORECAST_FITS.items():
        likelihood, arguments = access.likelihood(**case["likelihood"]), case["arguments"]
        moving = access.coordinates(likelihood, **arguments)
        yield f"forecast {name}", access.fitted(likelihood.forecast(**arguments), arguments["free"], moving, LEVELS)
        _say(f"forecast of {name}")


# Profiles and scans


def profiles() -> Entries:
    """Yield χ² against two parameters."""
    for name, case in PROFILES.items():
        likelihood, arguments = access.likelihood(**case["likelihood"]), case["arguments"]
        made = likelihood.profile(arguments["free"], case["ranges"], case["points"], **arguments)
        yield name, {"axes": [values.tolist() for _, values, _ in access.grid_axes(made)], "chi2": made.chi2.tolist()}
        _say(f"profile of {name}")


def scans() -> Entries:
    """Yield scans in memory, whether those in a store are the same, and the contours with the size of a cell."""
    for name, case in SCANS.items():
        likelihood, arguments = access.likelihood(**case["likelihood"]), case["arguments"]
        made = likelihood.scan(case["grid"], **arguments)
        with tempfile.TemporaryDirectory() as folder:
            stored = likelihood.scan(case["grid"], out=Path(folder) / "scan.zarr", **arguments)
            same = bool(np.all(stored.chi2 == made.chi2)) and stored.chi2_min == made.chi2_min
        axes = access.grid_axes(made)
        scan = {
            "axes": [values.tolist() for _, values, _ in axes],
            "chi2": made.chi2.tolist(),
            "chi2_min": made.chi2_min,
            "stored_is_same": same,
            "log": [log for _, _, log in axes],
            "cell": [_cell(values, log) for _, values, log in axes],
            "contours": {
                str(level): [{"points": p.tolist(), "closed": closed} for p, closed in access.contours(made, level)]
                for level in LEVELS
            },
        }
        yield name, scan
        _say(f"scan of {name}")


def _cell(values: np.ndarray, log: bool) -> float:
    """Return the spacing of an axis, in the logarithm where it is even in that."""
    first, second = (math.log(value) if log else float(value) for value in values[:2])
    return second - first


# The page


def rows() -> Entries:
    """Yield our values of all rows of the page of published numbers."""
    for name in ORDER:
        yield from ((f"{name}/{key}", float(value)) for key, value in ours(name).items())
        _say(f"rows of {name}")


SECTIONS: dict[str, Callable[[], Entries]] = {
    "counts": counts,
    "models": models,
    "chi2": chi2,
    "fits": fits,
    "profiles": profiles,
    "scans": scans,
    "rows": rows,
}
"""What is recorded; the rows of the page take as long as the page."""
