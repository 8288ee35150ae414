"""Charge radii of the neutrinos, diagonal and of transitions.

    nuclei      a_αβ = δ_αβ a_SM - Q̃_αβ Z F_Z,   electrons   g_V,αβ = δ_αβ g_V + Q̃_αβ
    Q̃ = (√2 π α / 3 G_F) <r²> = 0.0237956 <r²>/(1e-32 cm²)

(arXiv:1810.05606 as revised, 2005.01645), the same for antineutrinos, whose charge radius and weak coupling change sign
together. <r²> is real and symmetric, in 1e-32 cm². Some accelerator experiments define half of it as the radius.

Two conventions for the diagonal radii of the same names:
total       (default) <r²_ll> is the whole radius. The couplings of the Standard Model hold -0.8275, -0.4805, -0.2969
            for e, μ, τ with radiative corrections, 0 at tree level: this is the default of the parameter, and the term
            holds the difference. The same as fitting <r²> with couplings that have no radius in them.
beyond-sm   <r²_ll> is on top of that of the Standard Model, 0 by default.

Couplings whose radius changes with the momentum transfer (scheme 2024) change by what they do in the Standard Model,
whatever the radius at zero: <r²> is its value there.
"""

import math

import equinox as eqx

from .._base import arguments
from .._base.constants import FERMI_CONSTANT, FINE_STRUCTURE, HBAR_C_CM
from .._base.errors import InputError, suggest
from ..parameters.parameter import Parameter
from .couplings import couplings
from .flavour_matrices import FlavourMatrix, matrix_parameters
from .interaction import FLAVOURS, Interaction, Term

CONVENTIONS = ("total", "beyond-sm")
PER_RADIUS = math.sqrt(2.0) * math.pi * FINE_STRUCTURE / (3.0 * FERMI_CONSTANT) * 1e-32 / HBAR_C_CM**2
"""Q̃ of a charge radius of 1e-32 cm²."""


class ChargeRadius(Interaction):
    """Charge radii of the neutrinos."""

    convention: str = eqx.field(static=True)
    standard: tuple[float, float, float]
    """Radii at which there is nothing beside the Standard Model [1e-32 cm²]: e, mu, tau."""

    @property
    def name(self) -> str:
        """Return the name of the command line."""
        return "charge-radius" if self.convention == "total" else f"charge-radius:{self.convention}"

    def parameters(self) -> tuple[Parameter, ...]:
        """Return the radii."""
        beyond = "" if self.convention == "total" else " on top of that of the Standard Model"
        return matrix_parameters(
            stem="charge_radius_{}",
            unit="1e-32 cm²",
            bound=300.0,
            latex=r"\langle r^2_{}\rangle",
            description=f"neutrino charge radius {{}}{beyond}",
            phases=False,
            centre=self.standard,
        )

    def nuclear_terms(self) -> tuple[Term, ...]:
        """Return the scattering off the charge of the protons."""
        return (Term("vector", "proton", self._vertex(-PER_RADIUS)),)

    def electron_terms(self) -> tuple[Term, ...]:
        """Return the scattering off the charge of the electrons."""
        return (Term("vector", "electron", self._vertex(PER_RADIUS)),)

    def _vertex(self, scale: float) -> FlavourMatrix:
        return FlavourMatrix(("charge_radius_{}",), (scale,), False, self.standard)

    def check_beside(self, other: Interaction) -> None:
        """Raise InputError for couplings that hold other charge radii than a total radius takes them to hold."""
        held = other.charge_radii
        if self.convention == "total" and held is not None and held != self.standard:
            raise InputError(
                f"'{self.name}' takes the Standard Model to hold the charge radii {_digits(self.standard)}, "
                f"its couplings hold {_digits(held)} 1e-32 cm²: expected the same scheme for both"
            )


def _digits(values: tuple[float, ...]) -> str:
    """Return numbers for a message."""
    return ", ".join(f"{value:.4f}" for value in values)


@arguments.checked(scheme=arguments.text, convention=arguments.text)
def charge_radius(scheme: str = "2022", convention: str = "total") -> ChargeRadius:
    """Return charge radii beside the Standard Model with the couplings of `scheme`, "total" or "beyond-sm"."""
    if convention not in CONVENTIONS:
        raise InputError(
            f"unknown convention of charge radii '{convention}'{suggest(convention, CONVENTIONS)}; "
            f"known: {', '.join(CONVENTIONS)}"
        )
    radii = couplings(scheme).charge_radii
    electron, muon, tau = (radii[flavour] if convention == "total" else 0.0 for flavour in FLAVOURS)
    return ChargeRadius(convention, (electron, muon, tau))
