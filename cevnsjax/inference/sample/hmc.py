"""Many short Hamiltonian Monte Carlo chains side by side, whitened, tuned by themselves: the fast way to a posterior.

All chains take the same number of leapfrog steps, so that a single compiled program moves them (S. Duane et al.,
Phys. Lett. B 195, 216 (1987); R. M. Neal, arXiv:1206.1901). They move in w, in which the density is nearly a round
Gaussian: first whitened by the curvature at the mode a chain started at, then by the covariance of what the chains saw
while warming up, and straightened where that is bent (`shear`). Each chain of each transition has its own step, within
20 % of the common step, so that no trajectory comes back to its start. Step and number of steps are those with the
most effective draws for a gradient, measured on the chains, of those at which no trajectory diverged.
"""

import dataclasses
import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from ..._base.typing import Float, Scalar
from ..problem.density import Density
from ..problem.problem import Problem
from .modes import Mode, remembered_modes, start_chains
from .sampler import Run, Sampler, check_chains, check_draws, check_shared
from .shear import ShearMap, curved_map, linear_map, stack_maps

BLOCK = 20
"""Transitions in a call of the compiled program."""
GROUP = 64
"""Chains in a call; groups run in as many threads as there are processors."""
WARM_UP = (3, 2)
"""Blocks of the two stages of warming up; after each, the metric is that of the chains."""
ACCEPTANCE = 0.85
CAREFUL = 0.97
"""Acceptance to adapt to; the second where a coordinate moves in its logarithm, in which χ² ends in a wall."""
TRAJECTORY = 0.5 * np.pi
"""Length of a trajectory that turns a Gaussian into an independent draw."""
STEPS = (2, 3, 4, 6, 8, 12, 16, 24, 32)
JITTER = 0.2
SHORTER = 0.8
"""Steps after a trajectory diverged, of those at which it did."""
DIVERGED = 1000.0
"""Error of the energy from which a trajectory counts as diverged."""

Block = dict[str, np.ndarray]


def _evaluate(
    density: Density, whitening: ShearMap, w: jax.Array
) -> tuple[Float[jax.Array, " chain"], Float[jax.Array, "chain coordinate"]]:
    """Return ln p and its gradient by w of each chain."""

    def log_density(w: jax.Array, whitening: ShearMap) -> Scalar:
        return density(whitening(w))

    return jax.vmap(jax.value_and_grad(log_density))(w, whitening)


@partial(jax.jit, static_argnames=("length",))
def _transitions(
    density: Density,
    whitening: ShearMap,
    z: jax.Array,
    key: jax.Array,
    step: jax.Array,
    steps: jax.Array,
    length: int,
) -> dict[str, jax.Array]:
    """Return `length` transitions of chains (chain, coordinate) that are at `z`."""
    evaluate = partial(_evaluate, density, whitening)
    at_first: Any = jax.vmap(ShearMap.inverse)(whitening, z)

    def transition(state: tuple[jax.Array, ...], key: jax.Array) -> tuple[tuple[jax.Array, ...], dict[str, jax.Array]]:
        w, value, slope = state
        for_momentum, for_step, for_choice = jax.random.split(key, 3)
        p = jax.random.normal(for_momentum, w.shape)
        size = step * jax.random.uniform(for_step, (len(w), 1), minval=1.0 - JITTER, maxval=1.0 + JITTER)
        energy = 0.5 * jnp.sum(p * p, axis=1) - value

        def leap(_: Any, moved: tuple[jax.Array, ...]) -> tuple[jax.Array, ...]:
            w, p, _, slope = moved
            p = p + 0.5 * size * slope
            w = w + size * p
            value, slope = evaluate(w)
            return w, p + 0.5 * size * slope, value, slope

        moved_w, moved_p, moved_value, moved_slope = jax.lax.fori_loop(0, steps, leap, (w, p, value, slope))
        error = 0.5 * jnp.sum(moved_p * moved_p, axis=1) - moved_value - energy
        error = jnp.where(jnp.isnan(error), jnp.inf, error)
        accepted = jnp.log(jax.random.uniform(for_choice, error.shape)) < -error
        w, slope = (jnp.where(accepted[:, None], new, old) for new, old in ((moved_w, w), (moved_slope, slope)))
        value = jnp.where(accepted, moved_value, value)
        place: Any = jax.vmap(ShearMap.__call__)(whitening, w)
        draw = {
            "z": place,
            "lp": value,
            "acceptance_rate": jnp.exp(-jnp.maximum(error, 0.0)),
            "energy": energy,
            "diverging": error > DIVERGED,
        }
        return (w, value, slope), draw

    _, draws = jax.lax.scan(transition, (at_first, *evaluate(at_first)), jax.random.split(key, length))
    return draws


