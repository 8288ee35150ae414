"""Run a sampler block by block, with a checkpoint, and return its draws."""

import dataclasses
import time
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from ..._base import arguments
from ..._base.checkpoint import Arrays, Checkpoint, fingerprint, join
from ..._base.errors import InputError
from ..._base.typing import Float
from ..problem.density import Density
from ..problem.problem import Problem
from ..toys.draw import check_seed
from .registry import KINDS
from .sampler import Run, Sampler, check_chains

SAMPLERS: dict[str, type[Sampler]] = {
    name: getattr(import_module(f".{module}", __package__), kind)
    for name, (module, kind) in ((name, path.split(".")) for name, path in KINDS.items())
}
"""Samplers by the name that the command line uses."""
SINGULAR = {
    "live": "live points are of the method {owners}: {method} has none, found {value}",
    "warm_up": "a warm-up is of the method {owners}: {method} has none to set, found {value}",
}
"""Messages for settings that a method does not have."""
OF_CHAINS = {"chains", "warm_up"}
"""Settings that, given without a method, are those of nuts."""
Progress = Callable[[int, int], None]


@dataclasses.dataclass(frozen=True)
class Draws:
    """Draws from a posterior."""

    density: Density
    sampler: Sampler
    u: Float[np.ndarray, "chain draw coordinate"]
    """In the coordinates of the problem."""
    stats: dict[str, np.ndarray]
    """Of each draw (chain, draw): ``lp`` and, of Hamiltonian methods, acceptance_rate, diverging, energy, n_steps."""
    extra: dict[str, float]
    """Of the whole: log_evidence, its error, effective_draws, khat, of methods that have them."""
    seconds: dict[str, float]
    """Spent on finding the modes, on warming up and compiling, on sampling."""
    seed: int
    starts: int
    """Separate minima that the run started from."""
    reason: str = ""
    """Why this sampler drew, where it was not requested."""


def setting_names(kind: type[Sampler]) -> tuple[str, ...]:
    """Return the names of the settings of a kind of sampler."""
    return tuple(field.name for field in dataclasses.fields(kind)) if dataclasses.is_dataclass(kind) else ()


def check_method(name: str, value: Any) -> None:
    """Raise `InputError` for what is neither the name of a sampler nor a sampler."""
    if isinstance(value, type) and issubclass(value, Sampler):
        raise InputError(f"{name}: expected a sampler, found its class: {value.__name__}(...)")
    if not isinstance(value, Sampler):
        arguments.text(name, value)


def find_sampler(method: str | Sampler, **given: int | None) -> Sampler:
    """Return the sampler: itself, or by its name with the settings that are `given`, None being the default."""
    chosen = {name: value for name, value in given.items() if value is not None}
    if isinstance(method, Sampler):
        if chosen:
            listed = ", ".join(f"{name}={value}" for name, value in chosen.items())
            raise InputError(f"method: expected the settings in the sampler {method.name} alone, found {listed} beside")
        method.check()
        return method
    if method == "auto" and chosen.keys() & OF_CHAINS:
        method = "nuts"
    if method not in SAMPLERS:
        raise InputError(f"expected a method of {', '.join(SAMPLERS)}, found '{method}'")
    kind = SAMPLERS[method]
    own = setting_names(kind)
    for name, said in SINGULAR.items():
        if name in chosen and name not in own:
            owners = ", ".join(candidate.name for candidate in SAMPLERS.values() if name in setting_names(candidate))
            raise InputError(said.format(owners=owners, method=method, value=chosen[name]))
    sampler = kind(**{name: value for name, value in chosen.items() if name in own})
    if "chains" in chosen and "chains" not in own:
        check_chains(chosen["chains"])
        if chosen["chains"] != 1:
            raise InputError(f"{method} sampling has no chains: expected 1, found {chosen['chains']}")
    return sampler


def run(
    sampler: Run, checkpoint: Checkpoint | None = None, progress: Progress | None = None
) -> tuple[Arrays, Arrays, dict[str, float]]:
    """Return the last state, all blocks joined, and the seconds spent before the first draw and after it.

    What a checkpoint holds is carried on. An interruption leaves a checkpoint, and so does the end, as what is made of
    the draws may come to nothing; that a full disk does not take it is no matter then.
    """
    started = time.perf_counter()
    stored = None if checkpoint is None else checkpoint.load()
    state, blocks = (sampler.begin(), []) if stored is None else stored
    saved = state
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
                blocks, saved = checkpoint.save(state, blocks), state
        if checkpoint is not None and saved is not state:
            with suppress(InputError):
                blocks = checkpoint.save(state, blocks)
    except KeyboardInterrupt:
        if checkpoint is not None:
            checkpoint.save(state, blocks)
        raise
    ended = time.perf_counter()
    first = ended if first is None else first
    return state, join(blocks), {"start": first - started, "sampling": ended - first}


def run_settings(sampler: Sampler, seed: int, draws: int, chains: int) -> dict[str, Any]:
    """Return how a run is written down: its method, its draws, its seed and its settings.

    Of a sampler that is shipped, all settings of all of them; `draws` and `chains` are those that came out, of a
    sampler without such settings.
    """
    run = {"method": sampler.name, "draws": draws, "chains": chains, "seed": seed}
    if type(sampler) in SAMPLERS.values():
        every = {name: value for kind in SAMPLERS.values() for name, value in kind().settings.items()}
        run |= {name: value for name, value in every.items() if name not in run}
    return run | sampler.settings


def sample(
    problem: Problem,
    start: Float[np.ndarray, " coordinate"],
    is_free: np.ndarray,
    method: str | Sampler = "auto",
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
    sampler = find_sampler(method, draws=draws, chains=chains, warm_up=warm_up, live=live)
    check_seed(seed)
    settings = {"method": sampler.name, "kind": type(sampler).__qualname__, "seed": seed, **sampler.settings}
    store = None if checkpoint is None else Checkpoint(checkpoint, fingerprint(problem, **settings))
    began = time.perf_counter()
    prepared = sampler.prepare(problem, start, is_free, seed)
    finished = time.perf_counter()
    state, blocks, seconds = run(prepared, store, progress)
    drawn_at = time.perf_counter()
    drawn = prepared.collect(state, blocks)
    seconds["sampling"] += time.perf_counter() - drawn_at
    return Draws(
        prepared.density,
        drawn.chosen or sampler,
        drawn.u,
        drawn.stats,
        drawn.extra,
        {"modes": finished - began, **seconds},
        seed,
        prepared.starts,
        drawn.reason,
    )
