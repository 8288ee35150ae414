"""Compiled programs of the parts of a problem, and χ² with its derivatives at many points by them.

A program takes up to `CAPACITY` points and goes through as many blocks of them as there are, so that it serves a single
point and many. Its arrays are arguments: a program is the same for every problem in which a part of this structure
stands, whatever its data, and is kept, here and in JAX's cache on disk.
"""

import dataclasses
import functools
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..._base.clock import CLOCK
from ..._base.cores import cores
from ..._base.typing import Array, Float
from .chain import Derivatives, Rows, by_coordinates, take_apart
from .kept import kept
from .part import Part
from .priors import Shape, Weighted
from .problem import Problem

CAPACITY = {"cpu": 256, "gpu": 16384}
"""Most points of a call."""
BLOCK = {"cpu": 8, "gpu": 16384}
"""Points that are evaluated side by side: what the caches of a core hold, or fills a device."""
FEW = 16
"""Coordinates up to which it does not pay to eliminate those of each part on their own."""
LONG = 512
"""Numbers that a point takes, for its bins or its response, from which on it takes longer to evaluate than to step."""
KEPT = 256
"""Programs that a process keeps."""

Compiled = Callable[..., tuple[Array, Array, Array]]
Drawn = Sequence[Float[np.ndarray, "toy ..."]]
"""Of each part, the observed numbers of each toy."""

_programs: dict[Any, Compiled] = {}
_lock = threading.Lock()


def _of(table: dict[str, int], device: jax.Device) -> int:
    return table.get(device.platform, table["gpu"])


def _at_many(structure: Any, drawn: bool, size: int, capacity: int, block: int) -> Callable[..., Any]:
    """Return the derivatives of parts of a `structure` at many points, to be compiled."""

    def at_one(part: Part, x: jax.Array, *observed: Array) -> tuple[Array, Array, Array]:
        if drawn:
            term: Any = dataclasses.replace(part.term, observed=observed[0])
            part = dataclasses.replace(part, term=term)
        return part.derivatives(x)

    def part_at_points(leaves: list[Array], count: Array, *rows: Array) -> tuple[Array, Array, Array]:
        part = jax.tree.unflatten(structure, leaves)

        def evaluate(number: Array, results: tuple[Array, Array, Array]) -> Any:
            first = number * block
            chosen = [jax.lax.dynamic_slice_in_dim(each, first, block) for each in rows]
            found = jax.vmap(functools.partial(at_one, part))(*chosen)
            pairs = zip(results, found, strict=True)
            return tuple(jax.lax.dynamic_update_slice_in_dim(whole, few, first, 0) for whole, few in pairs)

        nothing = jnp.zeros(capacity), jnp.zeros((capacity, size)), jnp.zeros((capacity, size, size))
        return jax.lax.fori_loop(0, (count + block - 1) // block, evaluate, nothing)

    return part_at_points


def _program(part: Part, leaves: list[Any], structure: Any, drawn: bool, device: jax.Device) -> Compiled:
    """Return the compiled program of parts of this structure, which the process keeps."""
    shapes = tuple((np.shape(leaf), str(np.asarray(leaf).dtype)) for leaf in leaves)
    key = structure, shapes, drawn, device
    with _lock:
        if key in _programs:
            return _programs[key]
    capacity, block = _of(CAPACITY, device), _of(BLOCK, device)
    rows = [np.zeros((capacity, part.size)), *([np.zeros((capacity, *part.term.observed.shape))] if drawn else [])]
    arguments = (jax.device_put(leaves, device), np.int64(0), *jax.device_put(rows, device))
    made = _at_many(structure, drawn, part.size, capacity, block)
    function = kept(structure, arguments, (int(drawn), part.size, capacity, block), device.platform, made)
    compiled = jax.jit(function).lower(*arguments).compile()
    with _lock:
        while len(_programs) >= KEPT:
            _programs.pop(next(iter(_programs)))
        _programs[key] = compiled
    return compiled


@dataclasses.dataclass(frozen=True)
class _Running:
    """A part on a device."""

    program: Compiled
    leaves: list[Any]
    capacity: int
    size: int

    def __call__(self, *rows: np.ndarray) -> Derivatives:
        """Return value, gradient and Hessian at each of the rows of coordinates, and of observed numbers."""
        found: list[Any] = []
        for first in range(0, len(rows[0]), self.capacity):
            chosen = [each[first : first + self.capacity] for each in rows]
            count = len(chosen[0])
            results = self.program(self.leaves, np.int64(count), *(self._filled(each) for each in chosen))
            found.append([np.asarray(result)[:count] for result in results])
        columns = zip(*found, strict=True)
        value, gradient, hessian = (np.concatenate(parts) if len(parts) > 1 else parts[0] for parts in columns)
        return value, gradient, hessian

    def _filled(self, rows: np.ndarray) -> np.ndarray:
        """Return the rows and, to fill the program, the last of them."""
        if len(rows) == self.capacity:
            return np.ascontiguousarray(rows)
        filled = np.empty((self.capacity, *rows.shape[1:]))
        filled[: len(rows)], filled[len(rows) :] = rows, rows[-1]
        return filled


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
    def __init__(self, problem: Problem, devices: Sequence[jax.Device], drawn: Problem | None = None) -> None:
        """Compile what is not yet, on each of the `devices`; `drawn` holds the toys of `problem`, if any."""
        started = time.perf_counter()
        held: Any = (problem if drawn is None else drawn).chi2.constraints
        shapes: tuple[Shape, ...] = ()
        if isinstance(held, Weighted):
            held, shapes = held.constraints, held.shapes
        self.chain = take_apart(problem, held)
        self.private = self.chain.private if len(problem.names) > FEW else ()
        self._drawn = None if drawn is None else [np.asarray(m.term.observed) for m in drawn.chi2.measurements]
        self._weights = _shapes_at(problem, shapes) if shapes else None
        flat = [jax.tree.flatten(part) for part in self.chain.parts]
        tasks = [(device, *each) for device in devices for each in zip(self.chain.parts, flat, strict=True)]

        def prepare(task: tuple[jax.Device, Part, tuple[list[Any], Any]]) -> _Running:
            device, part, (leaves, structure) = task
            program = _program(part, leaves, structure, drawn is not None, device)
            return _Running(program, jax.device_put(leaves, device), _of(CAPACITY, device), part.size)

        with ThreadPoolExecutor(cores()) as threads:
            running = list(threads.map(prepare, tasks))
        number = len(self.chain.parts)
        self._running = [running[first : first + number] for first in range(0, len(running), number or 1)]
        self.devices = len(devices)
        self.takes_long = max((folded.width() for folded in problem.chi2.measurements), default=0) > LONG
        self.seconds = time.perf_counter() - started

    def __call__(self, u: Rows, which: np.ndarray, device: int = 0) -> Derivatives:
        """Return χ² at each row, its gradient and its Hessian; `which` toy each row is of."""
        values, bends = self.chain.values(u)
        value, gradient, hessian = self.chain.pulls.derivatives(values, which)
        for number, link in enumerate(self.chain.links):
            observed = [] if self._drawn is None else [self._drawn[number][which]]
            own, slope, curvature = self._running[device][number](link.coordinates(values), *observed)
            slope, curvature = link.by_values(values, slope, curvature)
            value = value + own
            gradient[:, link.columns] += slope
            hessian[:, *link.pairs] += curvature
        value, gradient, hessian = by_coordinates((value, gradient, hessian), bends)
        if self._weights is not None:
            weight, slope, curvature = self._weights(u)
            value, gradient, hessian = value + weight, gradient + slope, hessian + curvature
        return value, gradient, hessian
