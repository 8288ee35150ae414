"""Fewer nodes: a sum over many recoil energies, of functions of which only few are independent, as a sum over few.

The squared amplitudes of a model at all values of its parameters span, to a part in 10¹², a space of few dimensions:
neighbouring recoil energies know the same. A pivoted QR decomposition of samples picks the energies that carry the rest
(interpolative decomposition; Cheng, Gimbutas, Martinsson, Rokhlin, SIAM J. Sci. Comput. 26, 1389 (2005)).
"""

from collections.abc import Set
from itertools import product

import numpy as np
import scipy.linalg

from .._base.typing import Float, Params

TOLERANCE = 1e-12
"""Size of what the chosen nodes leave of the samples, relative to the largest sample."""

MOST_SAMPLES = 160
"""More samples than this are added up, with weights drawn at random, to this many: many more than needed."""

DECADES = 3.0
"""A positive parameter with bounds this many decades apart is sampled in its logarithm."""


def sampled(
    domain: tuple[tuple[str, float, float], ...], free: Set[str], params: Params, count: int, seed: int
) -> list[Params]:
    """Return values of all parameters, those of `domain` that are free spread over their bounds, the corners first."""
    moving = [(name, low, high) for name, low, high in domain if name in free]
    if not moving:
        return [dict(params)]
    from scipy.stats import qmc

    corners = np.array(list(product((0.0, 1.0), repeat=min(len(moving), 5))))
    corners = np.pad(corners, ((0, 0), (0, len(moving) - corners.shape[1])))
    inside = qmc.Sobol(len(moving), seed=seed).random(count)
    samples: list[Params] = []
    for row in np.concatenate([corners, inside]):
        values = dict(params)
        for share, (name, low, high) in zip(row, moving, strict=True):
            logarithmic = low > 0 and np.log10(high / low) > DECADES
            values[name] = low * (high / low) ** share if logarithmic else low + share * (high - low)
        samples.append(values)
    return samples


def interpolation(
    samples: Float[np.ndarray, "sample node"], importance: Float[np.ndarray, " node"], tolerance: float = TOLERANCE
) -> tuple[np.ndarray, Float[np.ndarray, "point node"]]:
    """Return which nodes to keep and the matrix X with f(node) = Σ_points f(point) X for every sampled f.

    The error is weighted with the `importance` of each node; a node of no importance is interpolated with 0.
    """
    seen = importance > 0
    weighted = samples[:, seen] * importance[seen]
    size = np.abs(weighted).max(axis=1)
    weighted = weighted[size > 0] / size[size > 0, None]
    if len(weighted) > MOST_SAMPLES:
        weighted = np.random.default_rng(0).standard_normal((MOST_SAMPLES, len(weighted))) @ weighted
    _, r, pivots = scipy.linalg.qr(weighted, mode="economic", pivoting=True)
    diagonal = np.abs(np.diag(r))
    rank = max(1, int(np.sum(diagonal > tolerance * diagonal[0])))
    matrix = np.zeros((rank, len(pivots)))
    matrix[:, pivots[:rank]] = np.eye(rank)
    matrix[:, pivots[rank:]] = scipy.linalg.solve_triangular(r[:rank, :rank], r[:rank, rank:])
    nodes = np.flatnonzero(seen)[pivots[:rank]]
    full = np.zeros((rank, len(importance)))
    full[:, seen] = matrix * importance[nodes][:, None] / importance[seen]
    return nodes, full
