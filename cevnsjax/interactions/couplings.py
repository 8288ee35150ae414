"""Couplings of neutrinos to protons, neutrons and electrons, with the radiative corrections of the literature.

Schemes by the year of the papers that use them, all in the MS-bar scheme at zero momentum transfer; l is the flavour of
the neutrino, [1] is 1 for ν_e, where the W is exchanged with electrons as well, and 0 for the others.

tree   g_V^p = 1/2 - 2 s²,   g_V^n = -1/2,   g_A^p = 1/2,   g_A^n = -1/2
       g_V^e = [1] - 1/2 + 2 s²,   g_A^e = [1] - 1/2
2022   arXiv:2205.09484, 2207.05036 App. B, 2303.09360 Eq. 2, after Erler and Su, arXiv:1303.5522:
         g_V^p = ρ (1/2 - 2 s²) + 2 X + B - 2 C_l + ρ (2 Z_uL + Z_dL - 2 Z_uR - Z_dR)
         g_V^n = -ρ/2 + 2 B + X + ρ (2 Z_dL + Z_uL - 2 Z_dR - Z_uR)
         g_A^p = ρ/2 + 2 X + B + ρ (2 Z_uL + Z_dL + 2 Z_uR + Z_dR)
         g_A^n = -ρ/2 + 2 B + X + ρ (2 Z_dL + Z_uL + 2 Z_dR + Z_uR)
         g_V^e = [1] + ρ (-1/2 + 2 s²) + B + 2 C_l + ρ (Z_eL - Z_eR)
         g_A^e = [1] - ρ/2 + B + ρ (Z_eL + Z_eR)
       with the WW box B = -α_Z/(2π s_Z²) (1 - α_s(m_W)/2π), the crossed box X = α_Z/(8π s_Z²) (1 + α_s(m_W)/π), the
       charge radius C_l = -(α/6π) (ln m_W²/m_l² + 3/2) and the ZZ boxes
       Z_fX = -3 α_Z/(8π s_Z² c_Z²) g_fX² (1 - α_s(m_Z)/π), g_fX the tree couplings at s_Z². The couplings to electrons
       keep the QCD factors, although electrons have no strong interaction: with them, and only with them, the digits
       of arXiv:2207.05036 come out (without, g_V^e and g_A^e of ν_mu are 1.1e-4 and 1.3e-4 lower).
2020   arXiv:2005.01645, 2008.05022, 2102.06153: the same without ZZ boxes and with older inputs, which is
         g_V^p = ρ (1/2 - 2 s²) - α_Z/(4π s_Z²) (1 - 2 α_s(m_W)/π) + α/(6π) (3 - 2 ln m_l²/m_W²)
         g_V^n = -ρ/2 - α_Z/(8π s_Z²) (7 - 5 α_s(m_W)/π)
       These papers have no electrons and no axial couplings: those are what the formulas above give without ZZ boxes.
2024   arXiv:2402.16709: the formulas and inputs of 2022, where C_l moves with the momentum transfer,
         C_l(q²) = -(α/6π) [3/2 - 6 ∫₀¹ dx x(1-x) ln((m_l² + q² x(1-x))/m_W²)] = C_l + (α/6π) J(q²/m_l²)
       with J of `loops`; what is written out here are the couplings at q² = 0.

In all of them g_V^p moves by -2ρ δs², g_V^e by 2ρ δs²; nothing else moves.

The quoted digits of the 2022 scheme, g_V^p(ν_e, ν_μ) = 0.0382, 0.0300 and g_V^n = -0.5117, and g_V^e, come out at
s² = 0.23857; the analyses use them beside the default s² = 0.23863 and move g_V^p by -2ρ δs² from there. So does
this module: the 2022 couplings are those of the formula at 0.23857, anchored at 0.23863. The other formulas are
evaluated at s² itself; the digits of 2024, 0.0381 and 0.0299, are those of 0.23863.
"""

