"""Samplers of the posterior of CsI 2021, by effective draws a second, and by the width of R_n that they find.

All have the same target, exp(-χ²/2) flat within the bounds, and start about the best fit. The effective draws are the
bulk ones of ArviZ, the smallest over the coordinates, all chains together; of importance sampling, those of Kish. The
time is that of the draws, warming up and compiling apart: every sampler runs twice, the second run is timed. "First
1000" is the time to a thousand effective draws in the first run, with the search for minima, compilation and warm-up,
at the rate of the second run.

emcee has the likelihood in numba, on all cores, and the move that did best (differential evolution). Plain NUTS is
numpyro's as it comes, with a diagonal metric.
"""

import dataclasses
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import arviz
import emcee
import jax
import numpy as np
from numpyro.distributions import biject_to, constraints
from numpyro.infer.hmc import hmc

import cevnsjax as cj
from cevnsjax.inference.minimise.best_fit import best_fit
from cevnsjax.inference.minimise.solver import Solver
from cevnsjax.inference.problem.evaluate import Evaluator
from cevnsjax.inference.problem.problem import Problem
from cevnsjax.inference.sample.run import sample

from .case import FREE, TIE, Case
from .numba_opponent import NumbaLikelihood
from .numba_response import NAMES, NumbaResponse
from .numpy_opponent import numpy_likelihood
from .table import Table
from .timing import peak_memory

WIDTH = 0.05
"""Width [us] of the priors on the three delays of the case with twelve coordinates: a choice of this benchmark."""
WALKERS, CHAINS = 128, 4
"""Walkers of emcee, chains of plain NUTS."""
GRID = (96, 96)
"""Values of sin²θ_W and of R_n in the marginal that the widths are compared with."""
FAR = 30.0
"""χ² above the minimum beyond which the marginal has nothing."""
ORDER = 6
"""Nodes of the Gauss-Hermite rule over each pull."""


@dataclasses.dataclass(frozen=True)
class Posterior:
    """A problem, its χ² in numba, and the lengths of the runs: draws (warming up, kept)."""

    title: str
    problem: Problem
    numba: Any
    emcee: tuple[int, int]
    nuts: tuple[int, int]
    ours: dict[str, int]
    """Draws of each of our methods, all chains together."""


@dataclasses.dataclass(frozen=True)
class Run:
    """What a sampler did."""

    chains: np.ndarray
    """Draws (chain, draw, coordinate)."""
    warming: float
    sampling: float
    effective: float | None = None
    """Effective draws, where they are not those of chains."""


def run_emcee(case: Posterior, best: np.ndarray, covariance: np.ndarray, seed: int) -> Run:
    """Run emcee's differential evolution: one step in ten jumps between modes, as its manual advises."""
    low, high = case.problem.box

    def log_density(u: np.ndarray) -> np.ndarray:
        found = np.full(len(u), -np.inf)
        inside = np.all((u > low) & (u < high), axis=1)
        found[inside] = -0.5 * case.numba.chi2_batch(np.ascontiguousarray(u[inside]))
        return np.where(np.isfinite(found), found, -np.inf)

    moves = [(emcee.moves.DEMove(), 0.9), (emcee.moves.DEMove(gamma0=1.0), 0.1)]
    sampler = emcee.EnsembleSampler(WALKERS, len(best), log_density, moves=moves, vectorize=True)
    random = np.random.default_rng(seed)
    start = np.clip(random.multivariate_normal(best, 0.25 * covariance, WALKERS), low + 1e-6, high - 1e-6)
    np.random.seed(seed)  # noqa: NPY002 (emcee draws from NumPy's global generator)
    warm, keep = case.emcee
    started = time.perf_counter()
    state = sampler.run_mcmc(start, warm)
    sampler.reset()
    middle = time.perf_counter()
    sampler.run_mcmc(state, keep)
    ended = time.perf_counter()
    return Run(sampler.get_chain().swapaxes(0, 1), middle - started, ended - middle)


