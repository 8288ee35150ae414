"""Block 4: minimisers from the same starts, by what they find, what they claim and what they cost.

Those without bounds minimise over v with u = low + (high - low) / (1 + exp(-v)).
"""

import dataclasses
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import optimistix
import scipy.optimize
from iminuit import Minuit

from cevnsjax.inference.minimise.solver import Solver
from cevnsjax.inference.problem.evaluate import Evaluator
from cevnsjax.inference.problem.problem import Problem

from .case import Case
from .table import Table
from .timing import compete, first_call

STARTS = 64
STEPS = 500
"""Steps after which a library minimiser for JAX gives up."""
WITHIN = 1e-4
"""χ² above the best known up to which the global minimum counts as reached."""


@dataclasses.dataclass(frozen=True)
class Outcome:
    """Where the minimisations ended, and what they cost."""

    u: np.ndarray
    claimed: np.ndarray
    """Whether the minimiser says that it converged."""
    compile_seconds: float
    run: Callable[[], object]
    """Runs all minimisations again."""


class Unbounded:
    """χ² of a problem over coordinates v without bounds."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.low, self.high = problem.box

    def inside(self, v: jax.Array) -> jax.Array:
        """Return the coordinates u of v."""
        return self.low + (self.high - self.low) * jax.nn.sigmoid(v)

    def outside(self, u: np.ndarray) -> np.ndarray:
        """Return the v of coordinates strictly between the bounds."""
        part = (u - self.low) / (self.high - self.low)
        return np.log(part / (1.0 - part))

    def __call__(self, v: jax.Array) -> jax.Array:
        """Return χ²."""
        return jnp.asarray(self.problem(self.inside(v)))


def newton(case: Case, starts: np.ndarray) -> Outcome:
    """Run the engine's batched Newton."""
    jax.clear_caches()
    solver = Solver(case.problem())
    frozen = np.zeros(starts.shape[1], bool)
    found = solver(starts, frozen)
    return Outcome(found.u, found.converged, solver.compile_seconds, lambda: solver(starts, frozen))


def _batched(single: Callable[[jax.Array], tuple[jax.Array, jax.Array]], space: Unbounded, u: np.ndarray) -> Outcome:
    """Run a minimiser for JAX from all starts in one compiled program."""
    v = space.outside(u)
    jax.clear_caches()
    started = time.perf_counter()
    program = jax.jit(jax.vmap(single)).lower(v).compile()
    seconds = time.perf_counter() - started
    found, claimed = program(v)
    return Outcome(np.asarray(jax.vmap(space.inside)(found)), np.asarray(claimed), seconds, lambda: program(v))


def optimistix_bfgs(case: Case, starts: np.ndarray) -> Outcome:
    """Run optimistix.BFGS."""
    space = Unbounded(case.problem())
    solver = optimistix.BFGS(rtol=1e-9, atol=1e-9)

    def single(v: jax.Array) -> tuple[jax.Array, jax.Array]:
        found = optimistix.minimise(lambda v, _: space(v), solver, v, max_steps=STEPS, throw=False)
        return found.value, found.result == optimistix.RESULTS.successful

    return _batched(single, space, starts)


def optax_lbfgs(case: Case, starts: np.ndarray) -> Outcome:
    """Run optax.lbfgs until the gradient is below 1e-6."""
    space = Unbounded(case.problem())
    solver = optax.lbfgs()
    value_and_gradient = optax.value_and_grad_from_state(space)

    def step(carry: tuple[Any, ...]) -> tuple[Any, ...]:
        v, state, count, _ = carry
        value, gradient = value_and_gradient(v, state=state)
        move, state = solver.update(gradient, state, v, value=value, grad=gradient, value_fn=space)
        v = optax.apply_updates(v, move)
        slope = jnp.max(jnp.abs(optax.tree.get(state, "grad")))
        return v, state, count + 1, slope

    def single(v: jax.Array) -> tuple[jax.Array, jax.Array]:
        first = (v, solver.init(v), jnp.asarray(0), jnp.asarray(jnp.inf))
        v, _, _, slope = jax.lax.while_loop(lambda c: (c[3] > 1e-6) & (c[2] < STEPS), step, first)
        return v, slope <= 1e-6

    return _batched(single, space, starts)


def _looped(single: Callable[[np.ndarray], tuple[np.ndarray, bool]], starts: np.ndarray, seconds: float) -> Outcome:
    """Run a minimiser of the host from one start after the other."""

    def run() -> tuple[np.ndarray, np.ndarray]:
        u, claimed = zip(*(single(start) for start in starts), strict=True)
        return np.array(u), np.array(claimed)

    return Outcome(*run(), seconds, run)


