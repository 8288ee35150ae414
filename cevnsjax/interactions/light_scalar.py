"""A scalar mediator φ of mass m with the same coupling g to neutrinos, quarks u and d, and charged leptons.

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
from .exchange import Mediator, check_suffix
from .interaction import Term

SIGMA_TERM = 59.1
"""Pion-nucleon σ term [MeV] (arXiv:1506.04142, used by 2202.11002)."""
LIGHT_QUARK_MASS = 3.41
"""Mean mass of the quarks u and d [MeV], MS-bar at 2 GeV (arXiv:2202.11002)."""

CONVENTIONS = {
    "17.3": (round(SIGMA_TERM / LIGHT_QUARK_MASS, 1),) * 2,
    "15.1/14": (15.1, 14.0),
}
"""Charges of proton and neutron by convention."""


class LightScalar(Mediator):
    """A scalar mediator with universal couplings."""

    particle, symbol, words = "phi", r"\phi", "scalar"
    convention: str = eqx.field(static=True)
    suffix: str = eqx.field(static=True, default="", kw_only=True)

    @property
    def kind(self) -> str:
        """Return the name of the command line without the suffix."""
        default, *_ = CONVENTIONS
        return "light-scalar" if self.convention == default else f"light-scalar:{self.convention}"

    def nuclear_terms(self) -> tuple[Term, ...]:
        """Return the exchange of the mediator with protons and neutrons."""
        proton, neutron = CONVENTIONS[self.convention]
        return (
            Term("scalar", "proton", self.vertex(proton), self.propagator),
            Term("scalar", "neutron", self.vertex(neutron), self.propagator),
        )

    def electron_terms(self) -> tuple[Term, ...]:
        """Return the exchange of the mediator with electrons."""
        return (Term("scalar", "electron", self.vertex(1.0), self.propagator),)


@arguments.checked(convention=arguments.text, suffix=check_suffix)
def light_scalar(convention: str = "17.3", *, suffix: str = "") -> LightScalar:
    """Return a scalar mediator; `convention` for the charges of nucleons is "17.3" or "15.1/14".

    A `suffix` distinguishes several mediators: their parameters are g_phi_SUFFIX and m_phi_SUFFIX.
    """
    if convention not in CONVENTIONS:
        known = ", ".join(CONVENTIONS)
        hint = suggest(convention, CONVENTIONS)
        raise InputError(f"light-scalar: unknown charges of nucleons '{convention}'{hint}; known: {known}")
    return LightScalar(convention, suffix=suffix)
