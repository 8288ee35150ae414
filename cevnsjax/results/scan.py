"""χ² on a grid of parameters with everything else profiled: an xarray dataset, in memory or in a store on disk."""

import dataclasses
import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .._base import arguments
from .._base.errors import InputError
from .._base.levels import LEVELS, Level, check_level, delta_chi2, level_of
from .._base.tables import Block, Shown, listed
from .._base.writing import locked
from ..folding.accuracy import EXACT, Accuracy
from ..inference.engines import engine as engines
from ..inference.grid.axes import Axis, axis_of
from ..inference.grid.blocks import Grid, make_grid
from ..inference.grid.contours import Contour, Region, contours, finer_grid, pieces, unscaled, with_point
from ..inference.grid.refine import Lowest, refine
from ..inference.grid.scan import Scanned, ScanWork, scan_work
from ..inference.grid.store import FORMAT, MENDED, ROOT, Damage, ScanStore, are_whole, read_attributes
from ..inference.problem.problem import Problem, pose
from ..inference.problem.specification import Specification
from . import record
from .tables.grid import scan_blocks
from .tables.words import doubts

if TYPE_CHECKING:
    import xarray
    from matplotlib.figure import Figure

    from ..joint.likelihood import Likelihood

PROBE_AGREES = 1e-8
"""Relative difference of χ² up to which two scans are of the same likelihood: processors differ by rounding."""
EDGES, THREE_SIGMA = 16, 9.0
"""Points of a scan at which the error of the recoil integrals is measured, and the Δχ² within which they lie."""
REFERENCES = ("best", "grid")
"""What Δχ² is counted from: the best fit within the bounds of the parameters, or the lowest point of the grid."""
MOST_IN_MEMORY = 10**8
"""Points of a grid without a store: all variables of theirs are kept in memory."""
Progress = Callable[[int, int], None]
"""Is told how many points are done, of how many."""


def _settings(likelihood: "Likelihood", asked: Specification, grid: Grid) -> dict[str, Any]:
    """Return everything that makes a scan this scan, in the order in which a difference is told."""
    common = record.settings(likelihood, asked, grid.names)
    first = {key: common.pop(key) for key in ("measurements", "interactions", "couplings", "form factors", "electrons")}
    axes = {axis.name: record.axis_settings(axis) for axis in grid.axes}
    return {**first, "grid": axes, **common, "chunk": list(grid.block)}


def _probe(problem: Problem, grid: Grid, values: Mapping[str, float]) -> list[float | None]:
    """Return χ² at the start and at both ends of the grid: a fingerprint of the likelihood whatever the processor."""
    ends = [{axis.name: float(axis.values[k]) for axis in grid.axes} for k in (0, -1)]
    found = [float(problem(problem.coordinates({**values, **end}))) for end in ({}, *ends)]
    return [value if math.isfinite(value) else None for value in found]


def _check_same(path: Path, settings: dict[str, Any], probe: list[float | None]) -> dict[str, Any]:
    """Refuse to write to the store of another scan; return its attributes."""
    attributes = read_attributes(path)
    found = record.difference(attributes.get("settings") or {}, json.loads(json.dumps(settings)))
    stored = attributes.get("probe")
    if found is None and (not isinstance(stored, list) or len(stored) != len(probe)):
        found = record.difference(stored, probe, "chi2 at the same points")
    if found is None:
        for there, here in zip(stored, probe, strict=True):
            known = isinstance(there, int | float)
            if known != (here is not None) or (known and abs(there - here) > PROBE_AGREES * max(1.0, abs(there))):
                found = f"chi2 at the same point is {there} there, {here} here"
    if found:
        damaged = "" if are_whole(attributes) else f", and its {ROOT} was altered"
        raise InputError(f"'{path}' holds another scan: {found}{damaged}; nothing was written, --overwrite replaces it")
    return attributes


def _height(level: float | Level, parameters: int) -> float:
    """Return the Δχ² of a confidence level for one or two parameters."""
    if parameters not in (1, 2):
        raise InputError(f"expected 1 or 2 parameters that the level is of, found {parameters}")
    return delta_chi2(level, parameters)


