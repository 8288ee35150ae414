"""Nested sampling with slice moves (blackjax ``nss``): for separated modes, and for the evidence.

The prior is mapped to the unit cube, so that it is uniform there: flat priors by their bounds, Gaussian ones by their
quantiles. Live points climb from the prior to the peaks, each mode keeping its share (J. Skilling, Bayesian Analysis 1,
833 (2006); slice moves: D. Yallup, N. Kroupa and W. Handley, arXiv:2601.23252).
"""

import math
from functools import cache
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import ndtr, ndtri

from ..._base.typing import Array, Float, Scalar
from ..problem.density import Density, separate_priors
from ..problem.problem import Problem
from .hmc import Block

LIVE = 500
"""Live points for each hundred effective draws asked for, at least; see `Nested`."""
DELETED = 0.1
"""Share of the live points replaced at a time."""
BLOCK = 10
"""Replacements in one call of the compiled program."""
REMAINING = -6.0
"""ln of the share of the evidence in the live points at which the run ends."""
INNER = 2
"""Slice moves for a new point, of the number of coordinates; at least `LEAST_INNER`."""
LEAST_INNER = 6


class Cube(eqx.Module):
    """A problem on the unit cube of its prior."""

    problem: Problem
    """Without the constraints that are in the prior."""
    lower: Float[Array, " coordinate"]
    upper: Float[Array, " coordinate"]
    centre: Float[Array, " coordinate"]
    width: Float[Array, " coordinate"]
    gaussian: tuple[bool, ...] = eqx.field(static=True)

    def coordinates(self, x: Float[Array, " coordinate"]) -> Float[Array, " coordinate"]:
        """Return the coordinates of a point of the cube."""
        a, b = ndtr((self.lower - self.centre) / self.width), ndtr((self.upper - self.centre) / self.width)
        gauss = self.centre + self.width * ndtri(a + x * (b - a))
        flat = self.lower + x * (self.upper - self.lower)
        return jnp.clip(jnp.where(np.array(self.gaussian), gauss, flat), self.lower, self.upper)

    def log_likelihood(self, x: Float[Array, " coordinate"]) -> Scalar:
        """Return -χ²/2 at a point, -∞ beyond the cube and where χ² is not a number."""
        inside = jnp.all((x > 0.0) & (x < 1.0))
        u = self.coordinates(jnp.where(inside, x, 0.5))
        value = self.problem.log_volume(u) - 0.5 * self.problem(u)
        return jnp.where(inside & jnp.isfinite(value), value, -jnp.inf)


def build_cube(problem: Problem) -> Cube:
    """Return the problem on the unit cube of its prior."""
    priors, rest = separate_priors(problem)
    gaussian = tuple(prior.width is not None for prior in priors)
    return Cube(
        problem=rest,
        lower=np.array([prior.low for prior in priors]),
        upper=np.array([prior.high for prior in priors]),
        centre=np.array([0.0 if p.centre is None else p.centre for p in priors]),
        width=np.array([1.0 if p.width is None else p.width for p in priors]),
        gaussian=gaussian,
    )


def _log_prior(_: jax.Array) -> jax.Array:
    return jnp.zeros(())


@cache
def _programs(live: int, dimension: int) -> tuple[Any, Any]:
    """Return the programs that begin a run and that replace `BLOCK` times."""
    import blackjax

    inner = max(LEAST_INNER, INNER * dimension)

    def algorithm(cube: Cube) -> Any:
        deleted = max(1, int(DELETED * live))
        return blackjax.nss(_log_prior, cube.log_likelihood, num_inner_steps=inner, num_delete=deleted)

    def begin(cube: Cube, x: jax.Array) -> Any:
        return algorithm(cube).init(x)

    def advance(cube: Cube, state: Any, key: jax.Array) -> Any:
        step = algorithm(cube).step

        def replace(state: Any, key: jax.Array) -> tuple[Any, dict[str, jax.Array]]:
            state, info = step(key, state)
            dead = info.particles
            found = {"x": dead.position, "log_likelihood": dead.loglikelihood, "birth": dead.loglikelihood_birth}
            return state, found

        return jax.lax.scan(replace, state, jax.random.split(key, BLOCK))

    return jax.jit(begin), jax.jit(advance)