def efficiency(z: Float[np.ndarray, "draw chain coordinate"]) -> float:
    """Return the effective draws of a transition: the smallest of the coordinates, and of their squares doubled.

    By the autocorrelation of all chains together, summed over pairs of lags while these are positive.
    """
    centred = z - z.mean(axis=(0, 1))
    worst = np.inf
    for x, weight in ((centred, 1.0), (centred**2 - (centred**2).mean(axis=(0, 1)), 2.0)):
        variance = np.maximum((x * x).mean(axis=(0, 1)), 1e-300)
        rho = [(x[lag:] * x[: len(x) - lag]).mean(axis=(0, 1)) / variance for lag in range(len(x) // 2)]
        pairs = np.array(rho[: len(rho) // 2 * 2]).reshape(-1, 2, z.shape[-1]).sum(axis=1)
        tau = -1.0 + 2.0 * np.where(np.logical_and.accumulate(pairs > 0.0, axis=0), pairs, 0.0).sum(axis=0)
        worst = min(worst, weight / float(np.maximum(tau, 0.05).max()))
    return worst


class HmcRun(Run):
    """Samples a density with many chains at once; see the head of the module."""

    def __init__(self, density: Density, modes: tuple[Mode, ...], draws: int, chains: int, seed: int) -> None:
        """Prepare `chains` chains of as many transitions as `draws` draws in all need."""
        self.density, self.modes, self.chains, self.seed = density, modes, chains, seed
        self.draws, self.starts = -(-draws // chains), len(modes)
        self.acceptance = CAREFUL if density.bounds.logarithmic else ACCEPTANCE
        self._device = jax.device_put(density)

    def begin(self) -> dict[str, np.ndarray]:
        """Return the chains at their starts, with the metric from the curvature, not warmed up yet."""
        z, which = start_chains(self.density, self.modes, self.chains, self.seed)
        return {
            "z": z,
            "which": which,
            **stack_maps([linear_map(mode.z, mode.factor) for mode in self.modes]),
            "step": np.array(0.5),
            "steps": np.array(4),
            "calls": np.array(0),
            "warm": np.array(False),
            "done": np.array(0),
        }

    def _run(self, state: dict[str, np.ndarray], step: float, steps: int) -> Block:
        """Run a block and move `state` on."""
        key = jax.random.fold_in(jax.random.PRNGKey(self.seed), int(state["calls"]))
        parts = [slice(first, min(first + GROUP, self.chains)) for first in range(0, self.chains, GROUP)]

        def run(number: int) -> Block:
            part = parts[number]
            which = state["which"][part]
            whitening = ShearMap(*(state[name][which] for name in ShearMap.__annotations__))
            own = jax.random.fold_in(key, number)
            draws = _transitions(self._device, whitening, state["z"][part], own, step, steps, length=BLOCK)
            return jax.tree.map(np.asarray, draws)

        if len(parts) == 1:
            blocks = [run(0)]
        else:
            with ThreadPoolExecutor(min(len(parts), os.cpu_count() or 1)) as pool:
                blocks = list(pool.map(run, range(len(parts))))
        block = {name: np.concatenate([group[name] for group in blocks], axis=1) for name in blocks[0]}
        state["z"] = block["z"][-1]
        state["calls"] = state["calls"] + 1
        return block

    def _adapt_step(self, state: dict[str, np.ndarray], blocks: int, steps: int) -> list[Block]:
        """Run `blocks` blocks, moving the step to the acceptance wanted."""
        drawn = []
        for number in range(blocks):
            block = self._run(state, float(state["step"]), steps)
            rate = float(block["acceptance_rate"][BLOCK // 2 :].mean())
            state["step"] = state["step"] * np.exp(
                np.clip(2.0 * (rate - self.acceptance), -1.5, 0.5) / (1.0 + 0.3 * number)
            )
            drawn.append(block)
        return drawn

    def _adapt_map(self, state: dict[str, np.ndarray], blocks: list[Block]) -> None:
        """Take the map of each mode from the chains that belong to it, the later halves of `blocks`.

        Modes between which chains have moved are merged.
        """
        z = np.concatenate([block["z"] for block in blocks[len(blocks) // 2 :]])
        self._join_modes(state, z)
        maps = []
        for index, mode in enumerate(self.modes):
            draws = z[:, state["which"] == index].reshape(-1, z.shape[-1])
            if len(draws) > 50 * z.shape[-1]:
                maps.append(curved_map(draws, 1e-3 * np.linalg.norm(mode.factor, axis=1)))
            else:
                maps.append(ShearMap(*(state[name][index] for name in ShearMap.__annotations__)))
        state.update(stack_maps(maps))

    def _join_modes(self, state: dict[str, np.ndarray], z: Float[np.ndarray, "draw chain coordinate"]) -> None:
        """Merge the chains of modes that meet in every coordinate: the middle 90 % of their draws overlap."""
        alive = np.unique(state["which"])
        edges = {
            k: np.quantile(z[:, state["which"] == k].reshape(-1, z.shape[-1]), [0.05, 0.95], axis=0) for k in alive
        }
        for k in alive[::-1]:
            for j in alive[alive < k]:
                if np.all((edges[j][0] <= edges[k][1]) & (edges[k][0] <= edges[j][1])):
                    state["which"][state["which"] == k] = j
                    break

    def _warm_up(self, state: dict[str, np.ndarray]) -> None:
        """Adapt step and metric, and choose step and number of steps by the effective draws for a gradient.

        A step at which a trajectory diverges is not taken, nor is a longer one.
        """
        for blocks in WARM_UP:
            self._adapt_map(state, self._adapt_step(state, blocks, 4))
        self._adapt_step(state, 1, 4)
        longest, worse, best = float(state["step"]), 0, (-np.inf, 0.0, 0)
        for steps in STEPS:
            step = min(longest, TRAJECTORY / steps)
            tried = [self._run(state, step, steps) for _ in range(2)]
            if any(block["diverging"].any() for block in tried):
                longest = min(longest, SHORTER * step)
                continue
            quality = efficiency(np.concatenate([block["z"] for block in tried])) / (steps + 0.3)
            worse = 0 if quality > best[0] else worse + 1
            best = max(best, (quality, step, steps))
            if worse == 2:
                break
        _, step, steps = best if best[2] else (0.0, longest, STEPS[-1])
        state["step"], state["steps"] = np.array(step), np.array(steps)

    def advance(self, state: dict[str, np.ndarray]) -> tuple[dict[str, np.ndarray], Block | None]:
        """Return the next state, and the block of draws; warming up gives none."""
        state = {name: np.array(value) for name, value in state.items()}
        if not state["warm"]:
            self._warm_up(state)
            state["warm"] = np.array(True)
            return state, None
        block = self._run(state, float(state["step"]), int(state["steps"]))
        block["n_steps"] = np.full(block["lp"].shape, state["steps"])
        state["done"] = state["done"] + BLOCK
        return state, block

    def progress(self, state: dict[str, np.ndarray]) -> tuple[int, int]:
        """Return how many draws are done, and how many are wanted."""
        return min(int(state["done"]), self.draws) * self.chains, self.draws * self.chains


@dataclasses.dataclass(frozen=True)
class Hmc(Sampler):
    """Many short Hamiltonian Monte Carlo chains side by side: the fastest.

    >>> import cevnsjax as cj
    >>> posterior = cj.Likelihood("csre-cs").sample(["r_n_cs"], method=cj.Hmc(draws=12800))
    >>> posterior.draws("r_n_cs").shape
    (128, 100)
    """

    draws: int = 102400
    """Draws of all chains together."""
    chains: int = 128
    name: ClassVar[str] = "hmc"

    def check(self) -> None:
        """Raise `InputError` for settings that make no sense."""
        check_draws(self.draws)
        check_chains(self.chains)
        check_shared(self.draws, self.chains)

    def prepare(
        self, problem: Problem, start: Float[np.ndarray, " coordinate"], is_free: np.ndarray, seed: int
    ) -> HmcRun:
        """Return the run, its chains at the minima of χ²."""
        density, modes = remembered_modes(problem, start, is_free)
        return HmcRun(density, modes, self.draws, self.chains, seed)
