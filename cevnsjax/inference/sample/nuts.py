"""numpyro's No-U-Turn Sampler on a whitened density: the default, because nothing has to be tuned.

It moves in w with z = m + L w, L of the curvature at the lowest minimum, and adapts a dense metric and its step on top
of that (M. D. Hoffman and A. Gelman, J. Mach. Learn. Res. 15, 1593 (2014); D. Phan, N. Pradhan and M. Jankowiak,
arXiv:1912.11554). All chains are a single compiled program, which is kept: a further run does not compile again.
"""

import dataclasses
import warnings
from collections.abc import Callable
from functools import cache
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from ..._base import arguments
from ..._base.errors import InputError
from ..._base.typing import Float, Scalar
from ..problem.density import Density
from ..problem.problem import Problem
from .hmc import Block
from .modes import Mode, remembered_modes, start_chains
from .sampler import MOST_DRAWS, Run, Sampler, check_chains, check_draws, check_shared

BLOCK = 50
"""Transitions in a call of the compiled program."""
WARM_UP = 500
ACCEPTANCE = 0.8
CAREFUL = 0.99
"""Acceptance to adapt to; the second where a coordinate moves in its logarithm, in which χ² ends in a wall."""


def _potential(density: Density, mean: jax.Array, factor: jax.Array) -> Callable[[jax.Array], Scalar]:
    return lambda w: -density(mean + factor @ w)


@cache
def _programs(warm_up: int, acceptance: float) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Return the programs that begin chains and that move them by a block."""
    with warnings.catch_warnings():
        # In a notebook without ipywidgets tqdm, which numpyro imports, warns of bars that are not shown.
        warnings.filterwarnings("ignore", message="IProgress not found")
        from numpyro.infer.hmc import hmc

    init, sample = hmc(potential_fn_gen=_potential, algo="NUTS")

    def begin(density: Density, mean: jax.Array, factor: jax.Array, w: jax.Array, keys: jax.Array) -> Any:
        def begin_chain(w: jax.Array, key: jax.Array) -> Any:
            arguments = (density, mean, factor)
            return init(
                w,
                num_warmup=warm_up,
                dense_mass=True,
                target_accept_prob=acceptance,
                model_args=arguments,
                rng_key=key,
            )

        return jax.vmap(begin_chain)(w, keys)

    def advance(density: Density, mean: jax.Array, factor: jax.Array, state: Any) -> Any:
        def move_chain(state: Any) -> Any:
            return sample(state, model_args=(density, mean, factor))

        def transition(state: Any, _: None) -> tuple[Any, dict[str, jax.Array]]:
            state = jax.vmap(move_chain)(state)
            draw = {
                "z": mean + state.z @ factor.T,
                "lp": -state.potential_energy,
                "acceptance_rate": state.accept_prob,
                "energy": state.energy,
                "diverging": state.diverging,
                "n_steps": state.num_steps,
            }
            return state, draw

        return jax.lax.scan(transition, state, length=BLOCK)

    return jax.jit(begin), jax.jit(advance)


class NutsRun(Run):
    """Samples a density with a few chains of the No-U-Turn Sampler."""

    def __init__(
        self,
        density: Density,
        modes: tuple[Mode, ...],
        draws: int,
        chains: int,
        seed: int,
        warm_up: int = WARM_UP,
    ) -> None:
        """Prepare `chains` chains of as many transitions as `draws` draws in all need."""
        self.density, self.modes, self.chains, self.seed = density, modes, chains, seed
        self.starts = len(modes)
        self.acceptance = CAREFUL if density.bounds.logarithmic else ACCEPTANCE
        self.draws, self.warm_up = -(-draws // chains), -(-warm_up // BLOCK) * BLOCK
        self._metric = jax.device_put((density, modes[0].z, modes[0].factor))

    def _begin(self) -> Any:
        z, _ = start_chains(self.density, self.modes, self.chains, self.seed)
        w = np.linalg.solve(self.modes[0].factor, (z - self.modes[0].z).T).T
        keys = jax.random.split(jax.random.PRNGKey(self.seed), self.chains)
        return _programs(self.warm_up, self.acceptance)[0](*self._metric, jnp.asarray(w), keys)

    def begin(self) -> dict[str, np.ndarray]:
        """Return the chains at their starts, not warmed up yet."""
        state = self._begin()
        self._structure = jax.tree.structure(state)
        return self._flat(state, 0)

    @staticmethod
    def _flat(state: Any, done: int) -> dict[str, np.ndarray]:
        leaves = {f"leaf{k}": np.asarray(leaf) for k, leaf in enumerate(jax.tree.leaves(state))}
        return leaves | {"done": np.array(done)}

    def advance(self, state: dict[str, np.ndarray]) -> tuple[dict[str, np.ndarray], Block | None]:
        """Return the next state, and the block of draws; warming up gives none."""
        if not hasattr(self, "_structure"):
            self._structure = jax.tree.structure(jax.eval_shape(self._begin))
        leaves = [jnp.asarray(state[f"leaf{k}"]) for k in range(self._structure.num_leaves)]
        moved, draws = _programs(self.warm_up, self.acceptance)[1](
            *self._metric, jax.tree.unflatten(self._structure, leaves)
        )
        done = int(state["done"]) + BLOCK
        block = jax.tree.map(np.asarray, draws)
        return self._flat(moved, done), block if done > self.warm_up else None

    def progress(self, state: dict[str, np.ndarray]) -> tuple[int, int]:
        """Return how many transitions are done, and how many are wanted, warming up with them."""
        wanted = self.draws + self.warm_up
        return min(int(state["done"]), wanted) * self.chains, wanted * self.chains


@dataclasses.dataclass(frozen=True)
class Nuts(Sampler):
    """A few chains of the No-U-Turn Sampler: nothing to tune.

    >>> import cevnsjax as cj
    >>> posterior = cj.Likelihood("csre-cs").sample(["r_n_cs"], method=cj.Nuts(draws=2000, warm_up=200))
    >>> posterior.trusted
    True
    """

    draws: int = 4000
    """Draws of all chains together."""
    chains: int = 4
    warm_up: int = WARM_UP
    """Transitions of each chain that adapt it."""
    name: ClassVar[str] = "nuts"

    def check(self) -> None:
        """Raise `InputError` for settings that make no sense."""
        check_draws(self.draws)
        check_chains(self.chains)
        arguments.whole()("warm_up", self.warm_up)
        if not 1 <= self.warm_up <= MOST_DRAWS:
            raise InputError(f"expected a warm-up of 1 to {MOST_DRAWS} transitions, found {self.warm_up}")
        check_shared(self.draws, self.chains)

    def prepare(
        self, problem: Problem, start: Float[np.ndarray, " coordinate"], is_free: np.ndarray, seed: int
    ) -> NutsRun:
        """Return the run, its chains at the minima of χ²."""
        density, modes = remembered_modes(problem, start, is_free)
        return NutsRun(density, modes, self.draws, self.chains, seed, self.warm_up)