def plain_nuts(case: Posterior, best: np.ndarray) -> Callable[[int], Run]:
    """Return numpyro's NUTS with a diagonal metric, four chains side by side, its programs kept between runs."""
    interval = biject_to(constraints.interval(*case.problem.box))

    def potential_of(problem: Problem) -> Callable[[jax.Array], jax.Array]:
        def potential(z: jax.Array) -> jax.Array:
            u = interval(z)
            return 0.5 * problem(u) - interval.log_abs_det_jacobian(z, u).sum()

        return potential

    warm, keep = case.nuts
    begin, sample_one = hmc(potential_fn_gen=potential_of, algo="NUTS")

    @jax.jit
    def started(problem: Problem, z: jax.Array, keys: jax.Array) -> Any:
        def one(z: jax.Array, key: jax.Array) -> Any:
            return begin(z, num_warmup=warm, model_args=(problem,), rng_key=key)

        return jax.vmap(one)(z, keys)

    @partial(jax.jit, static_argnames="length")
    def moved(problem: Problem, state: Any, length: int) -> tuple[Any, jax.Array]:
        def transition(state: Any, _: None) -> tuple[Any, jax.Array]:
            state = jax.vmap(lambda each: sample_one(each, model_args=(problem,)))(state)
            return state, interval(state.z)

        return jax.lax.scan(transition, state, length=length)

    problem = jax.device_put(case.problem)
    z = interval.inv(best + np.zeros((CHAINS, 1)))

    def run(seed: int) -> Run:
        first = time.perf_counter()
        state, _ = moved(problem, started(problem, z, jax.random.split(jax.random.PRNGKey(seed), CHAINS)), warm)
        jax.block_until_ready(state)
        middle = time.perf_counter()
        chains = np.asarray(moved(problem, state, keep)[1]).swapaxes(0, 1)
        return Run(chains, middle - first, time.perf_counter() - middle)

    return run


def run_ours(case: Posterior, method: str, best: np.ndarray, seed: int) -> Run:
    """Run one of the engine's samplers."""
    is_free = np.arange(len(best)) < len(FREE)
    found = sample(case.problem, best, is_free, method=method, draws=case.ours[method], seed=seed)
    spent = dict(found.seconds)
    sampling = spent.pop("sampling")
    return Run(found.u, sum(spent.values()), sampling, found.extra.get("effective_draws"))


def marginal_width(problem: Problem, best: np.ndarray, covariance: np.ndarray, evaluator: Evaluator) -> float:
    """Return the width of R_n in the marginal of a fine grid of (sin²θ_W, R_n), the four pulls integrated over.

    At each point of the grid a Gauss-Hermite rule stands about the minimum over the pulls.
    """
    low, high = problem.box
    errors = np.sqrt(np.diag(covariance))
    axes = [
        np.linspace(max(low[k], best[k] - 6 * errors[k]), min(high[k], best[k] + 8 * errors[k]), GRID[k])
        for k in range(2)
    ]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)
    starts = np.concatenate([points, np.tile(best[2:], (len(points), 1))], axis=1)
    found = Solver(problem).lowest(starts, np.arange(len(best)) < 2)
    near = np.flatnonzero(found.value < found.value.min() + FAR)
    factor = np.linalg.cholesky(2.0 * np.linalg.inv(np.asarray(evaluator.hessian(best))[2:, 2:]))
    x, w = np.polynomial.hermite_e.hermegauss(ORDER)
    nodes = np.stack(np.meshgrid(*[x] * 4, indexing="ij"), axis=-1).reshape(-1, 4)
    weights = np.prod(np.stack(np.meshgrid(*[w] * 4, indexing="ij"), axis=-1).reshape(-1, 4), axis=1)
    density, lowest = np.zeros(len(points)), found.value.min()
    for k in near:
        u = np.concatenate([np.tile(points[k], (len(nodes), 1)), found.u[k, 2:] + nodes @ factor.T], axis=1)
        chi2 = np.asarray(evaluator.chi2(u))
        inside = np.all((u >= low) & (u <= high), axis=1) & np.isfinite(chi2)
        logarithm = np.where(inside, -0.5 * (chi2 - lowest), -np.inf) + 0.5 * (nodes**2).sum(axis=1)
        density[k] = weights @ np.exp(logarithm)
    radius = density.reshape(GRID).sum(axis=0)
    radius[[0, -1]] *= 0.5  # trapezia: the density does not vanish at the bound of R_n
    mean = radius @ axes[1] / radius.sum()
    return float(np.sqrt(radius @ (axes[1] - mean) ** 2 / radius.sum()))


def importance_width(case: Posterior, draws: np.ndarray, count: int = 200_000) -> tuple[float, float]:
    """Return the width of R_n by importance sampling, and the effective number of draws that it rests on.

    The draws are those of a Student t distribution (5 degrees of freedom) with mean and covariance of `draws`; nothing
    of a Markov chain is left in them.
    """
    random, freedom = np.random.default_rng(1), 5.0
    mean, factor = draws.mean(axis=0), np.linalg.cholesky(1.1 * np.cov(draws.T))
    dimension = len(mean)
    scale = np.sqrt(freedom / random.chisquare(freedom, (count, 1)))
    x = random.normal(size=(count, dimension)) * scale
    u = mean + x @ factor.T
    low, high = case.problem.box
    inside = np.all((u > low) & (u < high), axis=1)
    chi2 = np.full(count, np.inf)
    chi2[inside] = case.numba.chi2_batch(np.ascontiguousarray(u[inside]))
    proposal = -0.5 * (freedom + dimension) * np.log1p((x**2).sum(axis=1) / freedom)
    logarithm = np.where(np.isfinite(chi2), -0.5 * chi2, -np.inf) - proposal
    weight = np.exp(logarithm - logarithm.max())
    mean_radius = weight @ u[:, 1] / weight.sum()
    width = np.sqrt(weight @ (u[:, 1] - mean_radius) ** 2 / weight.sum())
    return float(width), float(weight.sum() ** 2 / (weight @ weight))


