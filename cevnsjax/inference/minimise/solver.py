"""Find the minimum of a problem from several starts, and run batches of minimisations in a single compiled program."""

import dataclasses
import functools
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding
from jax.sharding import PartitionSpec as P

from ..._base.cores import cores
from ..._base.typing import Array, Bool, Float
from ..problem.problem import Problem
from .newton import Minimum, minimise
from .strengths import is_linear, minimise_strengths

CHUNK = 16
"""Minimisations that run side by side. A program of this size serves fits, profiles and intervals."""
MANY = 2000
"""Points from which on a grid over strengths alone gets a program of its own: what its compilation is worth."""
MANY_CHUNK = {"cpu": 512, "gpu": 16384}
"""Minimisations over strengths alone that run side by side: what the caches of a core hold, or fills a device."""
ROUNDS = 8
"""Calls of the program for strengths, each of those points alone that need more steps, before the general program."""


def _minimise_batch(
    problem: Problem, start: jax.Array, frozen: jax.Array, lower: jax.Array, upper: jax.Array
) -> Minimum[Array]:
    return jax.vmap(lambda u, f: minimise(problem, u, f, lower, upper))(start, frozen)


@functools.lru_cache(maxsize=64)
def _jitted(function: Callable[..., Any], structure: Any, devices: tuple[jax.Device, ...], count: int) -> Any:
    """Return `function` of the leaves of a problem of this `structure` and `count` arrays of rows, to be compiled.

    Kept, so that JAX traces and compiles once for all problems of the same structure, whatever their values.
    """

    def mapped(leaves: list[jax.Array], box: tuple[jax.Array, jax.Array], *rows: jax.Array) -> Any:
        return function(jax.tree.unflatten(structure, leaves), *rows, *box)

    if len(devices) == 1:
        return jax.jit(mapped)
    split = (P(), P(), *(P("rows") for _ in range(count)))
    mesh = Mesh(np.array(devices), ("rows",))
    return jax.jit(jax.shard_map(mapped, mesh=mesh, in_specs=split, out_specs=P("rows"), check_vma=False))


@dataclasses.dataclass(frozen=True)
class Reached:
    """Where many minimisations ended."""

    u: Float[np.ndarray, "point coordinate"]
    value: Float[np.ndarray, " point"]
    converged: np.ndarray


