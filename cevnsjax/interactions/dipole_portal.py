"""The dipole portal: a neutrino turns into a heavy neutral lepton N by exchange of a photon, ν_l + target → N + target.

L = (μ_l/2) N̄ σ^{αβ} P_L ν_l F_{αβ} + h.c., with the moment μ_l in units of μ_B and N of mass m. Per Z² F_Z² |μ_l|² of a
nucleus, or per Z_eff |μ_l|² of the electrons of an atom (arXiv:1803.03262, 2007.15563),

    dσ/dT = (π α²/m_e²) { 1/T - 1/E - m²/(2 M E T) [1 + M/2E] - m⁴/(8 M E² T²) + rest },

    rest = 0                                                                at leading order in T/E,
    rest = T/4E² + m²/(8 M E²)                                              for a target of spin 0, exact,
    rest = m²/(4 M E²) + m⁴/(8 M² E² T)                                     for a Dirac fermion, exact.

The last is the formula of the literature, 1/T - 1/E - m²/(2MET) [1 - T/2E + M/2E] + m⁴ (T - M)/(8 M² E² T²); for a
nucleus of spin 0 it is not exact: both follow from the traces of `tests/independent_traces.py`. Nothing interferes with
it, because nothing else has an N in the final state; for m → 0 it is the magnetic moment. The same for antineutrinos.

The final state is heavier than the initial state: there is a threshold in E, and recoils have a smallest energy too.
All functions are pure, take NumPy or JAX arrays that broadcast against each other, and energies and masses in MeV:

    kernel(energy, recoil, mass, hnl_mass, kinematics)    dσ/dT [cm²/MeV], for T between the limits (not zero outside)
    threshold_energy(mass, hnl_mass)                      the smallest E
    minimum_energy(recoil, mass, hnl_mass)                the smallest E that can leave the recoil T
    recoil_limits(energy, mass, hnl_mass)                 smallest and largest T; both m²/(2(M + m)) below threshold
"""

import equinox as eqx
import numpy as np

from .._base import arguments
from .._base.constants import ELECTRON_MASS, FINE_STRUCTURE, HBAR_C_CM
from .._base.numerics import namespace
from .._base.typing import Array, Float, Params, Scalar
from ..parameters.parameter import Parameter
from .interaction import Interaction, Term, Vertex
from .process import Process

Values = Scalar | Float[Array, "..."]

MOMENT_UNIT = 1e-10
"""Unit of the moments [μ_B]."""
MOMENTS = tuple(
    Parameter(
        name=f"dipole_moment_{flavour}",
        unit="1e-10 mu_B",
        default=0.0,
        bounds=(0.0, 1000.0),
        latex=rf"\mu_{{N{symbol}}}",
        description=f"transition moment of nu_{flavour} and a heavy neutral lepton",
        needs="m_hnl",
    )
    for flavour, symbol in (("e", "e"), ("mu", r"\mu"), ("tau", r"\tau"))
)
"""Moments of ν_e, ν_μ, ν_τ."""
HNL_MASS = Parameter(
    name="m_hnl",
    unit="MeV",
    default=1.0,
    bounds=(1e-3, 1e6),
    latex="m_N",
    description="mass of the heavy neutral lepton",
)


def kernel(
    energy: Values,
    recoil: Values,
    mass: Values,
    hnl_mass: Values,
    kinematics: str = "leading",
) -> Values:
    """Return dσ/dT [cm²/MeV] per squared moment [μ_B²] and squared charge, where the recoil is possible.

    `kinematics` is an entry of `structures.KINEMATICS`. Where the recoil is impossible the number has no meaning.
    """
    m2 = hnl_mass**2
    bracket = (
        1.0 / recoil
        - 1.0 / energy
        - m2 / (2.0 * mass * energy * recoil) * (1.0 + mass / (2.0 * energy))
        - m2**2 / (8.0 * mass * (energy * recoil) ** 2)
    )
    if kinematics == "spin-0":
        bracket = bracket + 0.25 * recoil / energy**2 + m2 / (8.0 * mass * energy**2)
    if kinematics == "spin-1/2":
        bracket = bracket + m2 / (4.0 * mass * energy**2) * (1.0 + 0.5 * m2 / (mass * recoil))
    return np.pi * (FINE_STRUCTURE * HBAR_C_CM / ELECTRON_MASS) ** 2 * bracket


def threshold_energy(mass: Values, hnl_mass: Values) -> Values:
    """Return the smallest neutrino energy, m + m²/2M [MeV]."""
    return hnl_mass + 0.5 * hnl_mass**2 / mass


