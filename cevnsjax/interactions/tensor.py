"""A tensor interaction of mass scale m with the same coupling g to neutrinos, quarks u and d, and charged leptons.

L = g² / (q² + m²) · (ν̄ σ^{μν} P_L ν) Σ_f (f̄ σ_{μν} f) + h.c., summed over all μ and ν, for every flavour of neutrino:
so C_T = g² / (√2 G_F (q² + m²)) and ξ_T² = 8 C_T² of arXiv:1612.04150. It changes the helicity of the neutrino, so it
does not interfere with the Standard Model (kernels in `structures`); with the scalar and the pseudoscalar mediator it
does, with the sign of this Lagrangian, which is a convention. At leading order in T/E

    electrons   dσ/dT += Z_eff m_e (4E² - 2 m_e T + …)/(π E²) g⁴ / (2 m_e T + m²)²      (exact in `structures`)
    nuclei      dσ/dT += M (4E² - MT)/(π E²) g⁴ Q² / (q² + m²)²,   q² = 2MT

the same for antineutrinos. g is dimensionless, m in MeV. Where a rate of half of this is written for the same g
(arXiv:2211.11905), the operator is normalised otherwise: g there is 2^(1/4) of g here.

Charges of a nucleus, with the tensor charges of the quarks in a nucleon, δu = 0.784(28)(10) and δd = -0.204(11)(10)
(PNDME, arXiv:1808.07597, MS-bar at 2 GeV), exchanged in the neutron, so the same δ = δu + δd for both:

    coherent   Q = δ (Z F_Z + N F_N). Default: the convention of fits to COHERENT data (arXiv:1806.07424), though the
               tensor charge of a nucleon is carried by its spin and does not add up. δ = 0.541 (arXiv:1506.06411) or
               other values are in use: Q scales with it.
    spin       Q = δ √((J+1)/3J) 2 (<S_p> F_p + <S_n> F_n). Nothing on nuclei without spin.
"""

import equinox as eqx

from .._base import arguments
from .._base.errors import InputError, suggest
from .exchange import Mediator, check_suffix
from .interaction import Term

UP_TENSOR, DOWN_TENSOR = 0.784, -0.204
"""Tensor charges δu, δd of the proton, MS-bar at 2 GeV (arXiv:1808.07597)."""
VARIANTS = ("coherent", "spin")
"""How the nucleons of a nucleus add up."""


class TensorMediator(Mediator):
    """A tensor interaction with universal couplings."""

    particle, symbol, words = "tensor", "T", "tensor"
    variant: str = eqx.field(static=True)
    suffix: str = eqx.field(static=True, default="", kw_only=True)

    @property
    def kind(self) -> str:
        """Return the name of the command line without the suffix."""
        return "tensor" if self.variant == VARIANTS[0] else f"tensor:{self.variant}"

    def nuclear_terms(self) -> tuple[Term, ...]:
        """Return the interaction with protons and neutrons, or with their spins."""
        coherent = self.variant == "coherent"
        structure = "coherent-tensor" if coherent else "tensor"
        charges = ("proton", "neutron") if coherent else ("proton_spin", "neutron_spin")
        vertex = self.vertex(UP_TENSOR + DOWN_TENSOR)
        return tuple(Term(structure, charge, vertex, self.propagator) for charge in charges)

    def electron_terms(self) -> tuple[Term, ...]:
        """Return the interaction with electrons."""
        return (Term("tensor", "electron", self.vertex(1.0), self.propagator),)


@arguments.checked(variant=arguments.text, suffix=check_suffix)
def tensor_mediator(variant: str = "coherent", *, suffix: str = "") -> TensorMediator:
    """Return a tensor interaction; nucleons of a nucleus add up as charges, "coherent", or by their "spin".

    A `suffix` of its parameters distinguishes several interactions.
    """
    if variant not in VARIANTS:
        hint = suggest(variant, VARIANTS)
        raise InputError(f"tensor: unknown charges of nuclei '{variant}'{hint}; known: {', '.join(VARIANTS)}")
    return TensorMediator(variant, suffix=suffix)
