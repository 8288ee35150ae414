"""Importance sampling: points of a mixture that is fitted to the posterior, each with its weight, none depending on
another.

The mixture starts at the minima of χ², with the curvature there, and is fitted in a few rounds to the points that it
gave, by their weights (population Monte Carlo: `mixture`). Early weights are tempered, raised to the power at which a
fifth of the points still counts (E. Koblents and J. Míguez, arXiv:1208.5600). A small share of wide components, which
stay at the minima, bounds the weights (T. Hesterberg, Technometrics 37, 185 (1995)).

The largest weights are smoothed with a generalised Pareto distribution, whose shape k̂ is the verdict: below 0.7 what
follows from the weights can be trusted (A. Vehtari, D. Simpson, A. Gelman, Y. Yao and J. Gabry, arXiv:1507.02646; by
ArviZ). The mean weight is the evidence. The effective draws are (Σ w)² / Σ w² (L. Kish).
"""

import dataclasses
import math
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib import import_module
from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import logsumexp

from ..._base.cores import cores
from ..._base.errors import InputError
from ..._base.typing import Array, Float
from ..problem.cube import separate_priors
from ..problem.density import Density, build_density
from ..problem.evaluate import side_by_side
from ..problem.problem import Problem
from .mixture import Mixture, draw, fit, joined, mixture
from .modes import Mode, remembered_modes
from .sampler import Drawn, Run, Sampler, check_draws

PIECE = 4096
"""Points in a call of the compiled program; calls run in as many threads as there are processors."""
BLOCK = 8
"""Calls between checkpoints."""
ROUND = 2
"""Calls for a round of fitting the mixture."""
MOST_ROUNDS, FEWEST_ROUNDS = 12, 3
GAIN = 1.05
"""Gain in effective draws below which no further round is worth its time."""
TEMPERED = 0.2
"""Share of the points that count at least, after tempering."""
COMPONENTS = 8
"""Components that are fitted; twice as many for more than `FEW_MODES` modes."""
FEW_MODES = 4
STEPS = 5
"""Steps of expectation and maximisation in a round."""
FREEDOM = 5.0
"""Degrees of freedom of a component in no dimension; one more in each, as a heavy tail costs more in many."""
DEFENSIVE, DEFENSIVE_FREEDOM, WIDE = 0.1, 4.0, 2.0
"""Share of the components that stay at the minima, their degrees of freedom, and their widths in those by curvature."""

LEAST = 700.0
"""ln of the ratio of the largest weight to the least that is no rounding of 0."""

KEPT = ("u", "lp", "log_weight")
"""What is kept of the points that are drawn."""

Block = dict[str, np.ndarray]


@partial(jax.jit, static_argnames=("size",))
def _weigh(
    density: Density, mixed: Mixture, component: Array, y: Float[Array, "point coordinate"], size: int
) -> dict[str, jax.Array]:
    """Return z = μ + L y of each point, the coordinates u, ln p there, and ln p - ln q; `size` go side by side."""
    width = y.shape[1]
    rows = jnp.swapaxes(jnp.asarray(mixed.inverse), 1, 2).swapaxes(0, 1).reshape(width, -1)
    shifts = jnp.einsum("kij,kj->ki", mixed.inverse, mixed.mean)

    def at(point: tuple[jax.Array, jax.Array]) -> dict[str, jax.Array]:
        k, own = point
        z = jnp.asarray(mixed.mean)[k] + jnp.asarray(mixed.factor)[k] @ own
        distances = jnp.sum(((z @ rows).reshape(-1, width) - shifts) ** 2, axis=1)
        lp, u = density(z), jnp.asarray(density.coordinates(z))
        return {"z": z, "u": u, "lp": lp, "log_weight": lp - logsumexp(mixed.terms(distances))}

    weighed: dict[str, jax.Array] = jax.lax.map(at, (jnp.asarray(component), y), batch_size=size)
    return weighed


def kish(log_weight: Float[np.ndarray, " point"]) -> float:
    """Return the effective number of points, (Σ w)² / Σ w²; 0 if none has a weight."""
    highest = float(log_weight.max())
    if not math.isfinite(highest):
        return 0.0
    w = np.exp(log_weight - highest)
    return float(w.sum() ** 2 / np.sum(w * w))


