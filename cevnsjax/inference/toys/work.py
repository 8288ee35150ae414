"""Toys in blocks, each with random numbers of its own, that any engine fits and a checkpoint keeps."""

import dataclasses
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from ..._base.checkpoint import Checkpoint, fingerprint
from ..._base.errors import InputError
from ..._base.typing import Float
from ..engines.engine import Engine, run
from ..minimise.curvature import at_bounds, covariances
from ..problem.problem import Problem
from .draw import asimov, fluctuate
from .refit import minimise_toys

BLOCK = 500
"""Toys that are drawn together, from a sequence of random numbers of their own."""

ABOVE = 1e-6
"""How much higher than the lowest minimum a fit may end that counts as having reached it."""


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
    """Which coordinates may have several minima: with any of them left, fits with some held start at `starts` too."""
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

        ``chi2`` is the lowest minimum, ``u`` where it is, ``error`` the errors of the coordinates from the
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
        minima = minimise_toys(
            self.problem,
            toys,
            np.repeat(np.arange(count), fits),
            np.tile(starts, (count, 1)),
            np.tile(frozen, (count, 1)),
            self.threads,
        )
        value, converged, u, hessian = (
            part.reshape(count, fits, *part.shape[1:])
            for part in (minima.value, minima.converged, minima.u, minima.hessian)
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
        self.work, self._fitted, self._saved = work, {}, 0
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
                self._fitted[self._key(task)] = task, {name: array[rows] for name, array in blocks.items()}
            self._saved = len(self._fitted)

    @staticmethod
    def _key(task: Task) -> tuple[int, int, int, bytes]:
        return task.stream, task.block, task.count, np.asarray(task.truth, "<f8").tobytes()

    def __enter__(self) -> "Finished":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with suppress(*(() if kind else (InputError,))):  # a full disk at the end: the result is there all the same
            self._save()

    def _save(self) -> None:
        if self._store is None or len(self._fitted) == self._saved:
            return
        done = list(self._fitted.values())
        state = {name: np.array([getattr(task, name) for task, _ in done]) for name in ("stream", "block", "count")}
        state["truth"] = np.stack([task.truth for task, _ in done])
        self._store.save(state, [block for _, block in done])
        self._saved = len(done)

    def run(self, planned: Sequence[Task], engine: Engine | None = None) -> Iterator[tuple[int, dict[str, np.ndarray]]]:
        """Yield (index of the task, its toys) for each, first those that are there already."""
        missing = []
        for index, task in enumerate(planned):
            key = self._key(task)
            if key in self._fitted:
                yield index, self._fitted[key][1]
            else:
                missing.append(index)
        for number, block in run(self.work, [planned[index] for index in missing], engine):
            task = planned[missing[number]]
            if self._store is not None:
                self._fitted[self._key(task)] = task, block
                if self._store.is_due:
                    self._save()
            yield missing[number], block


def tasks(truth: Float[np.ndarray, " coordinate"], count: int, stream: int = 0, first: int = 0) -> list[Task]:
    """Return the blocks that hold the toys `first` (a multiple of `BLOCK`) to `count` at `truth`."""
    starts = range(first, count, BLOCK)
    return [Task(np.asarray(truth, float), stream, start // BLOCK, min(BLOCK, count - start)) for start in starts]


def joined(blocks: Sequence[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Return blocks of toys joined, in order."""
    return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}
