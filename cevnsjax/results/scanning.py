"""χ² on a grid of parameters with everything else profiled: an xarray dataset, in memory or in a store on disk."""

import dataclasses
import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from .._base import arguments
from .._base.errors import InputError
from .._base.levels import LEVELS
from .._base.tables import listed
from .._base.writing import locked
from ..folding.accuracy import EXACT, Accuracy
from ..inference.engines import engine as engines
from ..inference.grid.axes import Axis, axis_of
from ..inference.grid.blocks import Grid, make_grid
from ..inference.grid.profile import Profile
from ..inference.grid.refine import Lowest, refine
from ..inference.grid.scan import Scanned, ScanWork, scan_work
from ..inference.grid.store import FORMAT, MENDED, ROOT, Damage, ScanStore, are_whole, read_attributes
from ..inference.problem.problem import Problem, pose
from ..inference.problem.specification import Request, Specification
from . import record
from .grid import GridResult

if TYPE_CHECKING:
    import xarray

    from ..joint.likelihood import Likelihood
    from .fit import FitResult

PROBE_AGREES = 1e-8
"""Relative difference of χ² up to which two scans are of the same likelihood: processors differ by rounding."""
EDGES, THREE_SIGMA = 16, 9.0
"""Points of a scan at which the error of the recoil integrals is measured, and the Δχ² within which they lie."""
MOST_IN_MEMORY = 10**8
"""Points of a grid without a store: all variables of theirs are kept in memory."""
Progress = Callable[[int, int], None]
"""Called with how many points are done, and of how many."""


def _settings(likelihood: "Likelihood", specification: Specification, grid: Grid) -> dict[str, Any]:
    """Return everything that makes a scan this scan, in the order in which a difference is reported."""
    common = record.settings(likelihood, specification, grid.names)
    first = {key: common.pop(key) for key in ("measurements", "interactions", "couplings", "form factors", "electrons")}
    axes = {axis.name: record.axis_settings(axis) for axis in grid.axes}
    return {**first, "grid": axes, **common, "chunk": list(grid.block)}


def _probe(problem: Problem, grid: Grid, values: Mapping[str, float]) -> list[float | None]:
    """Return χ² at the start and at both ends of the grid: a fingerprint of the likelihood whatever the processor."""
    ends = [{axis.name: float(axis.values[k]) for axis in grid.axes} for k in (0, -1)]
    chi2 = [float(problem(problem.coordinates({**values, **end}))) for end in ({}, *ends)]
    return [value if math.isfinite(value) else None for value in chi2]


def _probe_differs(stored: Any, probe: list[float | None]) -> str | None:
    """Return in what χ² at the same points, as a store has it, is another than here."""
    if not isinstance(stored, list) or len(stored) != len(probe):
        return record.difference(stored, probe, "chi2 at the same points")
    difference = None
    for there, here in zip(stored, probe, strict=True):
        known = isinstance(there, int | float)
        if known != (here is not None) or (known and abs(there - here) > PROBE_AGREES * max(1.0, abs(there))):
            difference = f"chi2 at the same point is {there} there, {here} here"
    return difference


def _check_same(path: Path, settings: dict[str, Any], probe: list[float | None]) -> dict[str, Any]:
    """Return the attributes of a store; raise InputError if it holds another scan."""
    attributes = read_attributes(path)
    difference = record.difference(attributes.get("settings") or {}, json.loads(json.dumps(settings)))
    difference = difference or _probe_differs(attributes.get("probe"), probe)
    if difference:
        damaged = "" if are_whole(attributes) else f", and its {ROOT} was altered"
        raise InputError(
            f"'{path}' holds another scan: {difference}{damaged}; nothing was written, --overwrite replaces it"
        )
    return attributes


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
    likelihood: "Likelihood", specification: Specification, grid: Grid, lowest: Lowest, storage: "_Memory | ScanStore"
) -> Accuracy:
    """Return the largest error of the recoil integrals at the best fit and at the edges of what lies within 3σ."""
    if not lowest.converged:
        return EXACT
    within, beyond, share = _edges(storage.chi2(), lowest.chi2)

    def columns(places: np.ndarray) -> dict[str, np.ndarray]:
        where = np.unravel_index(places, grid.shape)
        return {axis.name: axis.values[k] for axis, k in zip(grid.axes, where, strict=True)} | storage.lookup(where)

    inner, outer = columns(within), columns(np.where(share > 0.0, beyond, within))
    moved = {name: start + share * (outer[name] - start) for name, start in inner.items()}
    rows = [{name: float(values[k]) for name, values in moved.items()} for k in range(len(share))]
    return likelihood.accuracy([lowest.values, *rows], specification)


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


@arguments.checked(path=arguments.path)
def open_scan(path: str | Path) -> GridResult:
    """Return the scan stored at `path`, every file of it checked; raise InputError if it is damaged or not complete."""
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
    return GridResult(store.dataset(attributes), place)


def _axes_described(likelihood: "Likelihood", specification: Specification, grid: Grid) -> dict[str, dict[str, str]]:
    """Return the attributes of each axis; the symbol is that of all parameters that are tied together."""
    known = likelihood.parameters

    def symbols(name: str) -> str:
        followers = [follower for follower, leader in specification.ties.items() if leader == name]
        return " = ".join(known[parameter].latex for parameter in (name, *followers))

    return {
        name: {"units": known[name].unit, "latex": symbols(name), "long_name": known[name].description}
        for name in grid.names
    }


