"""Toy experiments: data and constraint centres drawn at a truth, and every toy fitted, many side by side.

The minimisations of a block of toys run in rounds of few steps; between two rounds those that have ended are taken out,
so that a slow one does not hold up the others. Where few coordinates shape each component, χ² is differentiated in
closed form (`counts`).
"""

import dataclasses
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import numpy as np

from .._errors import InputError
from .._typing import Float
from ..likelihood import LEAST
from ..prediction import expected_counts
from .checkpoint import Checkpoint, fingerprint
from .cores import cores
from .counts import Dependence, dependence, derivatives, is_simple
from .curvature import at_bounds, covariances
from .engines import Engine, run
from .newton import MAX_STEPS, Minimum, minimise
from .problem import Problem

CHUNK = 64
"""Minimisations that run side by side."""
ROUNDS = (6, 6, MAX_STEPS)
"""Most steps of the minimisations in each round."""
BLOCK = 500
"""Toys that are drawn together, from one sequence of random numbers of their own."""
ABOVE = 1e-6
"""How much higher than the lowest minimum a fit may end that counts as having found it."""


MOST_TOYS = 10_000_000
"""Toys whose fits the memory of a computer holds."""
MOST_SEED = 2**63 - 1


def check_numbers(count: int, seed: int) -> None:
    """Refuse a number of toys or a seed that cannot be."""
    if count < 1:
        raise InputError(f"expected at least one toy, found {count}")
    if count > MOST_TOYS:
        raise InputError(f"expected at most {MOST_TOYS} toys, found {count}")
    check_seed(seed)


def check_seed(seed: int) -> None:
    """Refuse a seed that the random numbers do not take."""
    if seed < 0:
        raise InputError(f"expected a seed of 0 or more, found {seed}")
    if seed > MOST_SEED:
        raise InputError(f"expected a seed below 2^63, found {seed}")


@dataclasses.dataclass(frozen=True)
class Toys:
    """Fits of toy experiments."""

    u: Float[np.ndarray, "toy coordinate"]
    chi2: Float[np.ndarray, " toy"]
    covariance: Float[np.ndarray, "toy coordinate coordinate"]
    """2 H⁻¹ at the minimum of each toy; not a number for coordinates that have no error there."""
    converged: np.ndarray


def asimov(problem: Problem, u: Float[np.ndarray, " coordinate"]) -> Problem:
    """Return `problem` with the data that are expected at the coordinates `u`, without any fluctuation.

    The centres of the constraints move to the values there too.
    """
    params = problem.params(u)
    chi2 = problem.chi2
    measurements = tuple(
        dataclasses.replace(folded, observed=np.asarray(expected_counts(folded, params)))
        for folded in chi2.measurements
    )
    constraints = chi2.constraints
    if constraints.names:
        values = np.array([float(params[name]) for name in constraints.names])
        constraints = dataclasses.replace(constraints, centres=np.asarray(constraints.weights @ values))
    return dataclasses.replace(
        problem, chi2=dataclasses.replace(chi2, measurements=measurements, constraints=constraints)
    )


def fluctuate(problem: Problem, count: int, seed: int | np.random.SeedSequence) -> Problem:
    """Return `problem`, which holds expected data, with `count` toy experiments: a leading axis of data and centres.

    Counts are drawn from Poisson distributions, or from Gaussian ones with their errors where the likelihood is
    Gaussian; the independent pulls of the constraints are drawn with width 1.
    """
    if count < 1:
        raise InputError(f"expected at least one toy, found {count}")
    random = np.random.default_rng(seed)
    measurements = []
    for folded in problem.chi2.measurements:
        shape = (count, *np.shape(folded.observed))
        if folded.errors is None:
            mean = np.where(np.abs(folded.observed) < LEAST, 0.0, folded.observed)
            drawn = random.poisson(mean, shape).astype(float)
        else:
            drawn = random.normal(folded.observed, folded.errors, shape)
        measurements.append(dataclasses.replace(folded, observed=drawn))
    centres = problem.chi2.constraints.centres
    constraints = dataclasses.replace(
        problem.chi2.constraints, centres=random.normal(centres, 1.0, (count, *np.shape(centres)))
    )
    return dataclasses.replace(
        problem, chi2=dataclasses.replace(problem.chi2, measurements=tuple(measurements), constraints=constraints)
    )


def _drawn(problem: Problem) -> list[Any]:
    """Return the leaves that differ between toys."""
    return [*(folded.observed for folded in problem.chi2.measurements), problem.chi2.constraints.centres]


@partial(jax.jit, static_argnums=0)
def _minimise_chunk(
    moved: Dependence,
    problem: Problem,
    data: list[jax.Array],
    start: jax.Array,
    frozen: jax.Array,
    box: tuple[jax.Array, jax.Array],
    most: jax.Array,
) -> Minimum:
    """Minimise each row: its own data, its own start, its own coordinates held, in at most `most` steps."""

    def one(own: list[jax.Array], u: jax.Array, held: jax.Array) -> Minimum:
        toy = eqx.tree_at(_drawn, problem, own)
        return minimise(toy, u, held, *box, most, derivatives(toy, moved) if is_simple(moved) else None)

    return jax.vmap(one)(data, start, frozen)


