"""Compare two records: every difference beyond the tolerance of its kind.

counts, χ², minima, gradients     1e-9 relative. A bin below a millionth of the largest of its component is compared
                                  with that, χ² below 1 with 1; a component of a gradient, times its step, with the
                                  largest of them, or with 1 (a unit of χ²) where all are smaller
values, errors, edges of fits     1e-5 of an error bar
contours                          1e-3 of a cell of the grid, from each point to the nearest line of the other record
rows of the page                  1e-6 relative or 1e-5 of the error in the row beside it; an error 1e-5 of itself

All else (refusals, convergence, the number of lines, the names of components) must be equal.
"""

import dataclasses
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

TIGHT = 1e-9
"""Of counts, χ² and gradients."""
SMALL = 1e-6
"""Share of the largest bin below which a bin is compared with that."""
OF_AN_ERROR = 1e-5
OF_A_CELL = 1e-3
OF_A_ROW = 1e-6
UP_OR_DOWN = re.compile(r"_(up|down|error)\w*$")
"""Rows that are errors of another row."""


@dataclasses.dataclass(frozen=True)
class Difference:
    """Two numbers that were compared."""

    kind: str
    where: str
    size: float
    """In units of the tolerance; infinite where they cannot be compared."""
    text: str


def _equal(kind: str, where: str, old: Any, new: Any) -> Difference:
    return Difference(kind, where, 0.0 if old == new else math.inf, f"{old} → {new}")


def _number(kind: str, where: str, old: float, new: float, tolerance: float) -> Difference:
    if old == new or (math.isnan(old) and math.isnan(new)):
        size = 0.0
    elif math.isfinite(old) and math.isfinite(new) and tolerance > 0:
        size = abs(new - old) / tolerance
    else:
        size = math.inf
    return Difference(kind, where, size, f"{old!r} → {new!r}")


def _array(kind: str, where: str, old: Any, new: Any, relative_to: float) -> Difference:
    """Compare arrays bin by bin, and return the worst."""
    a, b = np.atleast_1d(np.asarray(old, float)), np.atleast_1d(np.asarray(new, float))
    if a.shape != b.shape:
        return _equal(kind, where, f"shape {a.shape}", f"shape {b.shape}")
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    with np.errstate(invalid="ignore", divide="ignore"):
        size = np.where(same, 0.0, np.abs(b - a) / (TIGHT * np.maximum(np.abs(a), relative_to)))
    size = np.where(np.isnan(size), math.inf, size)
    worst = np.unravel_index(np.argmax(size), size.shape) if size.size else ()
    place = f"{where} {list(map(int, worst))}"
    return Difference(kind, place, float(size[worst]) if size.size else 0.0, f"{a[worst]!r} → {b[worst]!r}")


def _both(kind: str, old: Mapping[str, Any], new: Mapping[str, Any], where: str = "") -> Iterator[Any]:
    """Yield the keys of both with their entries; a `Difference` for a key that the other lacks."""
    for key in dict.fromkeys((*old, *new)):
        if key in old and key in new:
            yield f"{where}{key}", key, old[key], new[key]
        else:
            yield Difference(kind, f"{where}{key}", math.inf, "missing in the " + ("new" if key in old else "old"))


def _each(kind: str, old: Any, new: Any, compared: Any, where: str = "") -> Iterator[Difference]:
    """Compare the entries of two dictionaries by a function of place, old and new."""
    for entry in _both(kind, old, new, where):
        if isinstance(entry, Difference):
            yield entry
        else:
            place, _, a, b = entry
            if isinstance(a, str) or isinstance(b, str):
                yield _equal(kind, place, a, b)
            else:
                yield from compared(place, a, b)


def _lists(kind: str, old: Sequence[Any], new: Sequence[Any], compared: Any, where: str) -> Iterator[Difference]:
    if len(old) != len(new):
        yield _equal(kind, where, f"{len(old)} of them", f"{len(new)} of them")
        return
    for number, (a, b) in enumerate(zip(old, new, strict=True)):
        yield from compared(f"{where} {number}:", a, b)


