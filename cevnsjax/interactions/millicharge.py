"""Electric charges of the neutrinos, diagonal and of transitions.

    nuclei   a_αβ = δ_αβ a_SM - Q_αβ Z F_Z,   Q = 2√2 π α q_ν / (G_F q²),   q² = -2MT

(arXiv:2005.01645): the four-momentum squared is negative, hence + √2 π α q_ν / (G_F M T). This sign gives the
asymmetric intervals published for argon, the opposite their mirror image. q_ν is real and symmetric, in 1e-8 of the
elementary charge; the same for antineutrinos.

Electrons of atoms are bound, and photons of 1/q² see them as such. Two ways:
equivalent photons   (default) dσ/dT = (2α/π) (σ_γ(T)/T) ln(E/m_ν) Σ_β q_αβ², with the photo-absorption cross section
                     σ_γ of the atom and m_ν = 1 eV; no interference with the weak interaction (arXiv:2207.05036).
free-electron        g_V,αβ = δ_αβ g_V - √2 π α q_αβ / (G_F m_e T), on Z_eff(T) free electrons; interferes.
"""

import math

import equinox as eqx

from .._base import arguments
from .._base.constants import FINE_STRUCTURE
from .._base.errors import InputError, suggest
from ..parameters.parameter import Parameter
from .flavour_matrices import FlavourMatrix, matrix_parameters
from .interaction import CONTACT, Interaction, Photon, Term

ELECTRONS = ("equivalent-photon", "free-electron")
"""How electrons are seen."""
UNIT = 1e-8
"""Unit of the charges [e]."""
PER_CHARGE = float(4.0 * math.pi * FINE_STRUCTURE * CONTACT * UNIT)
"""2√2 π α/G_F times the unit of the charges [MeV²]."""


class Millicharge(Interaction):
    """Electric charges of the neutrinos."""

    electrons: str = eqx.field(static=True)

    @property
    def name(self) -> str:
        """Return the name of the command line."""
        return "millicharge" if self.electrons == "equivalent-photon" else f"millicharge:{self.electrons}"

    def parameters(self) -> tuple[Parameter, ...]:
        """Return the charges."""
        return matrix_parameters(
            stem="millicharge_{}",
            unit="1e-8 e",
            bound=1000.0,
            latex=r"q_{\nu_{}}",
            description="neutrino electric charge {}",
            phases=False,
        )

    def nuclear_terms(self) -> tuple[Term, ...]:
        """Return the exchange of a photon with the protons."""
        return (Term("vector", "proton", _charges(PER_CHARGE), Photon()),)

    def electron_terms(self) -> tuple[Term, ...]:
        """Return the exchange of a photon with the electrons."""
        if self.electrons == "free-electron":
            return (Term("vector", "electron", _charges(-PER_CHARGE), Photon()),)
        return (Term("equivalent-photon", "photoabsorption", _charges(UNIT)),)


def _charges(scale: float) -> FlavourMatrix:
    """Return the vertex of the charges times a number."""
    return FlavourMatrix(("millicharge_{}",), (scale,), False)


@arguments.checked(electrons=arguments.text)
def millicharge(electrons: str = "equivalent-photon") -> Millicharge:
    """Return electric charges of neutrinos; electrons by "equivalent-photon" or as "free-electron"."""
    if electrons not in ELECTRONS:
        raise InputError(
            f"unknown form of a millicharge on electrons '{electrons}'{suggest(electrons, ELECTRONS)}; "
            f"known: {', '.join(ELECTRONS)}"
        )
    return Millicharge(electrons)