import math
from functools import cache

import equinox as eqx

from .._base.constants import FERMI_CONSTANT, FINE_STRUCTURE, HBAR_C_CM, LEPTON_MASSES, W_MASS
from .._base.errors import InputError, suggest
from .._base.module import Module
from .._base.typing import Array, Float, Scalar

DEFAULT_SIN2 = 0.23863
"""Default of sin²θ_W at zero momentum transfer (arXiv:2303.09360 section II)."""
COUPLING_SIN2 = 0.23857
"""sin²θ_W at zero momentum transfer for which the coupling digits of 2005.01645 and 2205.09484 were computed."""

LEPTONS = ("e", "mu", "tau")

Values = Scalar | Float[Array, "..."]


class Couplings(Module):
    """Couplings as a function of sin²θ_W: g_V^p = g_V^p(anchor) + slope (s² - anchor), g_V^e with minus the slope."""

    anchor: float
    slope: float
    proton_at_anchor: dict[str, float]
    """g_V^p at the anchor, by the flavour of the charged lepton."""
    neutron: float
    """g_V^n."""
    electron_at_anchor: dict[str, float]
    """g_V^e at the anchor, by the flavour of the charged lepton."""
    electron_axial: dict[str, float]
    """g_A^e, by the flavour of the charged lepton."""
    proton_axial: float
    """g_A^p of a proton made of quarks at tree level, without its axial charge: 1/2 but for radiative corrections."""
    neutron_axial: float
    """g_A^n, likewise."""
    charge_radii: dict[str, float]
    """Charge radii [1e-32 cm²] of the neutrinos that g_V^p and g_V^e contain."""
    runs: bool = eqx.field(static=True)
    """Whether the charge radii change with the momentum transfer."""

    def proton(self, lepton: str, sin2_theta_w: Values) -> Values:
        """Return g_V^p for neutrinos of the flavour of `lepton` ("e", "mu" or "tau")."""
        return self.proton_at_anchor[lepton] + self.slope * (sin2_theta_w - self.anchor)

    def electron(self, lepton: str, sin2_theta_w: Values) -> Values:
        """Return g_V^e for neutrinos of the flavour of `lepton` ("e", "mu" or "tau")."""
        return self.electron_at_anchor[lepton] - self.slope * (sin2_theta_w - self.anchor)


def _charged(lepton: str) -> float:
    """Return [1]: what the exchange of a W with electrons adds to g_V^e and g_A^e."""
    return 1.0 if lepton == "e" else 0.0


def charge_radius_of_standard_model(lepton: str) -> float:
    """Return -G_F/(2√2 π²) (3 - 2 ln m_l²/m_W²) [1e-32 cm²] (arXiv:2005.01645)."""
    logarithm = 2.0 * math.log(LEPTON_MASSES[lepton] / W_MASS)
    return -1e32 * HBAR_C_CM**2 * FERMI_CONSTANT / (2.0 * math.sqrt(2.0) * math.pi**2) * (3.0 - 2.0 * logarithm)


def tree_couplings(sin2: float) -> Couplings:
    """Return the couplings at tree level, evaluated and anchored at `sin2`."""
    return Couplings(
        anchor=sin2,
        slope=-2.0,
        proton_at_anchor=dict.fromkeys(LEPTONS, 0.5 - 2.0 * sin2),
        neutron=-0.5,
        electron_at_anchor={lepton: _charged(lepton) - 0.5 + 2.0 * sin2 for lepton in LEPTONS},
        electron_axial={lepton: _charged(lepton) - 0.5 for lepton in LEPTONS},
        proton_axial=0.5,
        neutron_axial=-0.5,
        charge_radii=dict.fromkeys(LEPTONS, 0.0),
        runs=False,
    )


