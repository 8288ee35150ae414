"""Weak charges of nucleons, as electrons see them.

Q_W = -2 [Z (g_AV^ep + 0.00005) + N (g_AV^en + 0.00006)] (1 - α/2π) with g_AV^ep = -0.0357, g_AV^en = 0.495 (Erler and Su,
arXiv:1303.5522; arXiv:2303.09360 section IV). Of the couplings only the tree part of g_AV^ep = ρ (-1/2 + 2 s²) + … moves
with sin²θ_W, as in the published fits.
"""

import math

from .._constants import FINE_STRUCTURE
from .._typing import Scalar
from .couplings import DEFAULT_SIN2, couplings

_PHOTON = 1.0 - FINE_STRUCTURE / (2.0 * math.pi)
NEUTRON_WEAK_CHARGE = -2.0 * (0.495 + 0.00006) * _PHOTON
"""Weak charge of the neutron, -0.989."""
PROTON_WEAK_CHARGE = -2.0 * (-0.0357 + 0.00005) * _PHOTON
"""Weak charge of the proton at the default sin²θ_W, 0.0712."""
PROTON_WEAK_CHARGE_SLOPE = 2.0 * couplings("2022").slope * _PHOTON
"""Derivative of the weak charge of the proton by sin²θ_W: -4ρ (1 - α/2π)."""


def proton_weak_charge(sin2_theta_w: Scalar) -> Scalar:
    """Return the weak charge of the proton."""
    return PROTON_WEAK_CHARGE + PROTON_WEAK_CHARGE_SLOPE * (sin2_theta_w - DEFAULT_SIN2)
