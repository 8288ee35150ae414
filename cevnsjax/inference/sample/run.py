"""Run a sampler block by block, with a checkpoint, and return its draws."""

import dataclasses
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np

from ..._base.checkpoint import Arrays, Checkpoint, fingerprint, join
from ..._base.errors import InputError
from ..._base.typing import Float
from ..problem.density import Density, build_density
from ..problem.problem import Problem
from ..toys.draw import check_seed
from .hmc import Hmc
from .modes import Mode, find_modes
from .nested import LIVE, Nested
from .nuts import WARM_UP, Nuts

METHODS = ("nuts", "hmc", "nested")
DEFAULT_CHAINS = {"nuts": 4, "hmc": 128, "nested": 1}
DEFAULT_DRAWS = {"nuts": 4000, "hmc": 102400, "nested": 4000}
MOST_DRAWS, MOST_CHAINS = 10_000_000, 100_000
"""What the memory of a computer holds of a posterior."""
LEAST_LIVE, MOST_LIVE = 10, 100_000
"""Live points between which nested sampling can move, and holds in memory."""
KEPT = 8
"""Problems whose minima are remembered, so that a further run of one does not look for them again."""

Progress = Callable[[int, int], None]


@runtime_checkable
class Sampler(Protocol):
    """What moves a state block by block until it has all draws; a pure function of state, settings and seed."""

    def begin(self) -> Arrays: ...
    def advance(self, state: Arrays) -> tuple[Arrays, Arrays | None]: ...
    def progress(self, state: Arrays) -> tuple[int, int]: ...


@dataclasses.dataclass(frozen=True)
class Draws:
    """Draws from a posterior."""

    density: Density
    method: str
    u: Float[np.ndarray, "chain draw coordinate"]
    """In the coordinates of the problem."""
    stats: dict[str, np.ndarray]
    """Of each draw (chain, draw): ``lp`` and, of Hamiltonian methods, acceptance_rate, diverging, energy, n_steps."""
    extra: dict[str, float]
    """Of nested sampling: log_evidence, its error, effective_draws."""
    seconds: dict[str, float]
    """Spent on finding the modes, on warming up and compiling, on sampling."""
    seed: int
    starts: int
    """Separate minima that chains started from."""


def check_settings(
    method: str,
    draws: int | None,
    chains: int | None,
    seed: int,
    warm_up: int | None = None,
    live: int | None = None,
) -> None:
    """Refuse settings that make no sense, do nothing, or take more memory than there is; None is the default."""
    if method not in METHODS:
        raise InputError(f"expected a method of {', '.join(METHODS)}, found '{method}'")
    if live is not None and method != "nested":
        raise InputError(f"live points are of the method nested: {method} has none, found {live}")
    if warm_up is not None and method != "nuts":
        raise InputError(f"a warm-up is of the method nuts: {method} has none to set, found {warm_up}")
    draws = DEFAULT_DRAWS[method] if draws is None else draws
    chains = DEFAULT_CHAINS[method] if chains is None else chains
    if draws < 1:
        raise InputError(f"expected at least 1 draw, found {draws}")
    if draws > MOST_DRAWS:
        raise InputError(f"expected at most {MOST_DRAWS} draws, found {draws}")
    if chains < 1:
        raise InputError(f"expected at least 1 chain, found {chains}")
    if chains > MOST_CHAINS:
        raise InputError(f"expected at most {MOST_CHAINS} chains, found {chains}")
    if warm_up is not None and not 1 <= warm_up <= MOST_DRAWS:
        raise InputError(f"expected a warm-up of 1 to {MOST_DRAWS} transitions, found {warm_up}")
    if live is not None and not LEAST_LIVE <= live <= MOST_LIVE:
        raise InputError(f"expected from {LEAST_LIVE} to {MOST_LIVE} live points, found {live}")
    if method == "nested" and chains != 1:
        raise InputError(f"nested sampling has no chains: expected 1, found {chains}")
    if draws < chains:
        raise InputError(f"expected at least one draw for each of {chains} chains, found {draws}")
    check_seed(seed)


_found: dict[tuple[str, bytes], tuple[Density, tuple[Mode, ...]]] = {}