def minimum_energy(recoil: Values, mass: Values, hnl_mass: Values) -> Values:
    """Return the smallest neutrino energy that can leave the recoil T: (T + sqrt(T² + 2MT))/2 · (1 + m²/2MT) [MeV].

    Smallest at T = m²/(2(M + m)), where it is the threshold.
    """
    xp = namespace(recoil, mass, hnl_mass)
    massless = 0.5 * (recoil + xp.sqrt(recoil**2 + 2.0 * mass * recoil))
    return massless * (1.0 + 0.5 * hnl_mass**2 / (mass * recoil))


def recoil_limits(energy: Values, mass: Values, hnl_mass: Values) -> tuple[Values, Values]:
    """Return the smallest and the largest recoil energy [MeV]; below threshold both are m²/(2(M + m)).

    T± = [2ME² - m²(M + E) ± E sqrt(λ)] / (2M(M + 2E)), λ = 4M² (E - E_th)(E + m - m²/2M). The smaller comes from the
    product T₊T₋ = m⁴/(4M(M + 2E)), which does not cancel for small m. Towards threshold the limits move as
    sqrt(E - E_th): their derivatives grow there without bound, and are zero below it.
    """
    xp = namespace(energy, mass, hnl_mass)
    m2 = hnl_mass**2
    possible = energy > threshold_energy(mass, hnl_mass)
    at_threshold = 0.5 * m2 / (mass + hnl_mass)
    safe = xp.where(possible, energy, 2.0 * threshold_energy(mass, hnl_mass) + 1.0)
    root = 2.0 * mass * xp.sqrt((safe - threshold_energy(mass, hnl_mass)) * (safe + hnl_mass - 0.5 * m2 / mass))
    largest = (2.0 * mass * safe**2 - m2 * (mass + safe) + safe * root) / (2.0 * mass * (mass + 2.0 * safe))
    smallest = m2**2 / (4.0 * mass * (mass + 2.0 * safe) * largest)
    return xp.where(possible, smallest, at_threshold), xp.where(possible, largest, at_threshold)


class TransitionMoments(Vertex):
    """Moments of the flavours [μ_B]."""

    mixing = False

    def names(self) -> tuple[str, ...]:
        """Return the moments."""
        return tuple(parameter.name for parameter in MOMENTS)

    def __call__(self, params: Params) -> Float[Array, "3"]:
        """Return the moments."""
        values = [params[name] for name in self.names()]
        return MOMENT_UNIT * namespace(*values).stack([1.0 * value for value in values])


class Upscattering(Process):
    """Production of the heavy neutral lepton."""

    charge: str = eqx.field(static=True)
    kinematics: str = eqx.field(static=True)
    vertex: Vertex = eqx.field(default=TransitionMoments(), kw_only=True)

    def names(self) -> tuple[str, ...]:
        """Return the mass."""
        return (HNL_MASS.name,)

    def kernel(self, energy: Values, recoil: Values, mass: Values, params: Params) -> Values:
        """Return dσ/dT per squared moment and squared charge."""
        return kernel(energy, recoil, mass, params[HNL_MASS.name], self.kinematics)

    def minimum_energy(self, recoil: Values, mass: Values, params: Params) -> Values:
        """Return the smallest neutrino energy."""
        return minimum_energy(recoil, mass, params[HNL_MASS.name])

    def recoil_limits(self, energy: Values, mass: Values, params: Params) -> tuple[Values, Values]:
        """Return the limits of the recoil."""
        return recoil_limits(energy, mass, params[HNL_MASS.name])


class DipolePortal(Interaction):
    """Transition moments to a heavy neutral lepton."""

    @property
    def name(self) -> str:
        """Return the name of the command line."""
        return "dipole-portal"

    def parameters(self) -> tuple[Parameter, ...]:
        """Return the moments and the mass."""
        return (*MOMENTS, HNL_MASS)

    def nuclear_terms(self) -> tuple[Term, ...]:
        """Return nothing: the final state is another."""
        return ()

    def nuclear_processes(self, kinematics: str) -> tuple[Process, ...]:
        """Return the production off the protons of nuclei."""
        return (Upscattering("proton", kinematics),)

    def electron_processes(self, kinematics: str) -> tuple[Process, ...]:
        """Return the production off electrons."""
        return (Upscattering("electron", kinematics),)


@arguments.checked()
def dipole_portal() -> DipolePortal:
    """Return the dipole portal."""
    return DipolePortal()
