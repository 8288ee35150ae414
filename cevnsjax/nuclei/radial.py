"""The form factor of a density by quadrature over the radius, a sum of sines that is smooth in q and in the radius.

    F(q) = 4π ∫ r² ρ(r) sin(qr)/(qr) dr / 4π ∫ r² ρ(r) dr  =  Σ_k w_k sin(q r_k)/(q r_k),      Σ_k w_k = 1

Nodes and weights are those of Gauss and Legendre between the breaks of ρ; their number grows until F stands at all q.
"""

import dataclasses
import itertools
from collections.abc import Callable, Sequence

import numpy as np

from .._base.errors import InputError
from .._base.numerics import bessel_j0, gauss_legendre
from .._base.typing import Array, Float

REACH = 25.0
"""Momentum transfer [1/fm] up to which the sum stands: neutrinos of 1 GeV, at a radius that is doubled."""
ORDERS = (4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128)
"""Nodes between two breaks that are tried."""
WIDEST = 8.0
"""Distance of two breaks [fm] above which it is cut: at the largest q, there are then 32 periods between breaks."""
CONVERGED = 1e-12
"""Change of F by the next number of nodes up to which it stands."""
_PROBES = np.linspace(0.0, REACH, 401)

Density = Callable[[Float[np.ndarray, " node"]], Float[np.ndarray, " node"]]


@dataclasses.dataclass(frozen=True)
class RadialSum:
    """Nodes [fm] and weights of the sum, and the integral of the density over space."""

    nodes: Float[np.ndarray, " node"]
    weights: Float[np.ndarray, " node"]
    integral: float

    @property
    def mean_square(self) -> float:
        """Return the mean square radius [fm²]."""
        return float(self.weights @ self.nodes**2)


def radial_transform(
    q: Float[Array, "..."], nodes: Float[Array, " node"], weights: Float[Array, " node"]
) -> Float[Array, "..."]:
    """Return F at momentum transfers `q` [1/fm]."""
    return bessel_j0(q[..., None] * nodes) @ weights


def _sum_of(density: Density, breaks: Sequence[float] | np.ndarray, order: int) -> RadialSum:
    nodes, widths = gauss_legendre(breaks, order)
    shares = 4.0 * np.pi * widths * nodes**2 * density(nodes)
    integral = float(shares.sum())
    if not (np.isfinite(integral) and integral > 0.0):
        raise InputError(f"expected a density of a positive integral over space, found {integral:g}")
    return RadialSum(nodes, shares / integral, integral)


def _cut(breaks: Sequence[float] | np.ndarray) -> Float[np.ndarray, " break"]:
    """Return the breaks with others between those that are far apart."""
    pairs = itertools.pairwise(map(float, breaks))
    pieces = [np.linspace(low, high, 2 + int((high - low) / WIDEST))[:-1] for low, high in pairs]
    return np.append(np.concatenate(pieces), breaks[-1])


def radial_sum(density: Density, breaks: Sequence[float] | np.ndarray) -> RadialSum:
    """Return the sum for a density, smooth between `breaks` [fm] and zero beyond; raise InputError if none stands."""
    breaks = _cut(breaks)
    coarse = _sum_of(density, breaks, ORDERS[0])
    known = radial_transform(_PROBES, coarse.nodes, coarse.weights)
    for order in ORDERS[1:]:
        fine = _sum_of(density, breaks, order)
        values = radial_transform(_PROBES, fine.nodes, fine.weights)
        if np.max(np.abs(values - known)) < CONVERGED:
            return fine
        known = values
    raise InputError(
        f"expected a density whose form factor {ORDERS[-1]} nodes between two breaks give, found a steeper one"
    )
