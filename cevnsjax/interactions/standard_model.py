"""The Standard Model: exchange of a Z between the neutrino and the whole nucleus.

dσ/dT = (G_F² M/π) (1 - MT/2E²) [g_V^p(ν_l) Z F_Z(q) + g_V^n N F_N(q)]²   (arXiv:2303.09360 Eq. 1; its text lacks
the Z before F_Z). The same for antineutrinos.
"""

from collections.abc import Sequence

import equinox as eqx

from .._numerics import namespace
from .._typing import Array, Float, Params
from ..nuclei.target import NuclearAmplitudes
from ..parameters import Parameter
from .couplings import DEFAULT_SIN2, Couplings, couplings
from .kinematics import vector_kernel

SIN2_THETA_W = Parameter(
    name="sin2_theta_w",
    unit="1",
    default=DEFAULT_SIN2,
    bounds=(0.0, 1.0),
    latex=r"\sin^2\theta_W",
    description="weak mixing angle at zero momentum transfer, MS-bar",
)


class StandardModel(eqx.Module):
    """Standard-Model scattering with the couplings of one scheme."""

    couplings: Couplings
    recoil_term: bool = eqx.field(static=True)
    """Keep the term -T/E of the exact kinematics."""

    def parameters(self) -> tuple[Parameter, ...]:
        """Return the parameters that the squared amplitude depends on."""
        return (SIN2_THETA_W,)

    def kernel(self, energy: Float[Array, "..."], recoil: Float[Array, "..."], mass: float) -> Float[Array, "..."]:
        """Return the kinematic kernel κ(E, T) [cm²/MeV] for a nucleus of `mass` [MeV]."""
        return vector_kernel(energy, recoil, mass, self.recoil_term)

    def squared_amplitude(
        self, leptons: Sequence[str], nuclei: NuclearAmplitudes, params: Params
    ) -> Float[Array, "lepton nuclide node"]:
        """Return [g_V^p Z F_Z + g_V^n N F_N]² for neutrinos of the flavour of each lepton."""
        sin2 = params["sin2_theta_w"]
        neutron = self.couplings.neutron * nuclei.neutron
        amplitudes = [self.couplings.proton(lepton, sin2) * nuclei.proton + neutron for lepton in leptons]
        return namespace(*amplitudes).stack(amplitudes) ** 2


def standard_model(scheme: str = "2022", recoil_term: bool = False) -> StandardModel:
    """Return the Standard Model with the couplings of `scheme` ("tree", "2020", "2022")."""
    return StandardModel(couplings(scheme), recoil_term)
