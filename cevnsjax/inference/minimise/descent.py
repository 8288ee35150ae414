"""Minimisers of libraries that know no bounds, on a problem: many starts side by side.

They move in coordinates x with u = lower + (upper - lower) (1 + sin x) / 2, as MINUIT does, in units of the curvature
at the start. Whoever minimised, the exact derivatives where it ended say whether that is a minimum.
"""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..._base.clock import CLOCK
from ..._base.typing import Float
from ..problem.problem import Problem
from .minuit import inside
from .newton import Minimum, joined
from .settling import EARLY, settle

CHUNK = 16
"""Minimisations that run side by side."""
MOST_STEPS = 2000
SMALL = 1e-9
"""Relative change of χ² and of the coordinates at which a minimiser of optimistix stops."""
FLAT = 1e-5
"""Largest slope, in units of the curvature at the start, at which a minimiser of optax stops."""
LONGEST = 0.5
"""Unit of a coordinate that does not bend χ²: about a quarter of its range."""

Descent = Callable[[Callable[[jax.Array], jax.Array], jax.Array], tuple[jax.Array, jax.Array]]
"""From a function and a start to where the search ended, and its steps."""


def by_optimistix(
    minimiser: Any, function: Callable[[jax.Array], jax.Array], start: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """Return where a `minimiser` of optimistix ends, and its steps."""
    import optimistix

    solution = optimistix.minimise(lambda y, _: function(y), minimiser, start, max_steps=MOST_STEPS, throw=False)
    return solution.value, solution.stats["num_steps"]


def by_optax(
    transformation: Any, function: Callable[[jax.Array], jax.Array], start: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """Return where a `transformation` of optax ends, and its steps."""
    import optax

    optimiser = optax.with_extra_args_support(transformation)
    from_state = optax.value_and_grad_from_state(function)

    def value_and_gradient(y: jax.Array, state: Any) -> tuple[Any, Any]:
        if optax.tree.get(state, "value") is None:
            return jax.value_and_grad(function)(y)
        return from_state(y, state=state)

    def advance(carry: tuple[jax.Array, Any, jax.Array, jax.Array]) -> tuple[jax.Array, Any, jax.Array, jax.Array]:
        y, state, steps, _ = carry
        value, gradient = value_and_gradient(y, state)
        change, state = optimiser.update(gradient, state, y, value=value, grad=gradient, value_fn=function)
        flat = jnp.max(jnp.abs(gradient), initial=0.0) < FLAT
        moved: Any = optax.apply_updates(y, change)
        return jnp.where(flat, y, moved), state, steps + 1, flat

    first = start, optimiser.init(start), jnp.asarray(0), jnp.asarray(False)
    last = jax.lax.while_loop(lambda carry: ~carry[3] & (carry[2] < MOST_STEPS), advance, first)
    return last[0], last[2]


def _derivatives(problem: Problem, u: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
    def gradient_with_value(at: jax.Array) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
        value, gradient = jax.value_and_grad(problem)(at)
        return gradient, (value, gradient)

    hessian, (value, gradient) = jax.jacfwd(gradient_with_value, has_aux=True)(u)
    return value, gradient, hessian


class DescentSearch:
    """Minimises a problem with a minimiser that knows no bounds, `CHUNK` starts side by side."""

    @CLOCK.during("compile")
    def __init__(self, problem: Problem, descent: Descent) -> None:
        """Compile the minimisation, and the derivatives that judge it."""
        started = time.perf_counter()
        self.problem = problem
        self.lower, self.upper = problem.box
        rows = np.zeros((CHUNK, len(problem.names)))
        self._judge = jax.jit(jax.vmap(_derivatives, (None, 0))).lower(problem, rows).compile()
        move = jax.vmap(partial(self._from, descent), (None, 0, 0, 0))
        self._move = jax.jit(move).lower(problem, rows, rows, rows.astype(bool)).compile()
        self.compile_seconds, self.run_seconds = time.perf_counter() - started, 0.0

    def _from(
        self, descent: Descent, problem: Problem, start: jax.Array, unit: jax.Array, frozen: jax.Array
    ) -> tuple[jax.Array, jax.Array]:
        span = self.upper - self.lower
        origin = jnp.arcsin(jnp.clip(2.0 * (start - self.lower) / span - 1.0, -1.0, 1.0))

        def place(y: jax.Array) -> jax.Array:
            u = self.lower + 0.5 * span * (1.0 + jnp.sin(origin + unit * y))
            return jnp.where(frozen, start, jnp.clip(u, self.lower, self.upper))

        def chi2(y: jax.Array) -> Any:
            return problem(place(y))

        y, steps = descent(chi2, jnp.zeros_like(start))
        return place(y), steps

    def __call__(self, start: Float[np.ndarray, "start coordinate"], frozen: np.ndarray) -> Minimum:
        """Return the minimum reached from each row of `start`, the coordinates marked in `frozen` held."""
        started = time.perf_counter()
        frozen, parts = np.broadcast_to(frozen, start.shape), []
        for first in range(0, len(start), CHUNK):
            rows = np.arange(first, first + CHUNK).clip(max=len(start) - 1)
            parts.append(self._chunk(start[rows], frozen[rows]))
        minima = joined(parts).at(np.arange(len(start)))
        self.run_seconds += time.perf_counter() - started
        return minima

    def _chunk(self, start: np.ndarray, frozen: np.ndarray) -> Minimum:
        box = self.lower, self.upper
        span = self.upper - self.lower
        _, _, hessian = map(np.asarray, self._judge(self.problem, start))
        curvature = np.abs(np.diagonal(hessian, axis1=1, axis2=2))
        bent = np.isfinite(curvature) & (curvature > 8.0 / (LONGEST * span) ** 2)
        steps = np.where(bent, np.sqrt(2.0 / np.where(bent, curvature, 1.0)), 0.5 * LONGEST * span)
        inner = np.where(frozen, start, inside(start, steps, box))
        slope = np.sqrt(np.clip((inner - self.lower) * (self.upper - inner), 0.0, None))
        unit = np.minimum(steps / np.maximum(slope, 1e-300), LONGEST)
        u, count = map(np.asarray, self._move(self.problem, inner, unit, frozen))
        value, gradient, hessian = map(np.asarray, self._judge(self.problem, u))
        settled = [settle(*each, box, EARLY) for each in zip(u, gradient, hessian, frozen, strict=True)]
        u, reached = np.array([each[0] for each in settled]), np.array([each[1] for each in settled])
        value, gradient, hessian = map(np.asarray, self._judge(self.problem, u))
        return Minimum(u, value, gradient, hessian, reached, count)