class _Memory:
    """The blocks of a scan, kept in memory."""

    def __init__(self, grid: Grid, names: Sequence[str]) -> None:
        self.grid = grid
        self.values = {name: np.full(grid.shape, np.nan) for name in names}
        self.flags, self._chi2 = np.zeros(grid.shape, bool), np.full(grid.shape, np.nan)

    def write(self, number: int, block: Scanned) -> None:
        where = self.grid.slices(number)
        for name, array in self.values.items():
            array[where] = block.values[name]
        self.flags[where], self._chi2[where] = block.converged, block.chi2

    def chi2(self) -> np.ndarray:
        return self._chi2

    def count_unconverged(self) -> int:
        return int(np.sum(~self.flags))

    def lookup(self, where: tuple[np.ndarray, ...]) -> dict[str, np.ndarray]:
        return {name: array[where] for name, array in self.values.items()}


def _edges(chi2: np.ndarray, lowest: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return where what lies within 3σ ends: a point within, its neighbour outside, and the share of the way to it.

    Up to `EDGES` of all, evenly spread; and as many points within at the ends of the axes, alone.
    """
    rise = np.sqrt(np.maximum(chi2 - lowest, 0.0)).ravel()
    inside = rise <= math.sqrt(THREE_SIGMA)
    places = np.arange(chi2.size).reshape(chi2.shape)
    pairs, ends = [], []
    for axis in range(chi2.ndim):
        along = np.moveaxis(places, axis, 0)
        first, last = along[:-1].ravel(), along[1:].ravel()
        change = inside[first] != inside[last]
        first, last = first[change], last[change]
        pairs.append(np.where(inside[first], (first, last), (last, first)))
        ends += [along[0].ravel(), along[-1].ravel()]
    border = np.unique(np.concatenate(ends))
    border = border[inside[border]]
    within, beyond = np.concatenate([_spread(np.concatenate(pairs, axis=1)), _spread(np.stack([border] * 2))], axis=1)
    crossed = (within != beyond) & np.isfinite(rise[beyond])
    way = np.where(crossed, rise[beyond] - rise[within], 1.0)
    share = np.where(crossed, (math.sqrt(THREE_SIGMA) - rise[within]) / way, 0.0)
    return within, beyond, share


def _spread(columns: np.ndarray) -> np.ndarray:
    """Return up to `EDGES` of the columns, evenly spread over all."""
    count = columns.shape[1]
    return columns[:, np.unique(np.linspace(0, count - 1, min(EDGES, count)).astype(int))]


def _accuracy(
    likelihood: "Likelihood", asked: Specification, grid: Grid, lowest: Lowest, kept: "_Memory | ScanStore"
) -> Accuracy:
    """Return the largest error of the recoil integrals at the best fit and at the edges of what lies within 3σ."""
    if not lowest.converged:
        return EXACT
    within, beyond, share = _edges(kept.chi2(), lowest.chi2)

    def columns(places: np.ndarray) -> dict[str, np.ndarray]:
        where = np.unravel_index(places, grid.shape)
        return {axis.name: axis.values[k] for axis, k in zip(grid.axes, where, strict=True)} | kept.lookup(where)

    inner, outer = columns(within), columns(np.where(share > 0.0, beyond, within))
    moved = {name: start + share * (outer[name] - start) for name, start in inner.items()}
    rows = [{name: float(values[k]) for name, values in moved.items()} for k in range(len(share))]
    return likelihood.accuracy([lowest.values, *rows], asked)


def _summary(lowest: Lowest, unconverged: int, accuracy: Accuracy) -> dict[str, Any]:
    return {
        "quadrature_error": accuracy.error if math.isfinite(accuracy.error) else None,
        "quadrature": accuracy.message,
        "complete": True,
        "chi2_min": lowest.chi2 if math.isfinite(lowest.chi2) else None,
        "best": lowest.values,
        "chi2_grid_min": lowest.grid_chi2 if math.isfinite(lowest.grid_chi2) else None,
        "grid_best": lowest.grid_values,
        "converged": lowest.converged and accuracy.trusted,
        "not_converged": unconverged,
    }


@dataclasses.dataclass(frozen=True, repr=False)
class ScanResult(Shown):
    """χ² on a grid, everything else profiled: an xarray dataset, and what follows from it."""

    dataset: "xarray.Dataset"
    """``chi2``, ``converged`` and every profiled parameter on the axes of the grid; the settings are attributes."""
    out: Path | None = None
    """The store it lies in."""
    seconds: Mapping[str, float] = dataclasses.field(default_factory=dict)
    """What this run took for compiling, for the points of the grid, and for the best fit."""
    repaired: tuple[str, ...] = ()
    """What this run found missing or altered in the store, and wrote again."""

    @property
    def names(self) -> tuple[str, ...]:
        """Return the parameters on the axes."""
        return tuple(str(name) for name in self.dataset["chi2"].dims)

    @cached_property
    def axes(self) -> tuple[Axis, ...]:
        """Return the axes of the grid."""
        settings = self.dataset.attrs["settings"]["grid"]
        return tuple(Axis(name, np.asarray(self.dataset[name]), settings[name]["log"]) for name in self.names)

    @cached_property
    def chi2(self) -> np.ndarray:
        """Return χ² at every point: infinite where the required orders forbid it."""
        return np.asarray(self.dataset["chi2"])

    @property
    def chi2_min(self) -> float:
        """Return χ² of the best fit: refined from the lowest points of the grid, the parameters of its axes free."""
        return self._number("chi2_min")

    @property
    def chi2_grid_min(self) -> float:
        """Return the lowest χ² of a point of the grid."""
        return self._number("chi2_grid_min")

    def _number(self, name: str) -> float:
        value = self.dataset.attrs[name]
        return math.inf if value is None else float(value)

    @property
    def best(self) -> dict[str, float]:
        """Return the parameters of the best fit."""
        return dict(self.dataset.attrs["best"])

    @property
    def converged(self) -> bool:
        """Return whether the best fit was reached."""
        return bool(self.dataset.attrs["converged"])

    @property
    def not_converged(self) -> int:
        """Return the number of points that did not converge."""
        return int(self.dataset.attrs["not_converged"])

    @property
    def message(self) -> str:
        """Return how the scan ended, in words."""
        said = self.dataset.attrs["quadrature"]
        if not self.converged:
            return f"not to be trusted: {said}" if said else "the best fit of the scan did not converge"
        failed = self.not_converged
        ended = "converged" if not failed else f"the best fit converged, {failed} points of the grid did not"
        return "; ".join(filter(None, (ended, said)))

    def _chosen(self, names: Sequence[str] | None) -> tuple[str, ...]:
        chosen = tuple(names or self.names[:2])
        for name in chosen:
            if name not in self.names:
                raise InputError(f"'{name}' is not on an axis of the scan, which has {', '.join(self.names)}")
        if not 1 <= len(chosen) <= 2 or len(set(chosen)) != len(chosen):
            raise InputError(f"expected one or two different axes, found {', '.join(chosen)}")
        return chosen

    @arguments.checked(names=arguments.optional(arguments.texts), reference=arguments.text)
    def delta_chi2(self, names: Sequence[str] | None = None, reference: str = "best") -> np.ndarray:
        """Return Δχ² on one or two axes, by default the first two, the lowest over the other axes of the grid.

        It counts from the best fit within the bounds of the parameters ("best"), or from the lowest point of the grid.
        """
        if reference not in REFERENCES:
            raise InputError(f"expected a reference {' or '.join(REFERENCES)}, found '{reference}'")
        chosen = self._chosen(names)
        if not math.isfinite(self.chi2_min):
            raise InputError("the scan has no point that is allowed with a chi2 that is finite: there is nothing in it")
        kept = [self.names.index(name) for name in chosen]
        others = tuple(k for k in range(len(self.names)) if k not in kept)
        lowest = self.chi2.min(axis=others) if others else self.chi2
        if len(kept) == 2 and kept[0] > kept[1]:
            lowest = lowest.T
        return lowest - (self.chi2_min if reference == "best" else self.chi2_grid_min)

    def _axes_of(self, names: Sequence[str]) -> list[Axis]:
        return [self.axes[self.names.index(name)] for name in names]

    @arguments.checked(
        level=check_level,
        parameters=arguments.whole(1, 2),
        names=arguments.optional(arguments.texts),
        reference=arguments.text,
    )
    def contours(
        self,
        level: float | Level = 0.90,
        parameters: int = 2,
        names: Sequence[str] | None = None,
        reference: str = "best",
    ) -> list[Contour]:
        """Return the contours of two axes at a confidence level: closed ones, and open ones at the edges.

        `parameters` is the number of parameters whose Δχ² the level means: 2.71 for 90 % of one, 4.61 of two. See
        `delta_chi2` for `names` and `reference`.
        """
        chosen = self._chosen(names)
        if len(chosen) != 2:
            raise InputError("expected two axes to draw contours of, found one: ask for its pieces")
        first, second = self._axes_of(chosen)
        return contours((first, second), self.delta_chi2(chosen, reference), _height(level, parameters))

    @arguments.checked(
        level=check_level,
        parameters=arguments.whole(1, 2),
        name=arguments.optional(arguments.text),
        reference=arguments.text,
    )
    def pieces(
        self, level: float | Level = 0.90, parameters: int = 1, name: str | None = None, reference: str = "best"
    ) -> list[Region]:
        """Return the pieces of one axis that lie below a confidence level, the others profiled."""
        chosen = self._chosen((name or self.names[0],))
        (axis,) = self._axes_of(chosen)
        delta = self.delta_chi2(chosen, reference)
        if reference == "best":
            axis, delta = with_point(axis, delta, self.best[axis.name], 0.0)
        return pieces(axis, delta, _height(level, parameters))

    @arguments.checked(level=check_level, parameters=arguments.whole(1, 2), names=arguments.texts)
    def resolves(self, level: float | Level, parameters: int, names: Sequence[str], reference: str = "best") -> bool:
        """Return whether a point of the grid lies below a level, as one must if the best fit is within the axes."""
        ends = {axis.name: (axis.values.min(), axis.values.max()) for axis in self._axes_of(names)}
        within = all(low <= self.best[name] <= high for name, (low, high) in ends.items())
        below = bool(np.any(self.delta_chi2(names, reference) <= _height(level, parameters)))
        return below or not within

    @property
    def title(self) -> str:
        """Return the measurements and what is added to the Standard Model."""
        settings = self.dataset.attrs["settings"]
        beyond = [name for name in settings["interactions"] if name != "standard-model"]
        return ", ".join([" + ".join(settings["measurements"]), *beyond])

    def label(self, name: str) -> str:
        """Return the LaTeX label of an axis, with its unit."""
        attributes = self.dataset[name].attrs
        unit = attributes["units"]
        return f"${attributes['latex']}$" + ("" if unit == "1" else f" [{unit}]")

    def as_dict(self) -> dict[str, Any]:
        """Return what the scan came to as plain lists and numbers, the JSON of the command line."""
        attributes = self.dataset.attrs
        return {
            "out": None if self.out is None else str(self.out),
            "parameters": list(self.names),
            "shape": list(self.dataset["chi2"].shape),
            "chi2_min": attributes["chi2_min"],
            "best": self.best,
            "chi2_grid_min": attributes["chi2_grid_min"],
            "grid_best": dict(attributes["grid_best"]),
            "not_converged": self.not_converged,
            "quadrature_error": attributes["quadrature_error"],
            "converged": self.converged,
            "message": self.message,
            "repaired": list(self.repaired),
            "data": attributes["digest"],
            "seconds": dict(self.seconds),
            "version": attributes["version"],
        }

    def blocks(self) -> list[Block]:
        """Return what `cevnsjax scan` prints of it."""
        content = self.as_dict()
        return [*scan_blocks(content), *doubts(content)]

    @arguments.checked(
        level=check_level,
        parameters=arguments.optional(arguments.whole(1, 2)),
        names=arguments.optional(arguments.texts),
    )
    def plot(
        self, level: float | Level = 0.90, parameters: int | None = None, names: Sequence[str] | None = None
    ) -> "Figure":
        """Draw the contour of two axes, by default the first two, or Δχ² against one."""
        return draw_scans([self], level, parameters, names=names)


def common_names(scans: Sequence[ScanResult], names: Sequence[str] | None = None) -> tuple[str, ...]:
    """Return the one or two axes to show of several scans: those named, else the first two of the first scan.

    Axes are known by their name, whatever their order. Scans of different axes are refused but where they are named.
    """
    first, *others = scans
    chosen = first._chosen(names)
    for scan in others:
        if names:
            scan._chosen(names)
        elif set(scan.names) != set(first.names):
            raise InputError(
                f"expected scans of the same axes, found {', '.join(first.names)} and {', '.join(scan.names)}: "
                "name axes that all of them have"
            )
    return chosen


def draw_scans(
    scans: Sequence[ScanResult],
    level: float | Level = 0.90,
    parameters: int | None = None,
    labels: Sequence[str] | None = None,
    reference: str = "best",
    names: Sequence[str] | None = None,
) -> "Figure":
    """Draw the contours of several scans of the same axes over each other, or their Δχ² if they have one axis.

    Axes are known by their name, whatever their order: see `common_names`.
    """
    from ..plots.scans import Overlay, draw_overlay

    names = common_names(scans, names)
    count = len(names) if parameters is None else parameters
    texts = labels or [scan.title for scan in scans]
    height_of = _height(level, count)
    overlays = []
    for text, scan in zip(texts, scans, strict=True):
        axes, delta = scan._axes_of(names), scan.delta_chi2(names, reference)
        best = tuple(scan.best[name] for name in names) if scan.best else None
        if len(axes) == 1:
            overlays.append(Overlay(text, (axes[0].values,), delta, (), best))
            continue
        pair = (axes[0], axes[1])
        x, y, height = finer_grid(pair, delta, height_of)
        lines = tuple(line.points for line in contours(pair, delta, height_of))
        overlays.append(Overlay(text, (unscaled(pair[0], x), unscaled(pair[1], y)), height, lines, best))
    return draw_overlay(
        overlays,
        labels=tuple(scans[0].label(name) for name in names),
        log=tuple(axis.log for axis in scans[0]._axes_of(names)),
        level=height_of,
        title=f"{level_of(level)}, {'one parameter' if count == 1 else f'{count} parameters'}",
    )


@arguments.checked(path=arguments.path)
def open_scan(path: str | Path) -> ScanResult:
    """Return the scan stored at `path`, every file of it checked; refuse one that is damaged or not complete."""
    place = Path(path)
    attributes = read_attributes(place)
    if not are_whole(attributes):
        raise InputError(f"the scan '{place}' is damaged: {ROOT} was altered; {MENDED}")
    try:
        store = ScanStore.of(place, attributes)
        faults = store.fixed_faults() + (store.faults(complete=True)[1] if attributes.get("complete") else [])
        if faults:
            raise Damage(listed(faults))
    except Damage as damage:
        raise InputError(
            f"the scan '{place}' is damaged: {damage}; the command that made it mends it: `cevnsjax show` prints it"
        ) from None
    if not attributes.get("complete"):
        raise InputError(f"the scan '{place}' is not complete: the command that began it goes on with it")
    return ScanResult(store.dataset(attributes), place)


def _axes_described(likelihood: "Likelihood", grid: Grid) -> dict[str, dict[str, str]]:
    """Return the attributes of each axis."""
    return {
        axis.name: {
            "units": likelihood.parameters[axis.name].unit,
            "latex": likelihood.parameters[axis.name].latex,
            "long_name": likelihood.parameters[axis.name].description,
        }
        for axis in grid.axes
    }


def _attributes(
    likelihood: "Likelihood", asked: Specification, grid: Grid, settings: dict[str, Any], probe: list[float | None]
) -> dict[str, Any]:
    """Return the attributes of the dataset."""
    levels = {
        f"{count} parameter{'s'[: count - 1]}": {label: level.delta_chi2(count) for label, level in LEVELS.items()}
        for count in (1, 2)
    }
    return {
        **record.versions(),
        "settings": settings,
        "origin": record.origin(likelihood, asked, grid.names),
        "digest": record.data_digest(likelihood.measurements),
        "axes": _axes_described(likelihood, grid),
        "probe": probe,
        "levels": levels,
        "references": [reference for m in likelihood.measurements for reference in m.references[:1]],
    }


def scan(
    likelihood: "Likelihood",
    grid: Mapping[str, str | Sequence[float] | np.ndarray],
    out: str | Path | None = None,
    chunk: int | None = None,
    memory: float | None = None,
    engine: Any = None,
    progress: Progress | None = None,
    overwrite: bool = False,
    **asked: Any,
) -> ScanResult:
    """Scan `grid`; see `Likelihood.scan`."""
    axes = [axis_of(name, values) for name, values in grid.items()]
    values = dict(asked.pop("values", None) or {})
    for axis in axes:
        likelihood.parameters.find(axis.name)
        if axis.name in values:
            raise InputError(f"'{axis.name}' cannot be both set and on an axis of the grid")
        low, high = float(axis.values[0]), float(axis.values[-1])
        for edge in (low, high):
            likelihood.parameters[axis.name].check(edge)
        values[axis.name] = math.sqrt(low * high) if axis.log else 0.5 * (low + high)
    names = [axis.name for axis in axes]
    further = tuple(asked.pop("free", ()))
    for name in further:
        if name in names:
            raise InputError(f"'{name}' cannot be both free and on an axis of the grid")
    specification = likelihood.specify(free=(*names, *further), values=values, **asked)
    blocks = make_grid(axes, len(specification.coordinates), chunk, memory)
    blocks.check(specification)
    profiled = tuple(name for name in specification.coordinates if name not in names)
    if out is None and blocks.size > MOST_IN_MEMORY:
        raise InputError(
            f"expected a grid of {MOST_IN_MEMORY:g} points at most in memory, found {blocks.size}: name a store for it"
        )
    by_axis = _axes_described(likelihood, blocks)
    store = None if out is None else ScanStore(Path(out), blocks, profiled, by_axis)
    if store is not None:
        store.check_place(overwrite)
    ordered = {name for pair in specification.orders for name in pair}
    problem = pose(likelihood.chi2_function(), specification, first=[name for name in names if name in ordered])
    settings = _settings(likelihood, specification, blocks)
    probe = _probe(problem, blocks, specification.values)
    attributes = _attributes(likelihood, specification, blocks, settings, probe)
    work = scan_work(problem, blocks, specification.values, specification.is_free)
    begun = time.perf_counter(), work.compile_seconds
    if store is None:
        kept = _Memory(blocks, profiled)
        _fill(work, kept, list(range(blocks.blocks)), engine, progress)
        filled = time.perf_counter(), work.compile_seconds
        lowest = refine(work, kept.chi2(), kept.lookup)
        found = _accuracy(likelihood, specification, blocks, lowest, kept)
        summary = _summary(lowest, kept.count_unconverged(), found)
        return ScanResult(_dataset(kept, attributes | summary, by_axis), None, _seconds(work, begun, filled))
    if store.exists and not overwrite:
        _check_same(store.path, settings, probe)
    engines.prepare(engine)
    with locked(store.path):
        store.tidy()
        if overwrite or not store.exists:
            store.create({**attributes, "complete": False}, overwrite)
        stored, repaired = _mended(store, {**attributes, "complete": False}, settings, probe)
        missing, faults = store.faults(complete=bool(stored.get("complete")))
        repaired += faults
        filled = time.perf_counter(), work.compile_seconds
        if missing or not stored.get("complete"):
            _fill(work, store, missing, engine, progress)
            filled = time.perf_counter(), work.compile_seconds
            lowest = refine(work, store.chi2(), store.lookup)
            found = _accuracy(likelihood, specification, blocks, lowest, store)
            stored |= _summary(lowest, store.count_unconverged(), found)
            store.describe(stored)
        result = ScanResult(store.dataset(stored), store.path)
    return dataclasses.replace(result, seconds=_seconds(work, begun, filled), repaired=tuple(repaired))


def _mended(
    store: ScanStore, attributes: dict[str, Any], settings: dict[str, Any], probe: list[float | None]
) -> tuple[dict[str, Any], list[str]]:
    """Return the attributes of a store, and what of its metadata and axes was damaged and was written again."""
    stored, faults = _check_same(store.path, settings, probe), store.fixed_faults()
    if faults:
        store.mend_fixed()
    if not are_whole(stored) or stored.get("axes") != attributes["axes"]:
        store.describe(attributes)
        stored, faults = read_attributes(store.path), [f"{ROOT} was altered", *faults]
    return stored, faults


def _fill(
    work: ScanWork, kept: _Memory | ScanStore, missing: list[int], engine: Any, progress: Progress | None
) -> None:
    """Run the blocks that are missing, and keep each as it comes."""
    grid = work.grid
    sizes = [math.prod(part.stop - part.start for part in grid.slices(k)) for k in range(grid.blocks)]
    done = sum(sizes) - sum(sizes[k] for k in missing)
    if progress is not None:
        progress(done, grid.size)
    for number, block in engines.run(work, missing, engine):
        kept.write(missing[number], block)
        done += sizes[missing[number]]
        if progress is not None:
            progress(done, grid.size)


def _seconds(work: ScanWork, begun: tuple[float, float], filled: tuple[float, float]) -> dict[str, float]:
    """Return what compiling took, the points of the grid, and the best fit; a moment comes with what was compiled."""
    ended = time.perf_counter(), work.compile_seconds
    run, best_fit = (
        max(0.0, after[0] - before[0] - (after[1] - before[1])) for before, after in ((begun, filled), (filled, ended))
    )
    return {"compile": ended[1] - begun[1], "run": run, "best_fit": best_fit}


def _dataset(kept: _Memory, attributes: dict[str, Any], by_axis: dict[str, dict[str, Any]]) -> "xarray.Dataset":
    import xarray

    names = kept.grid.names
    arrays = {"chi2": kept.chi2(), "converged": kept.flags, **kept.values}
    return xarray.Dataset(
        {name: (names, array) for name, array in arrays.items()},
        coords={axis.name: (axis.name, axis.values, by_axis[axis.name]) for axis in kept.grid.axes},
        attrs={"format": FORMAT, **attributes},
    )