def minimise_toys(
    problem: Problem,
    toys: Problem,
    which: np.ndarray,
    starts: Float[np.ndarray, "fit coordinate"],
    frozen: np.ndarray,
    threads: int = 1,
) -> Minimum:
    """Fit of each row of `starts` the toy that `which` numbers, with the coordinates marked in `frozen` held.

    `toys` are as `fluctuate` returns them for `problem`. No row depends on the others.
    """
    data, (lower, upper), number = _drawn(toys), problem.box, len(problem.names)
    moved = dependence(problem)
    found = Minimum(
        u=np.array(starts, float),
        value=np.full(len(starts), np.inf),
        gradient=np.zeros((len(starts), number)),
        hessian=np.zeros((len(starts), number, number)),
        converged=np.zeros(len(starts), bool),
        steps=np.zeros(len(starts), int),
    )
    arrays = jax.tree.leaves(found)

    def chunk(rows: np.ndarray, most: int) -> None:
        """Fit these rows from where they are; different rows are written by different threads."""
        padded = np.concatenate([rows, np.full(CHUNK - len(rows), rows[-1])])
        own = [leaf[which[padded]] for leaf in data]
        ended = _minimise_chunk(moved, problem, own, found.u[padded], frozen[padded], (lower, upper), most)
        before = found.steps[rows]
        for array, part in zip(arrays, jax.tree.leaves(ended), strict=True):
            array[rows] = np.asarray(part)[: len(rows)]
        found.steps[rows] += before

    left = np.arange(len(starts))
    with ThreadPoolExecutor(threads) as pool:
        for most in ROUNDS:
            pieces = [left[first : first + CHUNK] for first in range(0, len(left), CHUNK)]
            list(pool.map(lambda rows, most=most: chunk(rows, most), pieces))
            left = left[~found.converged[left]]
    return found


def refit(
    problem: Problem, toys: Problem, starts: Float[np.ndarray, "toy coordinate"], frozen: np.ndarray | None = None
) -> Toys:
    """Fit each of `toys`, as `fluctuate` returns them for `problem`, from its row of `starts`.

    `frozen` says which coordinates to hold; none by default.
    """
    held = np.zeros(starts.shape[-1], bool) if frozen is None else np.asarray(frozen)
    rows = np.broadcast_to(held, starts.shape)
    found = minimise_toys(problem, toys, np.arange(len(starts)), starts, rows, cores())
    return Toys(found.u, found.value, covariances(found.hessian, held), found.converged)


def fit_toys(problem: Problem, truth: Float[np.ndarray, " coordinate"], count: int, seed: int) -> Toys:
    """Draw `count` toy experiments at the coordinates `truth` of `problem` and fit each, starting there.

    `problem` is as `Likelihood.problem` gives it; `seed` is that of the random numbers.
    """
    return refit(problem, fluctuate(asimov(problem, truth), count, seed), np.tile(truth, (count, 1)))


@dataclasses.dataclass(frozen=True)
class Task:
    """A block of toys to draw and fit."""

    truth: Float[np.ndarray, " coordinate"]
    """Coordinates at which the toys are drawn."""
    stream: int
    """Number of the sequence of blocks: of the point, where toys are drawn at many."""
    block: int
    count: int = BLOCK
    """How many of the `BLOCK` toys, the first of them, to fit."""