class Solver:
    """Minimises a problem from many starts; compiled once, whatever is frozen and however many starts there are.

    Chunks of starts run side by side, on all cores of a processor or on all devices: JAX shards the rows of a chunk
    over several devices; on a single processor, threads keep the cores busy.
    """

    def __init__(self, problem: Problem, devices: Sequence[jax.Device] | None = None) -> None:
        """Prepare to minimise `problem` on `devices` (all by default); programs are compiled when they are needed."""
        self.problem = problem
        self.lower, self.upper = problem.box
        self.devices = tuple(devices or jax.devices())
        self._leaves, self._structure = jax.tree.flatten(problem)
        self.compile_seconds = self.run_seconds = 0.0
        self._programs: dict[Callable[..., Any], Callable[..., Any]] = {}

    def __getstate__(self) -> dict[str, Any]:
        """Return what a copy in another process is made of: programs and devices are made anew there."""
        return {name: getattr(self, name) for name in ("problem", "compile_seconds", "run_seconds")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Become the copy."""
        Solver.__init__(self, state["problem"])
        self.compile_seconds, self.run_seconds = state["compile_seconds"], state["run_seconds"]

    def _compiled(self, function: Callable[..., Any], chunk: int) -> Callable[..., Any]:
        """Return `function` of rows of starts, as many as devices times places in a chunk.

        The arrays of the problem and the box are arguments of the program, put on the device once.
        """
        if function not in self._programs:
            started = time.perf_counter()
            shape = (chunk * len(self.devices), len(self.problem.names))
            rows = (np.zeros(shape), np.zeros(shape, bool)) if function is _minimise_batch else (np.zeros(shape),)

            fixed = (self._leaves, (self.lower, self.upper))
            if len(self.devices) > 1:
                fixed = jax.device_put(fixed, NamedSharding(Mesh(np.array(self.devices), ("rows",)), P()))
            else:
                fixed = jax.device_put(fixed, self.devices[0])
            jitted = _jitted(function, self._structure, self.devices, len(rows))
            self._programs[function] = functools.partial(jitted.lower(*fixed, *rows).compile(), *fixed)
            self.compile_seconds += time.perf_counter() - started
        return self._programs[function]

    def compile(self) -> None:
        """Compile the program that minimises from any starts now, not when it is first needed."""
        self._compiled(_minimise_batch, CHUNK)

    def _run(self, function: Callable[..., Any], chunk: int, *rows: np.ndarray) -> Any:
        """Return what the program of `function` makes of all rows, chunk by chunk, joined."""
        program, count = self._compiled(function, chunk), len(rows[0])
        started = time.perf_counter()
        size = chunk * len(self.devices)

        def run_chunk(first: int) -> Any:
            chosen = np.arange(first, first + size).clip(max=count - 1)
            return jax.tree.map(np.asarray, program(*(each[chosen] for each in rows)))

        firsts = range(0, count, size)
        if len(self.devices) == 1 and self.devices[0].platform == "cpu" and len(firsts) > 1:
            with ThreadPoolExecutor(cores()) as threads:
                parts = list(threads.map(run_chunk, firsts))
        else:
            parts = [run_chunk(first) for first in firsts]
        joined = jax.tree.map(lambda *arrays: np.concatenate(arrays)[:count], *parts)
        self.run_seconds += time.perf_counter() - started
        return joined

    def __call__(self, start: Float[np.ndarray, "start coordinate"], frozen: np.ndarray) -> Minimum[np.ndarray]:
        """Return the minimum reached from each row of `start`, the coordinates marked in `frozen` held.

        `frozen` has the shape of `start` or of a single row.
        """
        return self._run(_minimise_batch, CHUNK, start, np.broadcast_to(frozen, start.shape))

    def only_strengths(self, frozen: Bool[np.ndarray, " coordinate"], points: int) -> bool:
        """Return whether nothing but strengths is left to minimise over, at so many points that a program pays."""
        return points >= MANY and self._linear is not None and bool(np.all(frozen != self._linear))

    @functools.cached_property
    def _linear(self) -> Bool[np.ndarray, " coordinate"] | None:
        """Which coordinates are strengths, None if the counts are not linear in them."""
        strengths = np.isin(np.arange(len(self.problem.names)), self.problem.strengths)
        return strengths if is_linear(self.problem) else None

    def lowest(
        self,
        start: Float[np.ndarray, "start coordinate"],
        frozen: Bool[np.ndarray, " coordinate"],
        points: int | None = None,
    ) -> Reached:
        """Return what is reached from each row of `start`, the coordinates marked in `frozen` held.

        Of many points at which only strengths are left to minimise over (a grid of all free parameters, with flat
        pulls), the components are evaluated once each, by a program of their own. `points` is the number to come, if
        these are some of them.
        """
        if not self.only_strengths(frozen, points or len(start)):
            minima = self(start, frozen)
            return Reached(minima.u, minima.value, minima.converged)
        chunk = MANY_CHUNK.get(self.devices[0].platform, MANY_CHUNK["gpu"])
        u, value, converged = start.copy(), np.full(len(start), np.nan), np.zeros(len(start), bool)
        rest = np.arange(len(start))
        for _ in range(ROUNDS):
            u[rest], value[rest], converged[rest] = self._run(minimise_strengths, chunk, u[rest])
            rest = np.flatnonzero(~converged)
            if not len(rest):
                break
        else:
            again = self(start[rest], frozen)
            u[rest], value[rest], converged[rest] = again.u, again.value, again.converged
        return Reached(u, value, converged)
