"""Vector couplings of neutrinos to protons and neutrons, with the radiative corrections of the literature.

Three schemes by the year of the papers that use them. All in the MS-bar scheme at zero momentum transfer:

tree   g_V^p = 1/2 - 2 s², g_V^n = -1/2.
2020   arXiv:2005.01645, 2008.05022, 2102.06153:
         g_V^p(ν_l) = ρ (1/2 - 2 s²) - α_Z/(4π s_Z²) (1 - 2 α_s(m_W)/π) + α/(6π) (3 - 2 ln m_l²/m_W²)
         g_V^n = -ρ/2 - α_Z/(8π s_Z²) (7 - 5 α_s(m_W)/π)
2022   arXiv:2205.09484, 2207.05036, 2303.09360 Eq. 2, after Erler and Su, arXiv:1303.5522:
         g_V^p(ν_l) = ρ (1/2 - 2 s²) + 2 X + B - 2 C_l + ρ (2 Z_uL + Z_dL - 2 Z_uR - Z_dR)
         g_V^n = -ρ/2 + 2 B + X + ρ (2 Z_dL + Z_uL - 2 Z_dR - Z_uR)
       with the WW box B, the crossed box X, the charge radius C_l and the ZZ boxes Z of the functions below.

The quoted digits of the 2022 scheme, g_V^p(ν_e, ν_μ) = 0.0382, 0.0300 and g_V^n = -0.5117, come out at
s² = 0.23857; the analyses use them beside the default s² = 0.23863 and move g_V^p by -2ρ δs² from there. So does
this module: the 2022 couplings are those of the formula at 0.23857, anchored at 0.23863. The tree and 2020 formulas
are evaluated at s² itself.
"""

import math
from functools import cache

import equinox as eqx

from .._constants import FINE_STRUCTURE, LEPTON_MASSES, W_MASS
from .._errors import InputError, suggest
from .._typing import Scalar

DEFAULT_SIN2 = 0.23863
"""Default of sin²θ_W at zero momentum transfer (arXiv:2303.09360 section II)."""
COUPLING_SIN2 = 0.23857
"""sin²θ_W at zero momentum transfer for which the coupling digits of 2005.01645 and 2205.09484 were computed."""

LEPTONS = ("e", "mu", "tau")


class Couplings(eqx.Module):
    """Vector couplings as a function of sin²θ_W: g_V^p = g_V^p(anchor) + slope (s² - anchor), g_V^n fixed."""

    anchor: float
    slope: float
    proton_at_anchor: dict[str, float]
    """g_V^p at the anchor, by the flavour of the charged lepton."""
    neutron: float
    """g_V^n."""

    def proton(self, lepton: str, sin2_theta_w: Scalar) -> Scalar:
        """Return g_V^p for neutrinos of the flavour of `lepton` ("e", "mu" or "tau")."""
        return self.proton_at_anchor[lepton] + self.slope * (sin2_theta_w - self.anchor)


def tree_couplings(sin2: float) -> Couplings:
    """Return the couplings at tree level, evaluated and anchored at `sin2`."""
    return Couplings(sin2, -2.0, dict.fromkeys(LEPTONS, 0.5 - 2.0 * sin2), -0.5)


def couplings_2020(sin2: float) -> Couplings:
    """Return the couplings of the 2020 scheme, evaluated and anchored at `sin2`."""
    rho, alpha_z, sin2_z, alpha_s = 1.00058, 1.0 / 127.955, 0.23122, 0.123

    def charge_radius(lepton: str) -> float:
        return FINE_STRUCTURE / (6.0 * math.pi) * (3.0 - 2.0 * math.log((LEPTON_MASSES[lepton] / W_MASS) ** 2))

    box = alpha_z / (4.0 * math.pi * sin2_z) * (1.0 - 2.0 * alpha_s / math.pi)
    proton = {lepton: rho * (0.5 - 2.0 * sin2) - box + charge_radius(lepton) for lepton in LEPTONS}
    neutron = -0.5 * rho - alpha_z / (8.0 * math.pi * sin2_z) * (7.0 - 5.0 * alpha_s / math.pi)
    return Couplings(sin2, -2.0 * rho, proton, neutron)


def couplings_2022(sin2: float) -> Couplings:
    """Return the couplings of the 2022 scheme, evaluated and anchored at `sin2`."""
    rho, alpha_z, sin2_z = 1.00063, 1.0 / 127.952, 0.23121
    alpha_s_w, alpha_s_z = 0.1227, 0.1185
    box = -alpha_z / (2.0 * math.pi * sin2_z) * (1.0 - alpha_s_w / (2.0 * math.pi))
    crossed_box = alpha_z / (8.0 * math.pi * sin2_z) * (1.0 + alpha_s_w / math.pi)

    def zz_box(coupling: float) -> float:
        loop = -3.0 * alpha_z / (8.0 * math.pi * sin2_z * (1.0 - sin2_z))
        return loop * coupling**2 * (1.0 - alpha_s_z / math.pi)

    up_left, up_right = zz_box(0.5 - 2.0 / 3.0 * sin2_z), zz_box(-2.0 / 3.0 * sin2_z)
    down_left, down_right = zz_box(-0.5 + sin2_z / 3.0), zz_box(sin2_z / 3.0)

    def charge_radius(lepton: str) -> float:
        return -FINE_STRUCTURE / (6.0 * math.pi) * (math.log((W_MASS / LEPTON_MASSES[lepton]) ** 2) + 1.5)

    proton_boxes = rho * (2.0 * up_left + down_left - 2.0 * up_right - down_right)
    proton = {
        lepton: rho * (0.5 - 2.0 * sin2) + 2.0 * crossed_box + box - 2.0 * charge_radius(lepton) + proton_boxes
        for lepton in LEPTONS
    }
    neutron_boxes = rho * (2.0 * down_left + up_left - 2.0 * down_right - up_right)
    return Couplings(sin2, -2.0 * rho, proton, -0.5 * rho + 2.0 * box + crossed_box + neutron_boxes)


_FORMULAS = {"tree": tree_couplings, "2020": couplings_2020, "2022": couplings_2022}
SCHEMES = tuple(_FORMULAS)
"""Names of the schemes, by the year of the papers that use them."""


def formula(scheme: str, sin2: float) -> Couplings:
    """Return the couplings that the formula of a scheme gives at `sin2`, anchored there."""
    if scheme not in SCHEMES:
        raise InputError(f"unknown couplings '{scheme}'{suggest(scheme, SCHEMES)}; known: {', '.join(SCHEMES)}")
    return _FORMULAS[scheme](sin2)


@cache
def couplings(scheme: str) -> Couplings:
    """Return the couplings of a scheme as the published fits use them: those of 2022 anchored at `DEFAULT_SIN2`."""
    if scheme != "2022":
        return formula(scheme, DEFAULT_SIN2)
    published = formula(scheme, COUPLING_SIN2)
    return eqx.tree_at(lambda c: c.anchor, published, DEFAULT_SIN2)