@dataclasses.dataclass(frozen=True)
class Work:
    """What is done with each block of toys: every toy is fitted, and fitted again with parameters held at the truth.

    Nothing but the task decides what comes out: the toys of a block have a sequence of random numbers of their own.
    """

    problem: Problem
    tested: tuple[tuple[int, ...], ...]
    """Coordinates that are held at the truth, for each of the fits with some held."""
    starts: Float[np.ndarray, "start coordinate"]
    """Where the fit with none held starts, beside the truth: the other minima."""
    free: np.ndarray
    """Which coordinates may have several minima: with one of them left, fits with some held start at `starts` too."""
    seed: int
    threads: int = 1

    def _fits(self, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return which set of coordinates each fit of a toy holds (the last: none), which these are, and the start."""
        sets = np.zeros((len(self.tested) + 1, len(truth)), bool)
        for row, index in zip(sets, self.tested, strict=False):
            row[list(index)] = True
        number, starts = [], []
        for k, held in enumerate(sets):
            several = k == len(self.tested) or (self.free & ~held).any()
            own = np.concatenate([truth[None], self.starts]) if several else truth[None]
            number += [k] * len(own)
            starts.append(np.where(held, truth, own))
        return np.array(number), sets[number], np.concatenate(starts)

    def __call__(self, task: Task) -> dict[str, np.ndarray]:
        """Return, for each toy of the block, u, chi2, error, null (toy, tested), converged.

        ``chi2`` is the lowest minimum found, ``u`` where it is, ``error`` the errors of the coordinates from the
        curvature there, ``null`` the minimum with the coordinates tested held at the truth. A toy has converged if all
        these minimisations have.
        """
        toys = fluctuate(
            asimov(self.problem, task.truth),
            BLOCK,
            np.random.SeedSequence(self.seed, spawn_key=(task.stream, task.block)),
        )
        count = task.count
        number, frozen, starts = self._fits(np.asarray(task.truth, float))
        fits = len(number)
        found = minimise_toys(
            self.problem,
            toys,
            np.repeat(np.arange(count), fits),
            np.tile(starts, (count, 1)),
            np.tile(frozen, (count, 1)),
            self.threads,
        )
        value, converged, u, hessian = (
            part.reshape(count, fits, *part.shape[1:])
            for part in (found.value, found.converged, found.u, found.hessian)
        )
        finite = np.where(np.isfinite(value), value, np.inf)
        settled = np.where(converged, finite, np.inf)
        lowest = np.argmin(finite, axis=1)
        rows = np.arange(count)
        best = u[rows, lowest]
        null, reached = np.empty((count, len(self.tested))), np.ones(count, bool)
        for k in range(len(self.tested) + 1):
            own = number == k if k < len(self.tested) else np.ones(fits, bool)
            least = finite[:, own].min(axis=1)
            reached &= np.isfinite(least) & (settled[:, own].min(axis=1) <= least + ABOVE)
            if k < len(self.tested):
                null[:, k] = least
        bent = hessian[rows, lowest]
        error = np.sqrt(np.diagonal(covariances(bent, at_bounds(best, bent, self.problem.box)), axis1=1, axis2=2))
        return {"u": best, "chi2": finite[rows, lowest], "error": error, "null": null, "converged": reached}


class Finished:
    """The blocks of toys that a run has fitted, on disk too if it has a checkpoint, from which it goes on.

    Leaving the ``with`` block, by an exception or at the end, saves what there is: what follows may come to nothing.
    """

    def __init__(self, work: Work, checkpoint: Path | None = None) -> None:
        """Take what is done with each block, and where to keep the results; what is there already is taken up."""
        self.work, self._found, self._saved = work, {}, 0
        self._store = None
        if checkpoint is None:
            return
        self._store = Checkpoint(checkpoint, fingerprint(work.problem, toys=work.tested, seed=work.seed))
        stored = self._store.load()
        if stored is not None and stored[1]:
            state, (blocks,) = stored
            ends = np.cumsum(state["count"])
            for number, truth in enumerate(state["truth"]):
                task = Task(truth, *(int(state[name][number]) for name in ("stream", "block", "count")))
                rows = slice(ends[number] - task.count, ends[number])
                self._found[self._key(task)] = task, {name: array[rows] for name, array in blocks.items()}
            self._saved = len(self._found)

    @staticmethod
    def _key(task: Task) -> tuple[int, int, int, bytes]:
        return task.stream, task.block, task.count, np.asarray(task.truth, "<f8").tobytes()

    def __enter__(self) -> "Finished":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with suppress(*(() if kind else (InputError,))):  # a full disk at the end: the result is there all the same
            self._save()

    def _save(self) -> None:
        if self._store is None or len(self._found) == self._saved:
            return
        done = list(self._found.values())
        state = {name: np.array([getattr(task, name) for task, _ in done]) for name in ("stream", "block", "count")}
        state["truth"] = np.stack([task.truth for task, _ in done])
        self._store.save(state, [block for _, block in done])
        self._saved = len(done)

    def run(self, asked: Sequence[Task], engine: Engine | None = None) -> Iterator[tuple[int, dict[str, np.ndarray]]]:
        """Yield (index of the task, its toys) for each, first those that are there already."""
        missing = []
        for index, task in enumerate(asked):
            key = self._key(task)
            if key in self._found:
                yield index, self._found[key][1]
            else:
                missing.append(index)
        for number, block in run(self.work, [asked[index] for index in missing], engine):
            task = asked[missing[number]]
            if self._store is not None:
                self._found[self._key(task)] = task, block
                if self._store.is_due:
                    self._save()
            yield missing[number], block


def tasks(truth: Float[np.ndarray, " coordinate"], count: int, stream: int = 0, first: int = 0) -> list[Task]:
    """Return the blocks that hold the toys `first` (a multiple of `BLOCK`) to `count` at `truth`."""
    starts = range(first, count, BLOCK)
    return [Task(np.asarray(truth, float), stream, start // BLOCK, min(BLOCK, count - start)) for start in starts]


def joined(blocks: Sequence[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Return blocks of toys one after the other."""
    return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}
