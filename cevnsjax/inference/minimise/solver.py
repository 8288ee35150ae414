"""Find the minimum of a problem from several starts: batches of minimisations over compiled programs of its parts."""

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

from ..._base.clock import CLOCK
from ..._base.cores import cores
from ..._base.typing import Bool, Float
from ..problem.problem import Problem
from ..problem.programs import Evaluation
from .newton import LAST, MAX_STEPS, TOLERANCE, Minimum, joined, minimise
from .strengths import is_linear, minimise_strengths

LEAST_CHUNK = {True: 16, False: 64}
"""Fewest that a thread is for, where evaluating χ² takes long and where it does not: then Python takes the time."""
FEWER_STEPS = 40
"""Steps at each of many points: what takes more is better started from where a neighbour ended."""
PIECE = 16384
"""Minimisations whose derivatives are kept at a time."""
MANY = 2000
"""Points of a grid from which on it gets programs of its own: what their compilation is worth."""
MANY_CHUNK = {"cpu": 512, "gpu": 16384}
"""Minimisations over strengths alone that run side by side: what the caches of a core hold, or fills a device."""
ROUNDS = 8
"""Calls of the program for strengths, each of those points alone that need more steps, before the general program."""


@functools.lru_cache(maxsize=64)
def _jitted(structure: Any, devices: tuple[jax.Device, ...]) -> Any:
    """Return the minimisation over strengths of the leaves of a problem of this `structure`, to be compiled.

    Kept, so that JAX traces and compiles once for all problems of the same structure, whatever their values.
    """

    def mapped(leaves: list[jax.Array], box: tuple[jax.Array, jax.Array], rows: jax.Array) -> Any:
        return minimise_strengths(jax.tree.unflatten(structure, leaves), rows, *box)

    if len(devices) == 1:
        return jax.jit(mapped)
    mesh = Mesh(np.array(devices), ("rows",))
    return jax.jit(
        jax.shard_map(mapped, mesh=mesh, in_specs=(P(), P(), P("rows")), out_specs=P("rows"), check_vma=False)
    )