def scipy_lbfgsb(case: Case, starts: np.ndarray, scaled: bool = False) -> Outcome:
    """Run scipy's L-BFGS-B with the bounds and the engine's gradient.

    With `scaled`, in units of each coordinate's error at the defaults, all others fixed: what its manual advises.
    """
    engine = case.evaluator()
    seconds = first_call(lambda: engine.value_and_gradient(case.centre))
    unit = np.sqrt(2.0 / np.diag(engine.hessian(case.centre))) if scaled else np.ones(len(case.centre))
    bounds = np.transpose(case.box) / unit[:, None]

    def function(z: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = engine.value_and_gradient(z * unit)
        return float(value), np.asarray(gradient) * unit

    def single(start: np.ndarray) -> tuple[np.ndarray, bool]:
        options = {"ftol": 1e-12, "gtol": 1e-6, "maxiter": STEPS}
        found = scipy.optimize.minimize(
            function, start / unit, jac=True, bounds=bounds, method="L-BFGS-B", options=options
        )
        return found.x * unit, found.success

    return _looped(single, starts, seconds)


def scipy_trust_exact(case: Case, starts: np.ndarray) -> Outcome:
    """Run scipy's trust-exact with exact gradient and Hessian, without bounds."""
    space = Unbounded(case.problem())
    value_and_gradient, hessian = jax.jit(jax.value_and_grad(space)), jax.jit(jax.hessian(space))
    centre = space.outside(case.centre)
    seconds = first_call(lambda: (value_and_gradient(centre), hessian(centre)))

    def function(v: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = value_and_gradient(v)
        return float(value), np.asarray(gradient)

    def single(start: np.ndarray) -> tuple[np.ndarray, bool]:
        found = scipy.optimize.minimize(
            function,
            space.outside(start),
            jac=True,
            hess=lambda v: np.asarray(hessian(v)),
            method="trust-exact",
            options={"gtol": 1e-6, "maxiter": STEPS},
        )
        return np.asarray(space.inside(found.x)), found.success

    return _looped(single, starts, seconds)


def migrad(case: Case, starts: np.ndarray) -> Outcome:
    """Run MIGRAD of iminuit with the bounds and the engine's gradient."""
    engine = case.evaluator()
    seconds = first_call(lambda: (engine.chi2(case.centre), engine.value_and_gradient(case.centre)))
    bounds = np.transpose(case.box)
    set_up: Any = Minuit  # its types know functions of numbers, not of an array

    def single(start: np.ndarray) -> tuple[np.ndarray, bool]:
        minuit: Minuit = set_up(
            lambda u: float(engine.chi2(u)), start, grad=lambda u: np.asarray(engine.value_and_gradient(u)[1])
        )
        minuit.errordef = Minuit.LEAST_SQUARES
        minuit.limits = list(map(tuple, bounds))
        minuit.tol = 1e-3
        minuit.migrad()
        return np.array(minuit.values), minuit.valid

    return _looped(single, starts, seconds)


MINIMISERS: dict[str, Callable[[Case, np.ndarray], Outcome]] = {
    "cevnsjax Newton": newton,
    "scipy L-BFGS-B": scipy_lbfgsb,
    "scipy L-BFGS-B, scaled": partial(scipy_lbfgsb, scaled=True),
    "scipy trust-exact": scipy_trust_exact,
    "optimistix BFGS": optimistix_bfgs,
    "optax L-BFGS": optax_lbfgs,
    "iminuit MIGRAD": migrad,
}


def left_to_fall(evaluator: Evaluator, u: np.ndarray, box: tuple[np.ndarray, np.ndarray]) -> float:
    """Return the decrease of χ² that a Newton step from `u` predicts; infinite where the Hessian is not positive.

    Coordinates within 1e-6 of a bound that pulls them are held. It tells a local minimum from a run that stopped early.
    """
    low, high = box
    gradient, hessian = np.asarray(evaluator.value_and_gradient(u)[1]), evaluator.hessian(u)
    margin = 1e-6 * (high - low)
    free = ~(((u <= low + margin) & (gradient > 0)) | ((u >= high - margin) & (gradient < 0)))
    block, slope = hessian[np.ix_(free, free)], gradient[free]
    if np.linalg.eigvalsh(block)[0] <= 0:
        return float("inf")
    return float(0.5 * slope @ np.linalg.solve(block, slope))


def minimisers(case: Case) -> Table:
    """Return the comparison; the best known χ² is the lowest that any of them finds."""
    starts, evaluator = case.starts(STARTS), case.evaluator()
    outcomes = {name: run(case, starts) for name, run in MINIMISERS.items()}
    values = {name: np.asarray(evaluator.chi2(outcome.u)) for name, outcome in outcomes.items()}
    values = {name: np.where(np.isfinite(value), value, np.inf) for name, value in values.items()}
    best = min(value.min() for value in values.values())
    times = compete({name: outcome.run for name, outcome in outcomes.items()}, rounds=3)
    rows = []
    for name, outcome in outcomes.items():
        excess = values[name] - best
        claimed = outcome.claimed & np.isfinite(excess)
        left = [left_to_fall(evaluator, u, case.box) for u in outcome.u[claimed]]
        rows.append(
            (
                name,
                float(np.mean(excess < WITHIN)),
                float(np.mean(outcome.claimed)),
                float(excess[claimed].max()) if claimed.any() else None,
                int(np.sum(np.array(left) > WITHIN)),
                outcome.compile_seconds,
                times[name].median / STARTS * 1e3,
                times[name].best / STARTS * 1e3,
            )
        )
    return Table(
        f"4. Minimisers, {STARTS} starts over the bounds; best known chi2 {best:.6f}",
        ("minimiser", "global", "claims", "worst claim", "false claims", "compile s", "ms/fit", "best turn"),
        rows,
    )
