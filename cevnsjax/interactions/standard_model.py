"""The Standard Model: exchange of a Z between the neutrino and the whole nucleus.

dσ/dT = (G_F² M/π) (1 - MT/2E²) [g_V^p(ν_l) Z F_Z(q) + g_V^n N F_N(q)]²   (arXiv:2303.09360 Eq. 1; its text lacks
the Z before F_Z). The same for antineutrinos.
"""

import equinox as eqx

from .._typing import Array, Float, Params
from ..parameters import Parameter
from .couplings import DEFAULT_SIN2, Couplings, couplings
from .interaction import FLAVOURS, Fixed, Interaction, Term, Vertex, by_flavour

SIN2_THETA_W = Parameter(
    name="sin2_theta_w",
    unit="1",
    default=DEFAULT_SIN2,
    bounds=(0.0, 1.0),
    latex=r"\sin^2\theta_W",
    description="weak mixing angle at zero momentum transfer, MS-bar",
)


class ProtonCoupling(Vertex):
    """g_V^p of each flavour, which moves with sin²θ_W."""

    mixing = False
    couplings: Couplings

    def names(self) -> tuple[str, ...]:
        """Return sin²θ_W."""
        return ("sin2_theta_w",)

    def __call__(self, params: Params) -> Float[Array, "3"]:
        """Return g_V^p."""
        return by_flavour({lepton: self.couplings.proton(lepton, params["sin2_theta_w"]) for lepton in FLAVOURS})


class StandardModel(Interaction):
    """Standard-Model scattering with the couplings of one scheme."""

    couplings: Couplings
    recoil_term: bool = eqx.field(static=True)
    """Keep the term -T/E of the exact kinematics."""

    @property
    def name(self) -> str:
        """Return the name of the command line."""
        return "standard-model"

    def parameters(self) -> tuple[Parameter, ...]:
        """Return sin²θ_W."""
        return (SIN2_THETA_W,)

    def terms(self, target: str) -> tuple[Term, ...]:
        """Return the exchange of a Z with the protons and the neutrons."""
        return (
            Term("vector", "proton", ProtonCoupling(self.couplings)),
            Term("vector", "neutron", Fixed((self.couplings.neutron,) * 3)),
        )


def standard_model(scheme: str = "2022", recoil_term: bool = False) -> StandardModel:
    """Return the Standard Model with the couplings of `scheme` ("tree", "2020", "2022")."""
    return StandardModel(couplings(scheme), recoil_term)
