"""What a sampler is: an object with its own settings, which prepares a run that moves block by block.

Your own sampler is a frozen dataclass with a ``name``, its settings as fields, and a method ``prepare`` that returns a
`Run`: `Chains` of a function that moves them, `AtOnce` of a function that gives all draws, or a class of your own.
"""

import abc
import dataclasses
from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from ..._base import arguments
from ..._base.checkpoint import Arrays
from ..._base.errors import InputError
from ..._base.typing import Array, Float
from ..problem.density import Density
from ..problem.problem import Problem

MOST_DRAWS, MOST_CHAINS = 10_000_000, 100_000
"""What the memory of a computer holds of a posterior."""
BLOCK = 50
"""Transitions of `Chains` in a call of the compiled program."""


@dataclasses.dataclass(frozen=True)
class Drawn:
    """What a run has drawn."""

    u: Float[np.ndarray, "chain draw coordinate"]
    """In the coordinates of the problem."""
    stats: dict[str, np.ndarray]
    """Of each draw (chain, draw): ``lp`` and, of Hamiltonian methods, acceptance_rate, diverging, energy, n_steps."""
    extra: dict[str, float] = dataclasses.field(default_factory=dict)
    """Of the whole: log_evidence, its error, effective_draws, khat, of methods that have them."""
    chosen: "Sampler | None" = None
    """The sampler that drew, where another one chose it."""
    reason: str = ""
    """Why it was chosen."""


class Run(abc.ABC):
    """A run that is prepared: its methods are pure functions of the state, of the settings and of the seed."""

    density: Density
    draws: int
    """Draws of each chain."""
    chains: int
    starts: int = 0
    """Separate minima that chains started from."""

    @abc.abstractmethod
    def begin(self) -> Arrays:
        """Return the state before the first block, as arrays by name: what a checkpoint keeps."""

    @abc.abstractmethod
    def advance(self, state: Arrays) -> tuple[Arrays, Arrays | None]:
        """Return the next state and the block of draws on the way, None while warming up.

        A block is arrays by name with leading axes (draw, chain): ``z``, or the coordinates ``u``, and statistics.
        """

    @abc.abstractmethod
    def progress(self, state: Arrays) -> tuple[int, int]:
        """Return how much is done, and how much is wanted; the run ends where they meet."""

    def collect(self, state: Arrays, blocks: Arrays) -> Drawn:
        """Return the draws of all `blocks`, joined along the first axis: the last of each chain."""
        stats = {name: array[-self.draws :].swapaxes(0, 1) for name, array in blocks.items()}
        u = stats.pop("u") if "u" in stats else np.asarray(self.density.coordinates(stats.pop("z")))
        return Drawn(u, stats)


class Sampler(abc.ABC):
    """Draws from a posterior; its settings are its fields."""

    name: ClassVar[str]
    """What results call it."""
    independent: ClassVar[bool] = False
    """Whether its draws are independent of each other: then there are no chains to compare."""

    def __post_init__(self) -> None:
        self.check()

    def check(self) -> None:  # noqa: B027 - a sampler may have nothing to check
        """Raise `InputError` for settings that make no sense."""

    @abc.abstractmethod
    def prepare(self, problem: Problem, start: Float[np.ndarray, " coordinate"], is_free: np.ndarray, seed: int) -> Run:
        """Return the run for `problem`.

        `start` and `is_free` say where minima are looked for: from `start`, and from points spread over the bounds of
        the coordinates marked.
        """

    @property
    def settings(self) -> dict[str, Any]:
        """Return its settings by name, what is no number, text or truth as text."""
        fields = dataclasses.fields(self) if dataclasses.is_dataclass(self) else ()
        values = {field.name: getattr(self, field.name) for field in fields}
        values = {name: value.item() if isinstance(value, np.generic) else value for name, value in values.items()}
        return {name: v if isinstance(v, int | float | str) else repr(v) for name, v in values.items()}


def check_draws(draws: int) -> None:
    """Raise `InputError` for an impossible number of draws."""
    arguments.whole()("draws", draws)
    if draws < 1:
        raise InputError(f"expected at least 1 draw, found {draws}")
    if draws > MOST_DRAWS:
        raise InputError(f"expected at most {MOST_DRAWS} draws, found {draws}")