def minimise_rows(
    evaluation: Evaluation,
    start: Float[np.ndarray, "start coordinate"],
    frozen: np.ndarray,
    box: tuple[np.ndarray, np.ndarray],
    which: np.ndarray | None = None,
    threads: int | None = None,
    last: float = TOLERANCE,
    max_steps: int = MAX_STEPS,
) -> Minimum:
    """Return the minimum reached from each row of `start`, with the coordinates marked in its row of `frozen` held.

    `which` says of which toy each row is; `last` and `max_steps` are as `minimise` has them. Chunks of rows run on
    `threads` (all cores by default) and on all devices.
    """
    count, workers = len(start), max(threads or cores(), evaluation.devices)
    toys = np.arange(count) if which is None else which
    size = min(evaluation.capacity, max(LEAST_CHUNK[evaluation.takes_long], -(-count // workers)))
    firsts = range(0, count, size)

    def run(first: int) -> Minimum:
        rows = slice(first, first + size)
        own, device = toys[rows], first // size % evaluation.devices
        objective = evaluation.at(start[rows], own, device)
        return minimise(objective, start[rows], frozen[rows], *box, max_steps, evaluation.private, last)

    if len(firsts) <= 1:
        return run(0)
    with ThreadPoolExecutor(workers) as pool:
        return joined(list(pool.map(run, firsts)))


@dataclasses.dataclass(frozen=True)
class Reached:
    """Where many minimisations ended."""

    u: Float[np.ndarray, "point coordinate"]
    value: Float[np.ndarray, " point"]
    converged: np.ndarray


class Solver:
    """Minimises a problem from many starts; compiled once, whatever is frozen and however many starts there are.

    Chunks of starts run side by side, on all cores of a processor or on all devices.
    """

    def __init__(self, problem: Problem, devices: Sequence[jax.Device] | None = None) -> None:
        """Prepare to minimise `problem` on `devices` (all by default); programs are compiled when they are needed."""
        self.problem = problem
        self.lower, self.upper = problem.box
        self.devices = tuple(devices or jax.devices())
        self._leaves, self._structure = jax.tree.flatten(problem)
        self.compile_seconds = self.run_seconds = 0.0
        self._over_strengths: Callable[[np.ndarray], Any] | None = None
        self._with_held: dict[bytes, Evaluation] = {}

    def __getstate__(self) -> dict[str, Any]:
        """Return what a copy in another process is made of: programs and devices are made anew there."""
        return {name: getattr(self, name) for name in ("problem", "compile_seconds", "run_seconds")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Become the copy."""
        Solver.__init__(self, state["problem"])
        self.compile_seconds, self.run_seconds = state["compile_seconds"], state["run_seconds"]

    @functools.cached_property
    def _evaluation(self) -> Evaluation:
        """χ² with its derivatives, compiled."""
        evaluation = Evaluation(self.problem, self.devices)
        self.compile_seconds += evaluation.seconds
        return evaluation

    def _holding(self, frozen: Bool[np.ndarray, " coordinate"]) -> Evaluation:
        """Return χ² where the coordinates marked in `frozen` stay where each start has them, compiled."""
        key = np.asarray(frozen, bool).tobytes()
        if key not in self._with_held:
            self._with_held[key] = Evaluation(self.problem, self.devices, held=np.flatnonzero(frozen).tolist())
            self.compile_seconds += self._with_held[key].seconds
        return self._with_held[key]

    def compile(self) -> None:
        """Compile the programs that minimise from any starts now, not when they are first needed."""
        self._evaluation  # noqa: B018

    def __call__(self, start: Float[np.ndarray, "start coordinate"], frozen: np.ndarray) -> Minimum:
        """Return the minimum reached from each row of `start`, the coordinates marked in `frozen` held.

        `frozen` has the shape of `start` or of a single row.
        """
        return self._minimise(self._evaluation, start, frozen)

    @CLOCK.during("run")
    def _minimise(self, evaluation: Evaluation, start: np.ndarray, frozen: np.ndarray, **limits: Any) -> Minimum:
        started, rows = time.perf_counter(), np.broadcast_to(frozen, start.shape)
        reached = minimise_rows(evaluation, start, rows, self.problem.box, **limits)
        self.run_seconds += time.perf_counter() - started
        return reached

    @CLOCK.during("compile")
    def _strengths_program(self, chunk: int) -> Callable[[np.ndarray], Any]:
        """Return the program that minimises over strengths, of rows of starts: as many as devices times `chunk`.

        The arrays of the problem and the box are arguments of the program, put on the device once.
        """
        if self._over_strengths is None:
            started = time.perf_counter()
            rows = np.zeros((chunk * len(self.devices), len(self.problem.names)))
            fixed = (self._leaves, (self.lower, self.upper))
            if len(self.devices) > 1:
                fixed = jax.device_put(fixed, NamedSharding(Mesh(np.array(self.devices), ("rows",)), P()))
            else:
                fixed = jax.device_put(fixed, self.devices[0])
            jitted = _jitted(self._structure, self.devices)
            self._over_strengths = functools.partial(jitted.lower(*fixed, rows).compile(), *fixed)
            self.compile_seconds += time.perf_counter() - started
        return self._over_strengths

    @CLOCK.during("run")
    def _minimise_strengths(self, chunk: int, starts: np.ndarray) -> Any:
        """Return what the program for strengths makes of all rows, chunk by chunk, joined."""
        program, count = self._strengths_program(chunk), len(starts)
        started = time.perf_counter()
        size = chunk * len(self.devices)

        def run_chunk(first: int) -> Any:
            chosen = np.arange(first, first + size).clip(max=count - 1)
            return jax.tree.map(np.asarray, program(starts[chosen]))

        firsts = range(0, count, size)
        if len(self.devices) == 1 and self.devices[0].platform == "cpu" and len(firsts) > 1:
            with ThreadPoolExecutor(cores()) as threads:
                parts = list(threads.map(run_chunk, firsts))
        else:
            parts = [run_chunk(first) for first in firsts]
        reached = jax.tree.map(lambda *arrays: np.concatenate(arrays)[:count], *parts)
        self.run_seconds += time.perf_counter() - started
        return reached

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
        resting: Bool[np.ndarray, " coordinate"] | None = None,
    ) -> Reached:
        """Return what is reached from each row of `start`, the coordinates marked in `frozen` held.

        Of many points at which only strengths are left to minimise over (a grid of all free parameters, with flat
        pulls), the components are evaluated once each, by a program of their own. `points` is the number to come, if
        these are some of them. Coordinates marked in `resting` do not move either, this time.
        """
        many = points or len(start)
        if resting is not None or not self.only_strengths(frozen, many):
            evaluation = self._holding(frozen) if many >= MANY and frozen.any() else self._evaluation
            still = frozen if resting is None else frozen | resting
            rows = (slice(first, first + PIECE) for first in range(0, len(start), PIECE))
            pieces = [self._minimise(evaluation, start[own], still, last=LAST, max_steps=FEWER_STEPS) for own in rows]
            u, value, converged = ([getattr(each, name) for each in pieces] for name in ("u", "value", "converged"))
            return Reached(np.concatenate(u), np.concatenate(value), np.concatenate(converged))
        chunk = MANY_CHUNK.get(self.devices[0].platform, MANY_CHUNK["gpu"])
        u, value, converged = start.copy(), np.full(len(start), np.nan), np.zeros(len(start), bool)
        rest = np.arange(len(start))
        for _ in range(ROUNDS):
            u[rest], value[rest], converged[rest] = self._minimise_strengths(chunk, u[rest])
            rest = np.flatnonzero(~converged)
            if not len(rest):
                break
        else:
            again = self(start[rest], frozen)
            u[rest], value[rest], converged[rest] = again.u, again.value, again.converged
        return Reached(u, value, converged)
