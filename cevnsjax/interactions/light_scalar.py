"""A scalar mediator φ of mass m that couples to neutrinos, quarks u and d, and charged leptons with one coupling g.

L = g φ (ν̄_R ν_L + h.c. + ū u + d̄ d + ē e), for every flavour of neutrino. It changes the helicity of the neutrino, so
it does not interfere with the Standard Model (arXiv:2202.11002; kernels in `structures`):

    nuclei      dσ/dT += M² T/(4π E²) g⁴ [S_p Z F_Z + S_n N F_N]² / (q² + m²)²,   q² = 2MT
    electrons   dσ/dT += Z_eff m_e² T/(4π E²) (1 + T/2m_e) g⁴ / (2 m_e T + m²)²

the same for antineutrinos. g is dimensionless, m in MeV. S = <N| ū u + d̄ d |N>, the charge of a nucleon, by convention:

    17.3      S_p = S_n = σ_πN / m_ud = 59.1 MeV / 3.41 MeV = 17.33, rounded as in arXiv:2202.11002. Default.
    15.1/14   S_p = 15.1, S_n = 14 (arXiv:1604.01025), of older fits to COHERENT data.
"""

import equinox as eqx

from .._base import arguments
from .._base.errors import InputError, suggest
from ..parameters.parameter import Parameter
from .exchange import mediator_parameters, universal
from .interaction import Interaction, Term, Yukawa

SIGMA_TERM = 59.1
"""Pion-nucleon σ term [MeV] (arXiv:1506.04142, used by 2202.11002)."""
LIGHT_QUARK_MASS = 3.41
"""Mean mass of the quarks u and d [MeV], MS-bar at 2 GeV (arXiv:2202.11002)."""

CONVENTIONS = {
    "17.3": (round(SIGMA_TERM / LIGHT_QUARK_MASS, 1),) * 2,
    "15.1/14": (15.1, 14.0),
}
"""Charges of proton and neutron by convention."""

COUPLING, MASS = mediator_parameters("phi", r"\phi", "scalar")


class LightScalar(Interaction):
    """A scalar mediator with universal couplings."""

    convention: str = eqx.field(static=True)

    @property
    def name(self) -> str:
        """Return the name of the command line."""
        default, *_ = CONVENTIONS
        return "light-scalar" if self.convention == default else f"light-scalar:{self.convention}"

    def parameters(self) -> tuple[Parameter, ...]:
        """Return coupling and mass."""
        return (COUPLING, MASS)

    def terms(self, target: str) -> tuple[Term, ...]:
        """Return the exchange of the mediator with protons and neutrons, or with electrons."""
        if target == "electron":
            return (Term("scalar", "electron", universal(COUPLING.name, 1.0), Yukawa(MASS.name)),)
        proton, neutron = CONVENTIONS[self.convention]
        return (
            Term("scalar", "proton", universal(COUPLING.name, proton), Yukawa(MASS.name)),
            Term("scalar", "neutron", universal(COUPLING.name, neutron), Yukawa(MASS.name)),
        )


@arguments.checked(convention=arguments.text)
def light_scalar(convention: str = "17.3") -> LightScalar:
    """Return a scalar mediator; `convention` for the charges of nucleons is "17.3" or "15.1/14"."""
    if convention not in CONVENTIONS:
        known = ", ".join(CONVENTIONS)
        hint = suggest(convention, CONVENTIONS)
        raise InputError(f"light-scalar: unknown charges of nucleons '{convention}'{hint}; known: {known}")
    return LightScalar(convention)
