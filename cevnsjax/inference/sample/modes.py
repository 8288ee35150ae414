"""Where chains start and how far they may step: the minima of χ² and the curvature there."""

import dataclasses
from typing import Any

import equinox as eqx
import jax
import numpy as np
from scipy.special import expit

from ..._base.checkpoint import fingerprint
from ..._base.errors import InputError
from ..._base.typing import Array, Float
from ..minimise.curvature import FLAT
from ..minimise.newton import Minimum
from ..minimise.solver import Solver
from ..minimise.starts import STARTS, spread_starts
from ..minimise.widths import conditional_width
from ..problem.density import WIDEST, Bounds, Density, build_density
from ..problem.priors import Weighted
from ..problem.problem import Problem

FAR = 30.0
"""Minima whose χ² is higher than the lowest by more than this are no places to start from."""
LOWEST = 15.0
"""How far below a mode ln p may be where a chain starts, if priors are of other shapes than χ² holds."""
MOST_MODES = 8
INSIDE = 0.5
"""How far inside a bound a chain starts at least, of the scale of the bend there."""
KEPT = 8
"""Problems whose minima are remembered, so that a further run of the same problem does not look for them again."""


@dataclasses.dataclass(frozen=True)
class Mode:
    """A minimum, in the unbounded numbers z, with a Gaussian around it."""

    u: Float[np.ndarray, " coordinate"]
    z: Float[np.ndarray, " coordinate"]
    factor: Float[np.ndarray, "coordinate coordinate"]
    """L of the covariance L Lᵀ of z."""
    log_weight: float
    """ln of its share in the posterior, up to a constant, if it were Gaussian."""