def least_effective(run: Run) -> float:
    """Return the effective draws, of chains the bulk ones, the smallest over the coordinates."""
    if run.effective is not None:
        return run.effective
    chains = run.chains
    return float(min(arviz.ess(chains[:, :, k], method="bulk") for k in range(chains.shape[2])))


def six(case: Case) -> Posterior:
    """Return the posterior of sin²θ_W, R_n and the four pulls."""
    numba = NumbaLikelihood(numpy_likelihood(case.measurement, case.likelihood.interaction))
    lengths = ((50, 100), (100, 100), {"nuts": 400, "hmc": 12800, "importance": 20000})
    if not case.quick:
        lengths = ((500, 3000), (1000, 2000), {"nuts": 20000, "hmc": 512000, "importance": 2_000_000})
    return Posterior("6 coordinates", case.problem(), numba, *lengths)


def twelve(case: Case) -> Posterior:
    """Return the posterior with quenching, efficiency and arrival times in the loop beside them."""
    likelihood = cj.Likelihood([cj.measurements.coherent_csi_2021("shape")])
    delays = {name: (0.0, WIDTH) for name in NAMES[9:]}
    problem = likelihood.problem(free=FREE, tie=TIE, constrain=delays)
    if problem.names != NAMES:
        raise RuntimeError(f"expected the coordinates {NAMES}, found {problem.names}")
    numba = NumbaResponse(likelihood.measurements[0], likelihood.interaction, WIDTH)
    lengths = ((1000, 3000), (300, 300), {"nuts": 2000, "hmc": 51200, "importance": 100_000})
    return Posterior("12 coordinates, the response in the loop", problem, numba, *lengths)


def compare(case: Posterior) -> Table:
    """Return the comparison of all samplers on one posterior."""
    solver, evaluator = Solver(case.problem), Evaluator(case.problem)
    start = np.array([1.0 if name.endswith("_norm") else 0.0 for name in case.problem.names])
    start[:2] = 0.238, 5.05
    fit = best_fit(solver, start, np.arange(len(start)) < 2)
    runs: dict[str, Callable[[int], Run]] = {
        "cevnsjax importance": lambda seed: run_ours(case, "importance", fit.u, seed),
        "cevnsjax hmc": lambda seed: run_ours(case, "hmc", fit.u, seed),
        "cevnsjax nuts": lambda seed: run_ours(case, "nuts", fit.u, seed),
        "emcee DE, numba": lambda seed: run_emcee(case, fit.u, fit.covariance, seed),
        "NUTS, plain": plain_nuts(case, fit.u),
    }
    done, compiled, memory = {}, {}, {}
    for name, run in runs.items():
        jax.clear_caches()
        started = time.perf_counter()
        run(1)
        first, kept = time.perf_counter() - started, []
        memory[name] = peak_memory(lambda run=run, kept=kept: kept.append(run(2)))
        done[name] = kept[0]
        compiled[name] = max(0.0, first - done[name].warming - done[name].sampling)
    if len(start) == 6:
        width, note = marginal_width(case.problem, fit.u, fit.covariance, evaluator), "a fine grid"
    else:
        width, effective = importance_width(case, done["emcee DE, numba"].chains.reshape(-1, len(start)))
        note = f"importance sampling of {effective:.0f} effective draws"
    rows = []
    for name, run in done.items():
        effective = least_effective(run)
        spread = float(run.chains[:, :, 1].std())
        draws = run.chains.shape[0] * run.chains.shape[1]
        rate = effective / run.sampling
        whole = effective / (run.sampling + run.warming)
        first = compiled[name] + run.warming + 1000.0 / rate
        row = (name, compiled[name], run.warming, run.sampling, draws, effective, rate, whole)
        row = (*row, first, spread / width - 1.0)
        rows.append((*row, memory[name]))
    columns = (
        "sampler",
        "compile s",
        "warm-up s",
        "draws s",
        "draws",
        "least ESS",
        "ESS/s",
        "ESS/s, warm-up in",
        "first 1000 s",
    )
    columns += ("sigma(R_n) off", "memory MiB")
    return Table(f"10. Samplers, {case.title}; sigma(R_n) {width:.4f} fm by {note}", columns, rows)


def samplers(case: Case) -> list[Table]:
    """Return the comparisons."""
    return [compare(six(case))] if case.quick else [compare(six(case)), compare(twelve(case))]
