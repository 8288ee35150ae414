"""An axial-vector mediator Z' of mass m with the same coupling g to neutrinos, quarks u and d, and charged leptons.

L = g Z'_μ Σ_f f̄ γ^μ γ5 f. Exchanged between neutrinos of helicity -1 and fermions it adds to the axial coupling,

    electrons   g_A = g_A + g² / (√2 G_F (2 m_e T + m²)),   g_V as it is
    nuclei      g_A^{p,n} = g_A^{p,n} + g² (Δu + Δd) / (√2 G_F (q² + m²)),   q² = 2MT

in L = -(G_F/√2) ν̄ γ^μ (1 - γ5) ν f̄ γ_μ (g_V - g_A γ5) f, for every flavour, and interferes as g_A does: on electrons
with both couplings of the Standard Model, with -g_A for antineutrinos; on nuclei with their axial part, if that is
included (``standard-model:axial``). Nothing on nuclei without spin. g is dimensionless, m in MeV.

The charge of a nucleon is the spin that the quarks carry, Δu = 0.777(25)(30) and Δd = -0.438(18)(30) in the proton
(PNDME, arXiv:1806.10604), exchanged in the neutron: the same for both. The mass of the neutrinos is neglected, and
with it the pion pole.
"""

import equinox as eqx

from .._base import arguments
from .exchange import Mediator, check_suffix
from .interaction import Term

UP_SPIN, DOWN_SPIN = 0.777, -0.438
"""Spins Δu, Δd of quarks in the proton, MS-bar at 2 GeV (arXiv:1806.10604)."""


class AxialMediator(Mediator):
    """An axial-vector mediator with universal couplings."""

    particle, symbol, words = "axial", "A'", "axial-vector"
    suffix: str = eqx.field(static=True, default="")

    @property
    def kind(self) -> str:
        """Return the name of the command line without the suffix."""
        return "axial"

    def nuclear_terms(self) -> tuple[Term, ...]:
        """Return the exchange of the mediator with the spins of protons and neutrons."""
        vertex = self.vertex(UP_SPIN + DOWN_SPIN)
        return tuple(Term("axial", spin, vertex, self.propagator) for spin in ("proton_spin", "neutron_spin"))

    def electron_terms(self) -> tuple[Term, ...]:
        """Return the exchange of the mediator with electrons."""
        return (Term("axial", "electron", self.vertex(1.0), self.propagator),)


@arguments.checked(suffix=check_suffix)
def axial_mediator(*, suffix: str = "") -> AxialMediator:
    """Return an axial-vector mediator; a `suffix` of its parameters distinguishes several mediators."""
    return AxialMediator(suffix)
