"""Loops of charged leptons between a neutrino and a photon: how they change with the momentum transfer.

The vacuum polarisation of a lepton of mass m, at space-like momentum transfer q² = t m², gives everywhere the same
integral (Peskin and Schroeder, An Introduction to Quantum Field Theory, section 7.5):

    J(t) = 6 ∫₀¹ dx x(1-x) ln(1 + x(1-x) t)
         = -5/3 + 4/t + (1 - 2/t) A ln((A+1)/(A-1)),   A² = 1 + 4/t
         = Σ_k 4(k+2) / ((2k+1)(2k+3)) v^k,            v = t/(t+4)

t/5 for small t, ln t - 5/3 for large t. All terms of the series are positive; the closed form cancels below t = 1/2.
"""

import numpy as np

from .._base.constants import LEPTON_MASSES
from .._base.numerics import namespace
from .._base.typing import Array, Float

_SMALL = 0.5
_SERIES = tuple(4.0 * (k + 2.0) / ((2.0 * k + 1.0) * (2.0 * k + 3.0)) for k in range(1, 20))
"""Below t = 1/2 v is below 1/9: what is left out is 1e-18 of the sum."""


def running(t: Float[Array, "*node"]) -> Float[Array, "*node"]:
    """Return J(t) for t = q²/m² ≥ 0."""
    xp = namespace(t)
    v = t / (t + 4.0)
    series = 0.0 * v
    for coefficient in reversed(_SERIES):
        series = v * (coefficient + series)
    large = xp.where(t < _SMALL, 1.0, t)
    logarithm = 2.0 * xp.log(0.5 * (xp.sqrt(large) + xp.sqrt(large + 4.0)))
    closed = -5.0 / 3.0 + 4.0 / large + (1.0 - 2.0 / large) * xp.sqrt(1.0 + 4.0 / large) * logarithm
    return xp.where(t < _SMALL, series, closed)


def running_of_leptons(q2: Float[Array, "*node"]) -> Float[Array, "3 *node"]:
    """Return J(q²/m_l²) for e, mu and tau, with q² in MeV²."""
    xp = namespace(q2)
    return xp.stack([running(xp.asarray(q2) / mass**2) for mass in LEPTON_MASSES.values()])


def logarithms() -> Float[np.ndarray, "3"]:
    """Return ln(m_l²/m_τ²) for e, mu and tau."""
    return 2.0 * np.log(np.array(list(LEPTON_MASSES.values())) / LEPTON_MASSES["tau"])