def _corrected(
    sin2: float,
    rho: float,
    alpha_z: float,
    sin2_z: float,
    alpha_s_w: float,
    alpha_s_z: float | None,
    runs: bool,
) -> Couplings:
    """Return the couplings of the formulas above at `sin2`, without ZZ boxes if there is no `alpha_s_z`."""
    box = -alpha_z / (2.0 * math.pi * sin2_z) * (1.0 - alpha_s_w / (2.0 * math.pi))
    crossed_box = alpha_z / (8.0 * math.pi * sin2_z) * (1.0 + alpha_s_w / math.pi)

    def zz_box(coupling: float) -> float:
        if alpha_s_z is None:
            return 0.0
        loop = -3.0 * alpha_z / (8.0 * math.pi * sin2_z * (1.0 - sin2_z))
        return loop * coupling**2 * (1.0 - alpha_s_z / math.pi)

    def charge_radius(lepton: str) -> float:
        return -FINE_STRUCTURE / (6.0 * math.pi) * (math.log((W_MASS / LEPTON_MASSES[lepton]) ** 2) + 1.5)

    up_left, up_right = zz_box(0.5 - 2.0 / 3.0 * sin2_z), zz_box(-2.0 / 3.0 * sin2_z)
    down_left, down_right = zz_box(-0.5 + sin2_z / 3.0), zz_box(sin2_z / 3.0)
    electron_left, electron_right = zz_box(-0.5 + sin2_z), zz_box(sin2_z)
    up, up_axial = up_left - up_right, up_left + up_right
    down, down_axial = down_left - down_right, down_left + down_right
    proton = rho * (0.5 - 2.0 * sin2) + 2.0 * crossed_box + box + rho * (2.0 * up + down)
    electron = rho * (-0.5 + 2.0 * sin2) + box + rho * (electron_left - electron_right)
    electron_axial = -0.5 * rho + box + rho * (electron_left + electron_right)
    return Couplings(
        anchor=sin2,
        slope=-2.0 * rho,
        proton_at_anchor={lepton: proton - 2.0 * charge_radius(lepton) for lepton in LEPTONS},
        neutron=-0.5 * rho + 2.0 * box + crossed_box + rho * (2.0 * down + up),
        electron_at_anchor={lepton: _charged(lepton) + electron + 2.0 * charge_radius(lepton) for lepton in LEPTONS},
        electron_axial={lepton: _charged(lepton) + electron_axial for lepton in LEPTONS},
        proton_axial=0.5 * rho + 2.0 * crossed_box + box + rho * (2.0 * up_axial + down_axial),
        neutron_axial=-0.5 * rho + 2.0 * box + crossed_box + rho * (2.0 * down_axial + up_axial),
        charge_radii={lepton: charge_radius_of_standard_model(lepton) for lepton in LEPTONS},
        runs=runs,
    )


def couplings_2020(sin2: float) -> Couplings:
    """Return the couplings of the 2020 scheme, evaluated and anchored at `sin2`."""
    return _corrected(sin2, 1.00058, 1.0 / 127.955, 0.23122, 0.123, None, False)


def couplings_2022(sin2: float) -> Couplings:
    """Return the couplings of the 2022 scheme, evaluated and anchored at `sin2`."""
    return _corrected(sin2, 1.00063, 1.0 / 127.952, 0.23121, 0.1227, 0.1185, False)


def couplings_2024(sin2: float) -> Couplings:
    """Return the couplings of the 2024 scheme at zero momentum transfer, evaluated and anchored at `sin2`."""
    return _corrected(sin2, 1.00063, 1.0 / 127.952, 0.23121, 0.1227, 0.1185, True)


_FORMULAS = {"tree": tree_couplings, "2020": couplings_2020, "2022": couplings_2022, "2024": couplings_2024}
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


def scheme_of(chosen: Couplings) -> str | None:
    """Return the name of the scheme whose couplings `chosen` are, None if they are of no scheme."""
    return next((name for name in SCHEMES if eqx.tree_equal(chosen, couplings(name))), None)
