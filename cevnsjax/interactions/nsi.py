"""Non-standard interactions: contact interactions of vector type with quarks and electrons.

With L = -2√2 G_F Σ ε^{fX}_αβ (ν̄_α γ^μ P_L ν_β) (f̄ γ_μ P_X f), X = L, R, and ε^{fV} = ε^{fL} + ε^{fR} (arXiv:1710.09360;
arXiv:2008.05022 and 2202.11002 for the rates):

    nuclei      a_αβ = δ_αβ a_SM + (2 ε^{uV}_αβ + ε^{dV}_αβ) Z F_Z + (ε^{uV}_αβ + 2 ε^{dV}_αβ) N F_N
    electrons   g_V,αβ = δ_αβ g_V + ε^{eV}_αβ

so that the rate of ν_α is Σ_β |a_αβ|². ε is Hermitian: ε_ee, ε_μμ, ε_ττ real, ε_eμ, ε_eτ, ε_μτ of modulus
`eps_emu_u` … and phase `eps_emu_u_phase` … Antineutrinos have ε*, which is the same rate. Dimensionless. The phase of a
single transition has no effect: only those between quarks do.

A heavy vector mediator is ε^f_ll = g² Q_l Q_f / (√2 G_F m²).
"""

from .._base import arguments
from ..parameters.parameter import Parameter
from .flavour_matrices import FlavourMatrix, matrix_parameters
from .interaction import Interaction, Term

FERMIONS = {"u": "up quarks", "d": "down quarks", "e": "electrons"}


class NonStandardInteractions(Interaction):
    """Vector interactions of neutrinos with u, d and e, diagonal and with change of flavour."""

    @property
    def name(self) -> str:
        """Return the name of the command line."""
        return "nsi"

    def parameters(self) -> tuple[Parameter, ...]:
        """Return the couplings to u, d and e, and the phases of those that change the flavour."""
        return tuple(
            parameter
            for fermion, words in FERMIONS.items()
            for parameter in matrix_parameters(
                stem=f"eps_{{}}_{fermion}",
                unit="1",
                bound=10.0,
                latex=rf"\varepsilon^{{{fermion}V}}_{{}}",
                description=f"vector coupling {{}} to {words} in units of √2 G_F",
                phases=True,
            )
        )

    def nuclear_terms(self) -> tuple[Term, ...]:
        """Return the contact interactions with protons and neutrons."""
        quarks = ("eps_{}_u", "eps_{}_d")
        return (
            Term("vector", "proton", FlavourMatrix(quarks, (2.0, 1.0), True)),
            Term("vector", "neutron", FlavourMatrix(quarks, (1.0, 2.0), True)),
        )

    def electron_terms(self) -> tuple[Term, ...]:
        """Return the contact interactions with electrons."""
        return (Term("vector", "electron", FlavourMatrix(("eps_{}_e",), (1.0,), True)),)


@arguments.checked()
def nsi() -> NonStandardInteractions:
    """Return non-standard interactions of vector type."""
    return NonStandardInteractions()