def check_chains(chains: int) -> None:
    """Raise `InputError` for an impossible number of chains."""
    arguments.whole()("chains", chains)
    if chains < 1:
        raise InputError(f"expected at least 1 chain, found {chains}")
    if chains > MOST_CHAINS:
        raise InputError(f"expected at most {MOST_CHAINS} chains, found {chains}")


def check_shared(draws: int, chains: int) -> None:
    """Raise `InputError` for fewer draws than chains."""
    if draws < chains:
        raise InputError(f"expected at least one draw for each of {chains} chains, found {draws}")


Move = Callable[[Float[Array, "chain coordinate"], Array], tuple[Float[Array, "chain coordinate"], dict[str, Array]]]
"""Moves all chains by a transition: from z and a key to z and statistics (chain,), ``lp`` among them."""


class Chains(Run):
    """Chains that a function moves: a run of a sampler of your own."""

    def __init__(
        self,
        density: Density,
        start: Float[np.ndarray, "chain coordinate"],
        move: Move,
        draws: int,
        seed: int,
        warm_up: int = 0,
        starts: int = 1,
    ) -> None:
        """Prepare chains that are at z = `start` first, to be moved by `move` until each has `draws` draws.

        The first `warm_up` transitions are left out.
        """
        self.density, self.draws, self.chains, self.starts = density, draws, len(start), starts
        self._start, self._seed, self._warm_up = np.asarray(start), seed, -(-warm_up // BLOCK) * BLOCK
        self._moved = jax.jit(partial(self._transitions, move))

    @staticmethod
    def _transitions(move: Move, z: Array, key: Array) -> tuple[Array, dict[str, Array]]:
        def transition(z: Array, key: Array) -> tuple[Array, dict[str, Array]]:
            z, stats = move(z, key)
            return z, {"z": z, **stats}

        return jax.lax.scan(transition, z, jax.random.split(key, BLOCK))

    def begin(self) -> Arrays:
        """Return the chains at their starts."""
        return {"z": self._start, "done": np.array(0)}

    def advance(self, state: Arrays) -> tuple[Arrays, Arrays | None]:
        """Return the chains after a block of transitions, and these."""
        done = int(state["done"])
        z, block = self._moved(jnp.asarray(state["z"]), jax.random.fold_in(jax.random.PRNGKey(self._seed), done))
        drawn = {name: np.asarray(array) for name, array in block.items()} if done >= self._warm_up else None
        return {"z": np.asarray(z), "done": np.array(done + BLOCK)}, drawn

    def progress(self, state: Arrays) -> tuple[int, int]:
        """Return how many transitions are done, and how many are wanted, warming up with them."""
        wanted = self.draws + self._warm_up
        return min(int(state["done"]), wanted) * self.chains, wanted * self.chains


class AtOnce(Run):
    """All draws from a single call of a function: a run of another program's sampler."""

    def __init__(self, density: Density, draw: Callable[[], Drawn]) -> None:
        """Prepare to call `draw`; all that it returns is kept, in whatever number."""
        self.density, self._draw, self.draws, self.chains = density, draw, 0, 0

    def begin(self) -> Arrays:
        """Return that nothing is drawn."""
        return {"done": np.array(0)}

    def advance(self, state: Arrays) -> tuple[Arrays, Arrays | None]:
        """Return all draws."""
        drawn = self._draw()
        block = {name: np.asarray(array).swapaxes(0, 1) for name, array in {"u": drawn.u, **drawn.stats}.items()}
        return {"done": np.array(1)} | {f"extra {name}": np.array(x) for name, x in drawn.extra.items()}, block

    def progress(self, state: Arrays) -> tuple[int, int]:
        """Return whether the draws are there."""
        return int(state["done"]), 1

    def collect(self, state: Arrays, blocks: Arrays) -> Drawn:
        """Return the draws, and the numbers about all of them."""
        extra = {name.removeprefix("extra "): float(x) for name, x in state.items() if name.startswith("extra ")}
        return dataclasses.replace(super().collect(state, blocks), extra=extra)
