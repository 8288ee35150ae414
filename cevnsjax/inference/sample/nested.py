"""Nested sampling with slice moves (blackjax ``nss``): for separated modes, and for the evidence.

The prior is mapped to the unit cube, so that it is uniform there: flat priors by their bounds, Gaussian ones by their
quantiles. Live points climb from the prior to the peaks, each mode keeping its share (J. Skilling, Bayesian Analysis 1,
833 (2006); slice moves: D. Yallup, N. Kroupa and W. Handley, arXiv:2601.23252).
"""

import dataclasses
import math
from functools import cache
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from ..._base import arguments
from ..._base.errors import InputError
from ..._base.typing import Float
from ..problem.cube import Cube, build_cube
from ..problem.density import Density, build_density
from ..problem.problem import Problem
from .hmc import Block
from .sampler import Drawn, Run, Sampler, check_draws

LIVE = 500
LEAST_LIVE, MOST_LIVE = 10, 100_000
"""Live points between which nested sampling can move, and holds in memory."""
DELETED = 0.1
"""Share of the live points replaced at a time."""
BLOCK = 10
"""Replacements in a call of the compiled program."""
REMAINING = -6.0
"""ln of the share of the evidence in the live points at which the run ends."""
INNER = 2
"""Slice moves for a new point, of the number of coordinates; at least `LEAST_INNER`."""
LEAST_INNER = 6


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
            removed = {"x": dead.position, "log_likelihood": dead.loglikelihood, "birth": dead.loglikelihood_birth}
            return state, removed

        return jax.lax.scan(replace, state, jax.random.split(key, BLOCK))

    return jax.jit(begin), jax.jit(advance)


def log_volumes(
    log_likelihood: Float[np.ndarray, " dead"], birth: Float[np.ndarray, " dead"], random: np.random.Generator | None
) -> Float[np.ndarray, " dead"]:
    """Return ln of the prior volume that each dead point represents; points sorted by their likelihood.

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


class NestedRun(Run):
    """Samples a problem by nested sampling."""

    chains = 1

    def __init__(self, density: Density, draws: int, seed: int, live: int = LIVE) -> None:
        """Prepare a run with `live` points; `draws` draws of equal weight are taken from its result."""
        self.density, self.draws, self.seed, self.live = density, draws, seed, live
        cube = build_cube(density.problem)
        cube.check()
        self.cube = jax.device_put(cube)

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

    def collect(self, state: dict[str, np.ndarray], blocks: Block) -> Drawn:
        """Return draws of equal weight and what nested sampling says of them: ln of the evidence, effective draws."""
        points = {name: np.concatenate([blocks[name], state[name]]) for name in ("x", "log_likelihood", "birth")}
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
        drawn = super().collect(state, {"u": u[:, None], "lp": log_likelihood[chosen][:, None]})
        extra = {
            "log_evidence": float(np.logaddexp.reduce(weights)),
            "log_evidence_error": float(np.std(evidences)),
            "effective_draws": float(1.0 / np.sum(share**2)),
        }
        return dataclasses.replace(drawn, extra=extra)


@dataclasses.dataclass(frozen=True)
class Nested(Sampler):
    """Nested sampling: for separated modes, and for the evidence.

    >>> import cevnsjax as cj
    >>> posterior = cj.Likelihood("csre-cs").sample(["r_n_cs"], method=cj.Nested(live=200))
    >>> sorted(posterior.attributes["extra"])
    ['effective_draws', 'log_evidence', 'log_evidence_error']
    """

    draws: int = 4000
    """Draws of equal weight, taken from the weighted points."""
    live: int = LIVE
    """Live points: more resolve smaller modes."""
    name: ClassVar[str] = "nested"
    independent: ClassVar[bool] = True

    def check(self) -> None:
        """Raise `InputError` for settings that make no sense."""
        check_draws(self.draws)
        arguments.whole()("live", self.live)
        if not LEAST_LIVE <= self.live <= MOST_LIVE:
            raise InputError(f"expected from {LEAST_LIVE} to {MOST_LIVE} live points, found {self.live}")

    def prepare(
        self, problem: Problem, start: Float[np.ndarray, " coordinate"], is_free: np.ndarray, seed: int
    ) -> NestedRun:
        """Return the run, from the prior."""
        return NestedRun(build_density(problem), self.draws, seed, self.live)
