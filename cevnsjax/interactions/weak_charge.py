"""Weak charges of nucleons and nuclei, as electrons see them.

Q_W = -2 [Z (g_AV^ep + 0.00005) + N (g_AV^en + 0.00006)] (1 - α/2π) with g_AV^ep = -0.0357 and g_AV^en = 0.495 (Erler
and Su, arXiv:1303.5522; arXiv:2303.09360 section IV). Of the couplings only the tree part of g_AV^ep =
ρ (-1/2 + 2 s²) + … moves with sin²θ_W, as in the published fits.
"""

import math

import equinox as eqx

from .._base.constants import FINE_STRUCTURE, HBAR_C
from .._base.numerics import namespace
from .._base.typing import Array, Float, Params, Scalar
from ..nuclei.form_factors import symmetrised_fermi
from ..nuclei.radii import NEUTRON_CHARGE_RADIUS_SQUARED
from ..stages.stage import Stage
from .couplings import DEFAULT_SIN2, Values, couplings

_PHOTON = 1.0 - FINE_STRUCTURE / (2.0 * math.pi)
NEUTRON_WEAK_CHARGE = -2.0 * (0.495 + 0.00006) * _PHOTON
"""Weak charge of the neutron, -0.989."""
PROTON_WEAK_CHARGE = -2.0 * (-0.0357 + 0.00005) * _PHOTON
"""Weak charge of the proton at the default sin²θ_W, 0.0712."""
PROTON_WEAK_CHARGE_SLOPE = 2.0 * couplings("2022").slope * _PHOTON
"""Derivative of the weak charge of the proton by sin²θ_W: -4ρ (1 - α/2π)."""


def proton_weak_charge(sin2_theta_w: Values) -> Values:
    """Return the weak charge of the proton."""
    return PROTON_WEAK_CHARGE + PROTON_WEAK_CHARGE_SLOPE * (sin2_theta_w - DEFAULT_SIN2)


def weak_charge(protons: int, neutrons: int, sin2_theta_w: Values) -> Values:
    """Return the weak charge of a nucleus, from the rounded couplings above."""
    return protons * proton_weak_charge(sin2_theta_w) + neutrons * NEUTRON_WEAK_CHARGE


def weak_radius_squared(
    protons: int, neutrons: int, sin2_theta_w: Scalar, proton_radius: Scalar, neutron_radius: Scalar
) -> Scalar:
    """Return the mean square radius [fm²] of the weak charge of a nucleus with physical radii [fm].

    Q_W R_W² = q_p Z R_p² + q_n N R_n² + <r_n²> (q_n Z + q_p N): a nucleon of weak charge q carries, beside the charge
    radius of the proton that the physical radii have in them, that of the neutron times the weak charge of its isospin
    partner (Horowitz et al., arXiv:1202.1468, without strangeness and spin-orbit currents).
    """
    proton = proton_weak_charge(sin2_theta_w)
    nucleons = proton * protons * proton_radius**2 + NEUTRON_WEAK_CHARGE * neutrons * neutron_radius**2
    partners = NEUTRON_CHARGE_RADIUS_SQUARED * (NEUTRON_WEAK_CHARGE * protons + proton * neutrons)
    return (nucleons + partners) / weak_charge(protons, neutrons, sin2_theta_w)


class WeakAmplitude(Stage):
    """Stage: Q_W F_W(q) of a nucleus at momentum transfers q, in units of its Q_W in the Standard Model.

    This is what the parity-violating asymmetry of elastic electron scattering measures: the asymmetry is linear in the
    potential of the weak charge, Coulomb distortion or not. At the default sin²θ_W it is the weak form factor F_W, that
    of a symmetrised Fermi distribution with the rms radius of the weak charge.
    """

    q: Float[Array, " observable"]
    """Momentum transfers [1/fm]."""
    protons: int = eqx.field(static=True)
    neutrons: int = eqx.field(static=True)
    diffuseness: float = eqx.field(static=True)
    """Diffuseness a of the weak charge [fm]."""
    proton_radius: str = eqx.field(static=True)
    """Parameter with the physical radius of the protons, and that of the neutrons."""
    neutron_radius: str = eqx.field(static=True)

    def own_parameters(self) -> frozenset[str]:
        return frozenset({"sin2_theta_w", self.proton_radius, self.neutron_radius})

    def __call__(self, params: Params) -> Float[Array, " observable"]:
        sin2 = params["sin2_theta_w"]
        charge = weak_charge(self.protons, self.neutrons, sin2) / weak_charge(self.protons, self.neutrons, DEFAULT_SIN2)
        squared = weak_radius_squared(
            self.protons, self.neutrons, sin2, params[self.proton_radius], params[self.neutron_radius]
        )
        xp = namespace(self.q, squared)
        smallest = 1.4 * (math.pi * self.diffuseness) ** 2 + 0.01
        radius = xp.sqrt(xp.maximum(squared, smallest))
        return charge * symmetrised_fermi(self.q * HBAR_C, radius, self.diffuseness)