def _tempered(log_weight: Float[np.ndarray, " point"], least: float) -> Float[np.ndarray, " point"]:
    """Return weights that sum to 1, to the highest power up to 1 at which `least` points count."""
    low, high = 0.0, 1.0
    finite = np.where(np.isfinite(log_weight), log_weight, -np.inf)
    power = 1.0
    for _ in range(30):
        if kish(power * finite) >= least:
            if power == 1.0:
                break
            low = power
        else:
            high = power
        power = 0.5 * (low + high)
    w = np.exp(power * (finite - finite.max()))
    return w / w.sum()


def smoothed(log_weight: Float[np.ndarray, " point"]) -> tuple[Float[np.ndarray, " point"], float, float]:
    """Return Pareto-smoothed weights that sum to 1, ln of the mean of the smoothed weights before that, and k̂."""
    import arviz

    highest = float(log_weight.max())
    floored = np.maximum(log_weight, highest - LEAST)
    with np.errstate(over="ignore"):  # of weights that are all alike
        if hasattr(arviz, "psislw"):
            found, shape = arviz.psislw(floored)
        else:
            found, shape = import_module("arviz_stats.base").array_stats.psislw(-floored)
    found = np.asarray(found)
    middle = int(np.argpartition(floored, len(floored) // 2)[len(floored) // 2])  # no tail: there nothing is smoothed
    return np.exp(found), float(floored[middle] - found[middle]) - math.log(len(found)), float(shape)


def first_mixture(modes: tuple[Mode, ...], seed: int) -> tuple[Mixture, Mixture]:
    """Return the mixture to start from, components drawn about each mode in turn, and the one that stays at the modes.

    How many components there are is the same for few modes, whatever their number, so that programs serve them all.
    """
    random = np.random.default_rng([seed, 0x3157])
    dimension, times = len(modes[0].z), 1 if len(modes) <= FEW_MODES else 2
    factors = [np.linalg.cholesky(mode.factor @ mode.factor.T) for mode in modes]
    chosen = np.arange(times * COMPONENTS) % len(modes)
    means = np.array([modes[k].z + factors[k] @ random.standard_normal(dimension) for k in chosen])
    freedom = np.full(len(chosen), FREEDOM + dimension)
    own = mixture(np.full(len(chosen), 1.0 / len(chosen)), means, np.array(factors)[chosen], freedom)
    kept = np.arange(times * FEW_MODES) % len(modes)
    freedom = np.full(len(kept), DEFENSIVE_FREEDOM)
    places = np.array([mode.z for mode in modes])[kept]
    return own, mixture(np.full(len(kept), 1.0 / len(kept)), places, WIDE * np.array(factors)[kept], freedom)


def _size(problem: Problem) -> int:
    """Return how many points are evaluated side by side: a power of 2, so that as many make a piece."""
    return min(PIECE, 2 ** int(math.log2(side_by_side(problem))))


def _compile(problem: Problem) -> None:
    """Have the program compiled that the run of `problem` will call, and the library of k̂ imported."""
    density = build_density(problem)
    z = np.zeros(len(problem.names))
    mode = Mode(z, z, np.eye(len(z)), 0.0)
    mixed = joined(*first_mixture((mode,), 0), DEFENSIVE)
    jax.block_until_ready(
        _weigh(jax.device_put(density), mixed, *draw(mixed, PIECE, np.random.default_rng(0)), _size(problem))
    )
    import arviz  # noqa: F401


class ImportanceRun(Run):
    """Draws from a mixture, which it fits first."""

    chains = 1

    def __init__(self, density: Density, modes: tuple[Mode, ...], draws: int, seed: int) -> None:
        """Prepare to draw `draws` points."""
        self.density, self.modes, self.draws, self.seed = density, modes, draws, seed
        self.starts = len(modes)
        self._device = jax.device_put(density)
        self._size = _size(density.problem)

    def begin(self) -> Block:
        """Return that nothing is fitted."""
        return {"done": np.array(0), "fitted": np.array(False)}

    def _points(self, mixed: Mixture, stage: int, pieces: range) -> Block:
        """Return the points of these pieces, each with random numbers of its own."""

        def one(number: int) -> Block:
            random = np.random.default_rng([self.seed, 0x1359, stage, number])
            weighed = _weigh(self._device, mixed, *draw(mixed, PIECE, random), self._size)
            return jax.tree.map(np.asarray, weighed)

        parts = [one(pieces[0])]  # alone, as threads that come first would all compile
        with ThreadPoolExecutor(cores()) as pool:
            parts += pool.map(one, pieces[1:])
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    def _fit(self) -> Block:
        """Return the state with the mixture of the round that had the most effective draws, and what it had."""
        own, held = first_mixture(self.modes, self.seed)
        best = 0.0, joined(own, held, DEFENSIVE), np.full(1, -np.inf)
        for number in range(MOST_ROUNDS):
            mixed = joined(own, held, DEFENSIVE)
            points = self._points(mixed, number + 1, range(ROUND))
            log_weight = points["log_weight"]
            share = kish(log_weight) / len(log_weight)
            if share == 0.0:
                break
            done = number >= FEWEST_ROUNDS and share < GAIN * best[0] and best[0] > TEMPERED
            if share > best[0]:
                best = share, mixed, log_weight
            if done:
                break
            weight = _tempered(log_weight, TEMPERED * len(log_weight))
            own = fit(own, points["z"], weight, STEPS, held=2.0 * own.mean.shape[1])
        share, mixed, log_weight = best
        return {
            "done": np.array(0),
            "fitted": np.array(True),
            "effective": np.array(share),
            "khat": np.array(smoothed(log_weight)[2] if share > 0.0 else np.inf),
            **mixed._asdict(),
        }

    def advance(self, state: Block) -> tuple[Block, Block | None]:
        """Return the next state, and the points of a block; fitting gives none."""
        if not state["fitted"]:
            return self._fit(), None
        if state["effective"] == 0.0:
            raise InputError(
                "ln p is finite at none of the points drawn about the minima: use the method hmc or nested"
            )
        first = int(state["done"]) // PIECE
        last = min(first + BLOCK, -(-self.draws // PIECE))
        mixed = Mixture(*(state[name] for name in Mixture._fields))
        block = self._points(mixed, 0, range(first, last))
        return state | {"done": np.array(last * PIECE)}, {name: block[name][:, None] for name in KEPT}

    def progress(self, state: Block) -> tuple[int, int]:
        """Return how many points are drawn, and how many are wanted."""
        return min(int(state["done"]), self.draws), self.draws

    def collect(self, state: Block, blocks: Block) -> Drawn:
        """Return draws of equal weight, taken from the weighted points, and what the weights tell."""
        u, lp, log_weight = (blocks[name][: self.draws, 0] for name in KEPT)
        weight, log_mean, khat = smoothed(log_weight)
        effective = float(1.0 / np.sum(weight**2))
        random = np.random.default_rng([self.seed, 0x2E5])
        below = np.cumsum(weight)
        until = np.ceil(below / below[-1] * self.draws - random.uniform()).astype(int).clip(0, self.draws)
        chosen = np.repeat(np.arange(self.draws), np.diff(until, prepend=0))
        random.shuffle(chosen)
        drawn = Drawn(u[chosen][None], {"lp": lp[chosen][None]})
        extra = {"khat": khat, "effective_draws": effective} | self._evidence(log_mean, effective)
        return dataclasses.replace(drawn, extra=extra)

    def _evidence(self, log_mean: float, effective: float) -> dict[str, float]:
        """Return ln of the evidence under the normalised prior and its error, nothing if that is not normalised."""
        priors = separate_priors(self.density.problem)[0]
        if not all(prior.is_normalised for prior in priors):
            return {}
        error = math.sqrt(max(0.0, 1.0 / effective - 1.0 / self.draws))
        return {
            "log_evidence": log_mean - sum(prior.log_room for prior in priors),
            "log_evidence_error": error,
        }


@dataclasses.dataclass(frozen=True)
class Importance(Sampler):
    """Independent draws, weighted, from a mixture fitted to the posterior: the fastest, with the evidence.

    >>> import cevnsjax as cj
    >>> posterior = cj.Likelihood("csre-cs").sample(["r_n_cs"], method=cj.Importance(draws=20000))
    >>> posterior.attributes["extra"]["khat"] < 0.7
    True
    """

    draws: int = 102400
    """Points of the mixture, and as many draws of equal weight taken from them, some more than once."""
    name: ClassVar[str] = "importance"
    independent: ClassVar[bool] = True

    def check(self) -> None:
        """Raise `InputError` for settings that make no sense."""
        check_draws(self.draws)

    def prepare(
        self, problem: Problem, start: Float[np.ndarray, " coordinate"], is_free: np.ndarray, seed: int
    ) -> ImportanceRun:
        """Return the run, its mixture at the minima of χ²; while these are looked for, what draws is compiled."""
        with ThreadPoolExecutor(1) as thread:
            compiled = thread.submit(_compile, problem)
            density, modes = remembered_modes(problem, start, is_free)
            compiled.result()
        return ImportanceRun(density, modes, self.draws, seed)