def _modes(
    problem: Problem, start: Float[np.ndarray, " coordinate"], is_free: np.ndarray
) -> tuple[Density, tuple[Mode, ...]]:
    """Return what `find_modes` finds, remembered."""
    key = fingerprint(problem), start.tobytes() + is_free.tobytes()
    if key not in _found:
        while len(_found) >= KEPT:
            _found.pop(next(iter(_found)))
        _found[key] = find_modes(problem, start, is_free)
    return _found[key]


def run(
    sampler: Sampler, checkpoint: Checkpoint | None = None, progress: Progress | None = None
) -> tuple[Arrays, Arrays, dict[str, float]]:
    """Return the last state, all blocks joined, and the seconds spent before the first draw and after it.

    What a checkpoint holds is carried on. An interruption leaves a checkpoint, and so does the end, as what is made of
    the draws may come to nothing; that a full disk does not take it is no matter then.
    """
    started = time.perf_counter()
    stored = None if checkpoint is None else checkpoint.load()
    state, blocks = (sampler.begin(), []) if stored is None else stored
    kept = state
    first: float | None = None
    try:
        while True:
            done, wanted = sampler.progress(state)
            if progress is not None:
                progress(done, wanted)
            if done >= wanted:
                break
            if first is None and blocks:
                first = time.perf_counter()
            state, block = sampler.advance(state)
            blocks += [] if block is None else [block]
            if checkpoint is not None and checkpoint.is_due:
                blocks, kept = checkpoint.save(state, blocks), state
        if checkpoint is not None and kept is not state:
            with suppress(InputError):
                blocks = checkpoint.save(state, blocks)
    except KeyboardInterrupt:
        if checkpoint is not None:
            checkpoint.save(state, blocks)
        raise
    ended = time.perf_counter()
    first = ended if first is None else first
    return state, join(blocks), {"start": first - started, "sampling": ended - first}


def run_settings(
    method: str = "nuts",
    draws: int | None = None,
    chains: int | None = None,
    seed: int = 0,
    warm_up: int | None = None,
    live: int | None = None,
) -> dict[str, Any]:
    """Return the settings of a run complete, the defaults in place of None; refuse those that make no sense."""
    check_settings(method, draws, chains, seed, warm_up, live)
    draws = DEFAULT_DRAWS[method] if draws is None else draws
    chains = DEFAULT_CHAINS[method] if chains is None else chains
    warm_up, live = WARM_UP if warm_up is None else warm_up, LIVE if live is None else live
    return {"method": method, "draws": draws, "chains": chains, "seed": seed, "warm_up": warm_up, "live": live}


def sample(
    problem: Problem,
    start: Float[np.ndarray, " coordinate"],
    is_free: np.ndarray,
    method: str = "nuts",
    draws: int | None = None,
    chains: int | None = None,
    seed: int = 0,
    warm_up: int | None = None,
    live: int | None = None,
    checkpoint: Path | None = None,
    progress: Progress | None = None,
) -> Draws:
    """Return draws from the posterior of `problem`; see `Likelihood.sample` for the arguments.

    `start` and `is_free` say where minima are looked for: from `start`, and from points spread over the bounds of the
    coordinates marked.
    """
    settings = run_settings(method, draws, chains, seed, warm_up, live)
    draws, chains, warm_up, live = (settings[name] for name in ("draws", "chains", "warm_up", "live"))
    store = None if checkpoint is None else Checkpoint(checkpoint, fingerprint(problem, **settings))
    began = time.perf_counter()
    modes: tuple[Mode, ...] = ()
    if method == "nested":
        density = build_density(problem)
        sampler: Any = Nested(density, draws, seed, live)
    else:
        density, modes = _modes(problem, start, is_free)
        sampler = Hmc(density, modes, draws, chains, seed) if method == "hmc" else None
        sampler = sampler or Nuts(density, modes, draws, chains, seed, warm_up)
    found = time.perf_counter()
    state, blocks, seconds = run(sampler, store, progress)
    extra: dict[str, float] = {}
    if method == "nested":
        blocks, extra = sampler.collect(state, blocks)
    stats = {name: array[-sampler.draws :].swapaxes(0, 1) for name, array in blocks.items()}
    u = stats.pop("u") if method == "nested" else np.asarray(density.coordinates(stats.pop("z")))
    return Draws(density, method, u, stats, extra, {"modes": found - began, **seconds}, seed, len(modes))
