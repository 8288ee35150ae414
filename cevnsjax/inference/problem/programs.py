"""Compiled programs of the parts of a problem, and χ² with its derivatives at many points by them.

A program takes up to `CAPACITY` points and goes through as many blocks of them as there are, so that it serves a single
point and many. Its arrays are arguments: a program is the same for every problem in which a part of this structure
stands, whatever its data, and is kept, here and in JAX's cache on disk.
"""

import functools
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from ..._base.clock import CLOCK
from ..._base.cores import cores
from ..._base.typing import Array, Float
from ...stages.stage import EMPTY
from .chain import Derivatives, Link, Rows, by_coordinates, take_apart
from .kept import kept
from .part import Part
from .priors import Shape, Weighted
from .problem import Problem

CAPACITY = {"cpu": 256, "gpu": 4096}
"""Most points of a call."""
BLOCK = {"cpu": 8, "gpu": 256}
"""Points that are evaluated side by side: what the caches of a core hold, or what a device is given at a time."""
FEW = 16
"""Coordinates up to which it does not pay to eliminate those of each part on their own."""
LONG = 512
"""Numbers that a point takes, for its bins or its response, from which on it takes longer to evaluate than to step."""
KEPT = 256
"""Programs that a process keeps."""

Compiled = Callable[..., Any]
Objective = Callable[[Rows, np.ndarray], Derivatives]
"""From points, and the number of the start of each, to χ² with its derivatives."""

OwnDerivatives = tuple[
    Float[np.ndarray, " point"], Float[np.ndarray, "point column"], Float[np.ndarray, "point column column"]
]
"""The same by the coordinates of a part alone."""

_programs: dict[Any, Compiled] = {}
_lock = threading.Lock()


def _of(table: dict[str, int], device: jax.Device) -> int:
    return table.get(device.platform, table["gpu"])


def _compiled(function: Callable[..., Any], key: Any, arguments: Sequence[Any], device: jax.Device) -> Compiled:
    """Return the compiled `function`, which is kept by `key` and the shapes of the `arguments`."""
    shapes = tuple((np.shape(leaf), str(np.asarray(leaf).dtype)) for leaf in jax.tree.leaves(arguments))
    full = key, shapes, device
    with _lock:
        if full in _programs:
            return _programs[full]
    placed = jax.device_put(arguments, device)
    compiled = jax.jit(kept(function, key, placed, device.platform)).lower(*placed).compile()
    with _lock:
        while len(_programs) >= KEPT:
            _programs.pop(next(iter(_programs)))
        _programs[full] = compiled
    return compiled