def _attributes(
    likelihood: "Likelihood",
    specification: Specification,
    grid: Grid,
    settings: dict[str, Any],
    probe: list[float | None],
) -> dict[str, Any]:
    """Return the attributes of the dataset."""
    levels = {
        f"{count} parameter{'s'[: count - 1]}": {label: level.delta_chi2(count) for label, level in LEVELS.items()}
        for count in (1, 2)
    }
    return {
        **record.versions(),
        "settings": settings,
        "origin": record.origin(likelihood, specification, grid.names),
        "digest": record.data_digest(likelihood.measurements),
        "axes": _axes_described(likelihood, specification, grid),
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
    **request: Unpack[Request],
) -> GridResult:
    """Scan `grid`; see `Likelihood.scan`."""
    axes = [axis_of(name, values) for name, values in grid.items()]
    values = dict(request.get("values") or {})
    for axis in axes:
        likelihood.parameters.find(axis.name)
        if axis.name in values:
            raise InputError(f"'{axis.name}' cannot be both set and on an axis of the grid")
        low, high = float(axis.values[0]), float(axis.values[-1])
        for edge in (low, high):
            likelihood.parameters[axis.name].check(edge)
        values[axis.name] = math.sqrt(low * high) if axis.log else 0.5 * (low + high)
    names = [axis.name for axis in axes]
    further = tuple(request.get("free", ()))
    for name in further:
        if name in names:
            raise InputError(f"'{name}' cannot be both free and on an axis of the grid")
    request["free"], request["values"] = (*names, *further), values
    specification = likelihood.specify(**request)
    blocks = make_grid(axes, len(specification.coordinates), chunk, memory)
    blocks.check(specification)
    profiled = tuple(name for name in specification.coordinates if name not in names)
    if out is None and blocks.size > MOST_IN_MEMORY:
        raise InputError(
            f"expected a grid of {MOST_IN_MEMORY:g} points at most in memory, found {blocks.size}: name a store for it"
        )
    by_axis = _axes_described(likelihood, specification, blocks)
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
        storage = _Memory(blocks, profiled)
        _fill(work, storage, list(range(blocks.blocks)), engine, progress)
        filled = time.perf_counter(), work.compile_seconds
        lowest = refine(work, storage.chi2(), storage.lookup)
        accuracy = _accuracy(likelihood, specification, blocks, lowest, storage)
        summary = _summary(lowest, storage.count_unconverged(), accuracy)
        return GridResult(_dataset(storage, attributes | summary, by_axis), None, _seconds(work, begun, filled))
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
            accuracy = _accuracy(likelihood, specification, blocks, lowest, store)
            stored |= _summary(lowest, store.count_unconverged(), accuracy)
            store.describe(stored)
        result = GridResult(store.dataset(stored), store.path)
    return dataclasses.replace(result, seconds=_seconds(work, begun, filled), repaired=tuple(repaired))


def profile_grid(
    fit: "FitResult", problem: Problem, axes: Sequence[Axis], profile: Profile, allowed: np.ndarray
) -> GridResult:
    """Return the grid of a `profile` of `fit`: the minima of `problem` at the points of the `axes`."""
    likelihood, specification = fit.likelihood, fit.specification
    shape = tuple(len(axis.values) for axis in axes)
    grid = Grid(tuple(axes), shape)
    scanned = {specification.leader(name) for name in grid.names}
    profiled = [name for name in specification.coordinates if name not in scanned]
    storage, values = _Memory(grid, profiled), problem.values(profile.u)
    storage.write(
        0,
        Scanned(
            profile.chi2.reshape(shape),
            (profile.converged | ~allowed).reshape(shape),
            {name: np.where(allowed, values[name], np.nan).reshape(shape) for name in profiled},
        ),
    )
    described = _axes_described(likelihood, specification, grid)
    lowest = int(np.argmin(profile.chi2))
    at_grid = {axis.name: float(axis.values[k]) for axis, k in zip(axes, np.unravel_index(lowest, shape), strict=True)}
    best = {name: fit.values[name] for name in dict.fromkeys((*grid.names, *specification.coordinates))}
    summary = Lowest(float(profile.chi2[lowest]), at_grid, fit.chi2, best, fit.settled)
    attributes = _attributes(likelihood, specification, grid, _settings(likelihood, specification, grid), [])
    attributes |= _summary(summary, storage.count_unconverged(), EXACT)
    return GridResult(_dataset(storage, attributes, described), _fit=fit)


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
    work: ScanWork, storage: _Memory | ScanStore, missing: list[int], engine: Any, progress: Progress | None
) -> None:
    """Run the blocks that are missing, and keep each as it comes."""
    grid = work.grid
    sizes = [math.prod(part.stop - part.start for part in grid.slices(k)) for k in range(grid.blocks)]
    done = sum(sizes) - sum(sizes[k] for k in missing)
    if progress is not None:
        progress(done, grid.size)
    for number, block in engines.run(work, missing, engine):
        storage.write(missing[number], block)
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


def _dataset(storage: _Memory, attributes: dict[str, Any], by_axis: dict[str, dict[str, Any]]) -> "xarray.Dataset":
    import xarray

    names = storage.grid.names
    arrays = {"chi2": storage.chi2(), "converged": storage.flags, **storage.values}
    return xarray.Dataset(
        {name: (names, array) for name, array in arrays.items()},
        coords={axis.name: (axis.name, axis.values, by_axis[axis.name]) for axis in storage.grid.axes},
        attrs={"format": FORMAT, **attributes},
    )