def counts(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    """Compare the counts of each component, of each measurement of a case."""

    def component(place: str, a: Any, b: Any) -> Iterator[Difference]:
        yield _array("counts", place, a, b, SMALL * float(np.max(np.abs(np.asarray(a, float)), initial=0.0)))

    def measurement(place: str, a: Any, b: Any) -> Iterator[Difference]:
        yield from _each("counts", a, b, component, f"{place} ")

    def case(place: str, a: Any, b: Any) -> Iterator[Difference]:
        yield from _lists("counts", a, b, measurement, place)

    yield from _each("counts", old, new, case)


def chi2(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    """Compare χ² and gradients at points."""

    def point(place: str, a: Any, b: Any) -> Iterator[Difference]:
        yield _array("chi2", place, a["chi2"], b["chi2"], 1.0)
        if "gradient" in a or "gradient" in b:
            yield from gradient(place, a, b)

    def gradient(place: str, a: Any, b: Any) -> Iterator[Difference]:
        first, second, steps = a.get("gradient", {}), b.get("gradient", {}), a.get("steps", {})
        largest = max((abs(slope * steps[name]) for name, slope in first.items()), default=0.0)
        for entry in _both("gradient", first, second, f"{place} "):
            if isinstance(entry, Difference):
                yield entry
            else:
                where, name, x, y = entry
                yield _number("gradient", where, x, y, TIGHT * max(largest, 1.0) / steps[name])

    def case(place: str, a: Any, b: Any) -> Iterator[Difference]:
        yield from _lists("chi2", a, b, point, place)

    yield from _each("chi2", old, new, case)


def fits(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    """Compare χ² at the minimum, values, errors and edges of intervals."""

    def case(place: str, a: Any, b: Any) -> Iterator[Difference]:
        yield _array("minima", place, a["chi2"], b["chi2"], 1.0)
        yield _equal("fits", f"{place} converged", a["converged"], b["converged"])
        errors = dict(a["errors"])
        for name, error in a["curvature_errors"].items():
            errors.setdefault(name, error)
        for key in ("values", "errors", "curvature_errors"):
            for entry in _both("fits", a[key], b[key], f"{place} {key} "):
                if isinstance(entry, Difference):
                    yield entry
                    continue
                where, name, x, y = entry
                bar = errors[name] if math.isfinite(errors[name]) and errors[name] > 0 else abs(x)
                yield _number("fits", where, x, y, OF_AN_ERROR * bar)
        for entry in _both("edges", a["edges"], b["edges"], f"{place} "):
            if isinstance(entry, Difference):
                yield entry
            else:
                where, name, x, y = entry
                yield from _each("edges", x, y, lambda p, m, n, bar=errors[name]: pieces(p, m, n, bar), f"{where} ")

    def pieces(place: str, a: Any, b: Any, bar: float) -> Iterator[Difference]:
        if np.shape(a) != np.shape(b):
            yield _equal("edges", place, a, b)
            return
        for x, y in zip(np.ravel(a).tolist(), np.ravel(b).tolist(), strict=True):
            yield _number("edges", place, x, y, OF_AN_ERROR * bar)

    yield from _each("fits", old, new, case)


def profiles(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    """Compare χ² on grids."""

    def case(place: str, a: Any, b: Any) -> Iterator[Difference]:
        for number, (x, y) in enumerate(zip(a["axes"], b["axes"], strict=True)):
            yield _array("minima", f"{place} axis {number}", x, y, 0.0)
        yield _array("minima", place, a["chi2"], b["chi2"], 1.0)

    yield from _each("minima", old, new, case)


def scans(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    """Compare scans: χ² on the grid and at the minimum, and the contours."""
    yield from profiles(old, new)

    def case(place: str, a: Any, b: Any) -> Iterator[Difference]:
        yield _array("minima", f"{place} best", a["chi2_min"], b["chi2_min"], 1.0)
        yield _equal("minima", f"{place} in a store", a["stored_is_same"], b["stored_is_same"])
        if np.shape(a["chi2"]) == np.shape(b["chi2"]):
            compared = lambda p, x, y: lines(p, x, y, a["cell"], a["log"])  # noqa: E731
            yield from _each("contours", a["contours"], b["contours"], compared, f"{place} ")

    def lines(place: str, a: Any, b: Any, cell: Sequence[float], log: Sequence[bool]) -> Iterator[Difference]:
        yield _equal("contours", f"{place}, lines", len(a), len(b))
        closed = [sorted(line["closed"] for line in contours) for contours in (a, b)]
        yield _equal("contours", f"{place}, closed", *closed)
        if len(a) and len(b):
            first, second = ([_in_cells(line["points"], cell, log) for line in contours] for contours in (a, b))
            far = max(_distance(first, second), _distance(second, first))
            yield Difference("contours", place, far / OF_A_CELL, f"{far:.3g} of a cell apart")

    yield from _each("contours", old, new, case)


def _in_cells(points: Any, cell: Sequence[float], log: Sequence[bool]) -> np.ndarray:
    """Return points of a line in units of a cell."""
    columns = np.asarray(points, float).T
    scaled = [np.log(x) if even else x for x, even in zip(columns, log, strict=True)]
    return np.stack([x / size for x, size in zip(scaled, cell, strict=True)], axis=1)


def _distance(lines: Sequence[np.ndarray], others: Sequence[np.ndarray]) -> float:
    """Return the largest distance of a point of `lines` from the nearest segment of `others`."""
    start = np.concatenate([line[:-1] for line in others])
    along = np.concatenate([np.diff(line, axis=0) for line in others])
    length = np.maximum((along**2).sum(axis=1), 1e-300)
    worst = 0.0
    for block in np.array_split(np.concatenate(lines), 1 + sum(map(len, lines)) // 200):
        offset = block[:, None, :] - start
        share = np.clip((offset * along).sum(axis=-1) / length, 0.0, 1.0)
        apart = np.sqrt(((offset - share[..., None] * along) ** 2).sum(axis=-1))
        worst = max(worst, float(apart.min(axis=1).max(initial=0.0)))
    return worst


def rows(old: Mapping[str, float], new: Mapping[str, float]) -> Iterator[Difference]:
    """Compare the rows of the page."""
    errors: dict[str, float] = {}
    for key, value in old.items():
        if (match := UP_OR_DOWN.search(key)) is not None:
            name = key[: match.start()]
            errors[name] = max(errors.get(name, 0.0), abs(value))

    def row(place: str, a: float, b: float) -> Iterator[Difference]:
        tolerance = OF_AN_ERROR * (abs(a) if UP_OR_DOWN.search(place) else errors.get(place, 0.0))
        yield _number("rows", place, a, b, max(OF_A_ROW * abs(a), tolerance))

    yield from _each("rows", old, new, row)


COMPARED = {
    "counts": counts,
    "models": counts,
    "chi2": chi2,
    "fits": fits,
    "profiles": profiles,
    "scans": scans,
    "rows": rows,
}


def compare(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Difference]:
    """Return everything that two records have in common, compared; a section of a single record is left out."""
    return [
        difference
        for name, compared in COMPARED.items()
        if name in old and name in new
        for difference in compared(old[name], new[name])
    ]


def summary(differences: Sequence[Difference]) -> str:
    """Return a line: how many numbers were compared, and the worst of each kind in units of its tolerance."""
    worst: dict[str, float] = {}
    for difference in differences:
        worst[difference.kind] = max(worst.get(difference.kind, 0.0), difference.size)
    beyond = sum(difference.size > 1.0 for difference in differences)
    each = ", ".join(f"{kind} {size:.2g}" for kind, size in worst.items())
    return (
        f"{len(differences)} compared, {beyond} beyond tolerance; "
        f"the worst of each kind, in tolerances: {each or 'none'}"
    )