def _at_many(structure: Any, own: tuple[bool, ...], size: int, capacity: int, block: int) -> Callable[..., Any]:
    """Return the derivatives of parts of a `structure` at many points; `own` marks the leaves that each start has."""

    def at_one(common: list[Array], owned: list[Array], x: jax.Array) -> tuple[Array, Array, Array]:
        both = {False: iter(common), True: iter(owned)}
        part: Part = jax.tree.unflatten(structure, [next(both[kind]) for kind in own])
        return part.derivatives(x)

    def part_at_points(common: list[Array], owned: list[Array], count: Array, rows: Array, number: Array) -> Any:
        def evaluate(index: Array, results: tuple[Array, Array, Array]) -> Any:
            first = index * block
            x, which = (jax.lax.dynamic_slice_in_dim(each, first, block) for each in (rows, number))
            found = jax.vmap(at_one, (None, 0, 0))(common, [array[which] for array in owned], x)
            pairs = zip(results, found, strict=True)
            return tuple(jax.lax.dynamic_update_slice_in_dim(whole, few, first, 0) for whole, few in pairs)

        nothing = jnp.zeros(capacity), jnp.zeros((capacity, size)), jnp.zeros((capacity, size, size))
        return jax.lax.fori_loop(0, (count + block - 1) // block, evaluate, nothing)

    return part_at_points


def _values(structure: Any, names: tuple[str, ...]) -> Callable[..., Any]:
    """Return what stages give at many values of the parameters `names`; the others are fixed."""

    def at_one(leaves: list[Array], row: Array) -> list[Array]:
        stages, fixed = jax.tree.unflatten(structure, leaves)
        params = fixed | {name: row[k] for k, name in enumerate(names)}
        return [jnp.asarray(stage(params)) for stage in stages]

    return jax.vmap(at_one, (None, 0))


def _filled(rows: np.ndarray, capacity: int) -> np.ndarray:
    """Return the rows and, up to `capacity`, the last of them again."""
    if len(rows) == capacity:
        return np.ascontiguousarray(rows)
    filled = np.empty((capacity, *rows.shape[1:]), rows.dtype)
    filled[: len(rows)], filled[len(rows) :] = rows, rows[-1]
    return filled


class _Running:
    """A part on a device, compiled."""

    def __init__(self, link: Link, part: Part, device: jax.Device, drawn: np.ndarray | None) -> None:
        """Compile the part of a `link`; `drawn` are the observed numbers of each toy, if any."""
        self._link, self._capacity, self._drawn = link, _of(CAPACITY, device), drawn
        held = dict(link.held)
        left, stages = part.holding(frozenset(held)) if held else (part, ())
        if drawn is not None:
            left = eqx.tree_at(lambda part: part.term.observed, left, EMPTY)
        leaves, structure = jax.tree.flatten(left, is_leaf=lambda leaf: leaf is EMPTY)
        own = tuple(leaf is EMPTY for leaf in leaves)
        self._common = jax.device_put([leaf for leaf in leaves if leaf is not EMPTY], device)
        self._prepare: Callable[[np.ndarray], list[Any]] = lambda rows: []
        number = np.zeros(self._capacity, int)
        owned: list[Any] = []
        if drawn is not None:
            owned = [np.zeros((self._capacity, *drawn.shape[1:]))]
        elif held:
            values, names = np.zeros((self._capacity, len(held))), tuple(held)
            several, parts = jax.tree.flatten((stages, part.fixed))
            several = jax.device_put(several, device)
            program = _compiled(_values(parts, names), ("values", parts, names), (several, values), device)
            self._prepare = functools.partial(program, several)
            owned = self._prepare(jax.device_put(values, device))
        capacity, block = self._capacity, _of(BLOCK, device)
        rows = np.zeros((capacity, left.size))
        arguments = self._common, owned, np.int64(0), rows, number
        function = _at_many(structure, own, left.size, capacity, block)
        self._program = _compiled(function, (structure, own), arguments, device)

    def at(self, start: Rows, which: np.ndarray) -> Callable[[Rows, np.ndarray], OwnDerivatives]:
        """Return the part of χ² from values, with its derivatives, for starts at most as many as a call takes.

        `start` has the values that do not move, `which` says of which toy each start is.
        """
        owned: list[Any] = []
        if self._drawn is not None:
            owned = [_filled(self._drawn[which], self._capacity)]
        elif self._link.held:
            owned = self._prepare(_filled(start[:, [column for _, column in self._link.held]], self._capacity))

        def derivatives(values: Rows, number: np.ndarray) -> OwnDerivatives:
            count, x = len(values), self._link.coordinates(values)
            rows = _filled(x, self._capacity), _filled(number, self._capacity)
            results = self._program(self._common, owned, np.int64(count), *rows)
            value, gradient, hessian = (np.asarray(result)[:count] for result in results)
            return value, *self._link.by_values(values, gradient, hessian)

        return derivatives


def _shapes_at(problem: Problem, shapes: tuple[Shape, ...]) -> Callable[[Rows], Derivatives]:
    """Return -2 ln of priors of other shapes, with its derivatives, at many points."""

    def weight(u: Array) -> Array:
        params = problem.params(u)
        return jnp.asarray(-2.0 * sum(shape.log_density(params[shape.name]) for shape in shapes), float)

    compiled = jax.jit(jax.vmap(lambda u: (weight(u), jax.grad(weight)(u), jax.hessian(weight)(u))))

    def at(u: Rows) -> Derivatives:
        count = len(u)
        filled = np.concatenate([u, np.repeat(u[-1:], -count % CAPACITY["cpu"], axis=0)])
        value, gradient, hessian = (np.asarray(result)[:count] for result in compiled(filled))
        return value, gradient, hessian

    return at


class Evaluation:
    """χ² of a problem with gradient and Hessian at many points, part by part."""

    @CLOCK.during("compile")
    def __init__(
        self,
        problem: Problem,
        devices: Sequence[jax.Device],
        drawn: Problem | None = None,
        held: Sequence[int] = (),
    ) -> None:
        """Compile what is not yet, on each of the `devices`.

        `drawn` holds the toys of `problem`, if any. The coordinates `held` stay where each start has them: what depends
        on them alone is evaluated once for each start, and derivatives by them are not those of χ².
        """
        started = time.perf_counter()
        constraints: Any = (problem if drawn is None else drawn).chi2.constraints
        shapes: tuple[Shape, ...] = ()
        if isinstance(constraints, Weighted):
            constraints, shapes = constraints.constraints, constraints.shapes
        self.chain = take_apart(problem, constraints, held)
        self.private = self.chain.private if len(problem.names) > FEW else ()
        toys = [None if drawn is None else np.asarray(m.term.observed) for m in (drawn or problem).chi2.measurements]
        self._weights = _shapes_at(problem, shapes) if shapes else None
        number = len(self.chain.parts)
        tasks = [(*own, device, toy) for device in devices for own, toy in zip(self.chain.pairs, toys, strict=True)]
        with ThreadPoolExecutor(cores()) as threads:
            running = list(threads.map(lambda task: _Running(*task), tasks))
        self._running = [running[k * number : (k + 1) * number] for k in range(len(devices))]
        self.devices = len(devices)
        self.capacity = _of(CAPACITY, devices[0])
        self.takes_long = max((folded.width() for folded in problem.chi2.measurements), default=0) > LONG
        self.seconds = time.perf_counter() - started

    def at(self, start: Rows, which: np.ndarray, device: int = 0) -> Objective:
        """Return χ² as a function of rows, and of the number of the start of each: value, gradient and Hessian.

        At most `capacity` rows are taken at a time. `which` says of which toy each start is.
        """
        values, _ = self.chain.values(start)
        parts = [running.at(values, which) for running in self._running[device]]

        def derivatives(u: Rows, number: np.ndarray) -> Derivatives:
            values, bends = self.chain.values(u)
            value, gradient, hessian = self.chain.pulls.derivatives(values, which[number])
            for link, part in zip(self.chain.links, parts, strict=True):
                own, slope, curvature = part(values, number)
                value = value + own
                gradient[:, link.columns] += slope
                hessian[:, *link.pairs] += curvature
            value, gradient, hessian = by_coordinates((value, gradient, hessian), bends)
            if self._weights is not None:
                weight, slope, curvature = self._weights(u)
                value, gradient, hessian = value + weight, gradient + slope, hessian + curvature
            return value, gradient, hessian

        return derivatives