def log_volumes(
    log_likelihood: Float[np.ndarray, " dead"], birth: Float[np.ndarray, " dead"], random: np.random.Generator | None
) -> Float[np.ndarray, " dead"]:
    """Return ln of the prior volume that each dead point stands for; points sorted by their likelihood.

    The volume shrinks by a factor with mean logarithm -1/n at each death among n live points; with `random` the factors
    are drawn, else they are taken at that mean.
    """
    born = np.sort(np.where(np.isnan(birth), -np.inf, birth))
    alive = np.searchsorted(born, log_likelihood, side="left") - np.arange(len(log_likelihood))
    # All points born at -inf are alive at the first death, even if that is at -inf too.
    alive = np.maximum(alive, 1)
    shrink = 1.0 / alive if random is None else random.standard_exponential(len(alive)) / alive
    after = -np.cumsum(shrink)
    before = np.concatenate([[0.0], after[:-1]])
    return before + np.log(-np.expm1(after - before))


class Nested:
    """Samples a problem by nested sampling."""

    chains = 1

    def __init__(self, density: Density, draws: int, seed: int, live: int = LIVE) -> None:
        """Prepare a run with `live` points; `draws` draws of equal weight are taken from its result."""
        self.density, self.draws, self.seed, self.live = density, draws, seed, live
        self.cube = jax.device_put(build_cube(density.problem))

    def _begin(self) -> Any:
        key = jax.random.PRNGKey(self.seed)
        x = jax.random.uniform(key, (self.live, len(self.density.names)))
        return _programs(self.live, x.shape[1])[0](self.cube, x)

    def begin(self) -> dict[str, np.ndarray]:
        """Return live points drawn from the prior."""
        state = self._begin()
        self._structure = jax.tree.structure(state)
        return self._flat(state, 0)

    @staticmethod
    def _flat(state: Any, calls: int) -> dict[str, np.ndarray]:
        particles, integrator = state.particles, state.integrator
        leaves = {f"leaf{k}": np.asarray(leaf) for k, leaf in enumerate(jax.tree.leaves(state))}
        return leaves | {
            "calls": np.array(calls),
            "x": np.asarray(particles.position),
            "log_likelihood": np.asarray(particles.loglikelihood),
            "birth": np.asarray(particles.loglikelihood_birth),
            "remaining": np.asarray(integrator.logZ_live - np.logaddexp(integrator.logZ, integrator.logZ_live)),
        }

    def advance(self, state: dict[str, np.ndarray]) -> tuple[dict[str, np.ndarray], Block | None]:
        """Return the next state, and the points that died."""
        if not hasattr(self, "_structure"):
            self._structure = jax.tree.structure(jax.eval_shape(self._begin))
        leaves = [jnp.asarray(state[f"leaf{k}"]) for k in range(self._structure.num_leaves)]
        calls = int(state["calls"])
        key = jax.random.fold_in(jax.random.PRNGKey(self.seed), calls + 1)
        program = _programs(self.live, state["x"].shape[1])[1]
        moved, dead = program(self.cube, jax.tree.unflatten(self._structure, leaves), key)
        block = {name: np.asarray(array).reshape(-1, *array.shape[2:]) for name, array in dead.items()}
        return self._flat(moved, calls + 1), block

    def progress(self, state: dict[str, np.ndarray]) -> tuple[int, int]:
        """Return how far ln of the remaining evidence has come, in per cent of where the run ends."""
        share = min(float(state["remaining"]) / REMAINING, 1.0)
        return (100, 100) if share >= 1.0 else (max(0, math.floor(100.0 * share)), 100)

    def collect(self, state: dict[str, np.ndarray], dead: Block) -> tuple[Block, dict[str, float]]:
        """Return draws of equal weight and what nested sampling says of them: ln of the evidence, effective draws."""
        points = {name: np.concatenate([dead[name], state[name]]) for name in ("x", "log_likelihood", "birth")}
        order = np.argsort(points["log_likelihood"], kind="stable")
        x, log_likelihood, birth = (points[name][order] for name in ("x", "log_likelihood", "birth"))
        random = np.random.default_rng([self.seed, 0x2E5])
        weights = log_volumes(log_likelihood, birth, None) + log_likelihood
        evidences = [
            np.logaddexp.reduce(log_volumes(log_likelihood, birth, random) + log_likelihood) for _ in range(200)
        ]
        share = np.exp(weights - np.logaddexp.reduce(weights))
        places = (random.uniform() + np.arange(self.draws)) / self.draws
        chosen = np.searchsorted(np.cumsum(share), places * share.sum()).clip(max=len(share) - 1)
        random.shuffle(chosen)
        u = np.asarray(jax.vmap(self.cube.coordinates)(x[chosen]))
        block = {"u": u[:, None], "lp": log_likelihood[chosen][:, None]}
        return block, {
            "log_evidence": float(np.logaddexp.reduce(weights)),
            "log_evidence_error": float(np.std(evidences)),
            "effective_draws": float(1.0 / np.sum(share**2)),
        }