def _widths(problem: Problem, u: np.ndarray, hessian: np.ndarray, bounds: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Return the width of the density in each coordinate, the others held, at a minimum."""
    low, high = bounds
    widths = np.empty(len(u))

    def chi2(point: np.ndarray) -> float:
        return float(problem(point))

    for k in range(len(u)):
        curvature = hessian[k, k]
        width = np.sqrt(2.0 / curvature) if np.isfinite(curvature) and curvature > 0.0 else np.inf
        if u[k] - width < low[k] or u[k] + width > high[k] or chi2(u + width * np.eye(len(u))[k]) - chi2(u) > FLAT:
            width = conditional_width(chi2, u, k, float(low[k]), float(high[k]))
        widths[k] = width
    return widths


def _covariance_factor(curvature: np.ndarray, span: np.ndarray) -> np.ndarray:
    """Return L of the covariance 2 H⁻¹, no direction wider than `span`, the quarter of the room of each coordinate."""
    scaled = 0.5 * curvature * np.outer(span, span)
    values, vectors = np.linalg.eigh(np.where(np.isfinite(scaled), scaled, 0.0))
    return span[:, None] * vectors / np.sqrt(np.maximum(values, 1.0))


def _mode(bounds: Bounds, span: np.ndarray, u: np.ndarray, minimum: Minimum, index: int) -> Mode:
    """Return the mode at minimum `index`; the curvature in z is that in u, by the chain rule, and of the Jacobian."""
    value, gradient, hessian = (np.asarray(a)[index] for a in (minimum.value, minimum.gradient, minimum.hessian))
    z = np.asarray(bounds.unbounded(u))
    x, y = (z - bounds.lower) / bounds.scale, (z - bounds.upper) / bounds.scale
    rising, falling = expit(x), expit(y)
    slope = rising - falling
    bend = (rising * (1.0 - rising) - falling * (1.0 - falling)) / bounds.scale
    jacobian = 2.0 * (rising * (1.0 - rising) + falling * (1.0 - falling)) / bounds.scale**2
    moved = gradient + hessian @ (u - np.asarray(minimum.u)[index])
    factor = _covariance_factor(np.outer(slope, slope) * hessian + np.diag(moved * bend + jacobian), span)
    log_weight = -0.5 * value + float(bounds.log_jacobian(z)) + float(np.log(np.abs(np.linalg.det(factor / span))))
    return Mode(u, z, factor, log_weight)


@jax.jit
def _bend(density: Density, z: Float[Array, " coordinate"]) -> tuple[Any, Any]:
    """Return ln p(z) and its Hessian."""
    return density(z), jax.hessian(density)(z)


@jax.jit
def _value(density: Density, z: Float[Array, " coordinate"]) -> Any:
    return density(z)


def _shaped_mode(density: Density, span: np.ndarray, u: np.ndarray) -> Mode:
    """Return the mode at `u` where priors are of other shapes than χ² holds; the curvature is that of ln p(z)."""
    z = np.asarray(density.bounds.unbounded(u))
    value, hessian = (np.asarray(a) for a in _bend(density, z))
    factor = _covariance_factor(-2.0 * hessian, span)
    return Mode(u, z, factor, float(value) + float(np.log(np.abs(np.linalg.det(factor / span)))))


def _with_priors(problem: Problem) -> Problem:
    """Return `problem` with -2 ln of its priors in χ², but for those that are flat in the logarithm."""
    shapes = tuple(shape for shape in problem.priors if not shape.logarithmic)
    if not shapes:
        return problem
    weighted = Weighted(problem.chi2.constraints, shapes)
    return eqx.tree_at(lambda p: p.chi2.constraints, problem, weighted)


def find_modes(
    problem: Problem, start: Float[np.ndarray, " coordinate"], is_free: np.ndarray
) -> tuple[Density, tuple[Mode, ...]]:
    """Return the density of `problem`, its map to the bounds fitted to the lowest minimum, and its minima.

    The lowest comes first; others that are apart and not much higher follow.
    """
    weighted = _with_priors(problem)
    solver = Solver(weighted)
    minima = solver(spread_starts(solver, start, is_free, STARTS), np.zeros(len(start), bool))
    value = np.where(np.isfinite(minima.value), minima.value, np.inf)
    order = np.argsort(value)
    if not np.isfinite(value[order[0]]):
        raise InputError("chi2 is not finite at any of the starting points")
    lowest = minima.u[order[0]]
    density = build_density(problem, _widths(weighted, lowest, minima.hessian[order[0]], problem.box))
    bounds = density.bounds
    low, high = (np.asarray(end) for end in bounds.ends)
    span = WIDEST * (high - low)
    modes: list[Mode] = []
    for index in order:
        if len(modes) == MOST_MODES or not value[index] < value[order[0]] + FAR:
            break
        room = np.minimum(INSIDE * bounds.scale, 0.25 * (high - low))
        v = np.clip(bounds.straight(minima.u[index]), low + room, high - room)
        u = np.asarray(bounds.curved(v))
        apart = all(np.any(np.abs(v - bounds.straight(mode.u)) > 2.0 * bounds.scale) for mode in modes)
        if apart:
            own = _shaped_mode(density, span, u) if problem.priors else _mode(bounds, span, u, minima, int(index))
            modes.append(own)
    return density, tuple(modes)


_remembered: dict[tuple[str, bytes], tuple[Density, tuple[Mode, ...]]] = {}


def remembered_modes(
    problem: Problem, start: Float[np.ndarray, " coordinate"], is_free: np.ndarray
) -> tuple[Density, tuple[Mode, ...]]:
    """Return the result of `find_modes`, remembered."""
    key = fingerprint(problem), start.tobytes() + is_free.tobytes()
    if key not in _remembered:
        while len(_remembered) >= KEPT:
            _remembered.pop(next(iter(_remembered)))
        _remembered[key] = find_modes(problem, start, is_free)
    return _remembered[key]


def _is_possible(density: Density, z: Float[np.ndarray, " coordinate"], mode: Mode) -> bool:
    """Return whether a chain can start at `z`: where χ² is finite and, in a logarithm, ln p not far below the mode.

    Rates go with high powers of a coupling: a step to twice its value may cost thousands.
    """
    if not density.problem.priors:
        return bool(np.isfinite(float(density.problem(density.coordinates(z)))))
    here, there = (float(_value(density, point)) for point in (z, mode.z))
    return here > there - LOWEST


def start_chains(
    density: Density, modes: tuple[Mode, ...], chains: int, seed: int
) -> tuple[Float[np.ndarray, "chain coordinate"], np.ndarray]:
    """Return z where each chain starts, and the mode that it starts at.

    The modes get chains in proportion to their Gaussian weights, at least 1 each while there are enough; starts are
    drawn from the Gaussian around the mode.
    """
    random = np.random.default_rng([seed, 0x57A2])
    weights = np.exp([mode.log_weight - max(m.log_weight for m in modes) for mode in modes])
    given = np.floor(chains * weights / weights.sum()).astype(int)
    if chains >= 4 * len(modes):
        given = np.maximum(given, 1)
    given[0] = max(given[0], 0) + chains - given.sum()
    if given[0] < 1:
        given = np.bincount(np.arange(chains) % len(modes), minlength=len(modes))
    which = np.repeat(np.arange(len(modes)), given)
    starts = np.empty((chains, len(density.names)))
    for chain, index in enumerate(which):
        mode, width = modes[index], 1.0
        for _ in range(20):
            starts[chain] = mode.z + width * mode.factor @ random.standard_normal(len(mode.z))
            if _is_possible(density, starts[chain], mode):
                break
            width *= 0.5
        else:
            starts[chain] = mode.z
    return starts, which
