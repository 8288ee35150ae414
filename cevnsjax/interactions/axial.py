"""An axial-vector mediator Z' of mass m with one coupling g to neutrinos, quarks u and d, and charged leptons.

L = g Z'_μ Σ_f f̄ γ^μ γ5 f. Exchanged between neutrinos of helicity -1 and fermions it adds to the axial coupling,

    electrons   g_A = g_A + g² / (√2 G_F (2 m_e T + m²)),   g_V as it is
    nuclei      g_A^{p,n} = g_A^{p,n} + g² (Δu + Δd) / (√2 G_F (q² + m²)),   q² = 2MT

in L = -(G_F/√2) ν̄ γ^μ (1 - γ5) ν f̄ γ_μ (g_V - g_A γ5) f, for every flavour, and interferes as g_A does: on electrons
with both couplings of the Standard Model, with -g_A for antineutrinos; on nuclei with their axial part, if that is
kept (``standard-model:axial``). Nothing on nuclei without spin. g is dimensionless, m in MeV.

The charge of a nucleon is the spin that the quarks carry, Δu = 0.777(25)(30) and Δd = -0.438(18)(30) in the proton
(PNDME, arXiv:1806.10604), exchanged in the neutron: the same for both. The mass of the neutrinos is neglected, and
with it the pion pole.
"""

from .._base import arguments
from ..parameters.parameter import Parameter
from .exchange import mediator_parameters, universal
from .interaction import Interaction, Term, Yukawa

UP_SPIN, DOWN_SPIN = 0.777, -0.438
"""Spins Δu, Δd of quarks in the proton, MS-bar at 2 GeV (arXiv:1806.10604)."""

COUPLING, MASS = mediator_parameters("axial", "A'", "axial-vector")


class AxialMediator(Interaction):
    """An axial-vector mediator with universal couplings."""

    @property
    def name(self) -> str:
        """Return the name of the command line."""
        return "axial"

    def parameters(self) -> tuple[Parameter, ...]:
        """Return coupling and mass."""
        return (COUPLING, MASS)

    def terms(self, target: str) -> tuple[Term, ...]:
        """Return the exchange of the mediator with the spins of protons and neutrons, or with electrons."""
        if target == "electron":
            return (Term("axial", "electron", universal(COUPLING.name, 1.0), Yukawa(MASS.name)),)
        vertex = universal(COUPLING.name, UP_SPIN + DOWN_SPIN)
        return tuple(Term("axial", spin, vertex, Yukawa(MASS.name)) for spin in ("proton_spin", "neutron_spin"))


@arguments.checked()
def axial_mediator() -> AxialMediator:
    """Return an axial-vector mediator."""
    return AxialMediator()
