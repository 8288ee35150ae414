"""A pseudoscalar mediator of mass m with the same coupling g to neutrinos, nucleons and charged leptons.

L = i g φ (ν̄ γ5 ν + p̄ γ5 p + n̄ γ5 n + ē γ5 e), for every flavour of neutrino. It changes the helicity of the neutrino,
so it does not interfere with the Standard Model (kernels in `structures`):

    electrons   dσ/dT += Z_eff (m_e/2π) (T/2E)² g⁴ / (2 m_e T + m²)²
    nuclei      dσ/dT += (M/2π) (MT / 2 m_N E)² g⁴ S² / (q² + m²)²,   q² = 2MT

the same for antineutrinos. g is dimensionless, m in MeV. S is the charge of the spins of the nucleus,
√((J+1)/3J) 2 (<S_p> F_p + <S_n> F_n), which is 1 for a free nucleon: in the non-relativistic reduction a nucleon gives
ū γ5 u → 2 m_N χ† (σ·q / 2m_N) χ, suppressed by its own mass, not by that of the nucleus, hence M/m_N for each amplitude
beside what a Dirac fermion of mass M would give. The form factors of the spins are those of the axial current, though
only the spin along q counts here. Nothing on nuclei without spin.

The coupling is to nucleons, not to quarks: for quarks of equal couplings the pion pole cancels, and the rest depends
on differences of the spins Δq divided by quark masses, and on the anomaly (arXiv:1307.5955).
"""

import equinox as eqx

from .._base import arguments
from .exchange import Mediator, check_suffix
from .interaction import Term


class PseudoscalarMediator(Mediator):
    """A pseudoscalar mediator with universal couplings to nucleons and leptons."""

    particle, symbol, words = "pseudoscalar", "P", "pseudoscalar"
    suffix: str = eqx.field(static=True, default="")

    @property
    def kind(self) -> str:
        """Return the name of the command line without the suffix."""
        return "pseudoscalar"

    def nuclear_terms(self) -> tuple[Term, ...]:
        """Return the exchange of the mediator with the spins of protons and neutrons."""
        spins = ("proton_spin", "neutron_spin")
        return tuple(Term("nucleon-pseudoscalar", spin, self.vertex(1.0), self.propagator) for spin in spins)

    def electron_terms(self) -> tuple[Term, ...]:
        """Return the exchange of the mediator with electrons."""
        return (Term("pseudoscalar", "electron", self.vertex(1.0), self.propagator),)


@arguments.checked(suffix=check_suffix)
def pseudoscalar_mediator(*, suffix: str = "") -> PseudoscalarMediator:
    """Return a pseudoscalar mediator; a `suffix` of its parameters distinguishes several mediators."""
    return PseudoscalarMediator(suffix)
