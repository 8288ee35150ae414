"""Magnetic moments of neutrinos, in units of the Bohr magneton.

    nuclei      dσ/dT += (π α²/m_e²) (1/T - 1/E) Z² F_Z² μ_l²
    electrons   dσ/dT += (π α²/m_e²) (1/T - 1/E) Z_eff μ_l²,         μ_l² = Σ_l' |μ_ll'|²

(P. Vogel and J. Engel, Phys. Rev. D 39, 3378 (1989); arXiv:2205.09484; kernels in `structures`), the same for
antineutrinos. A photon that couples to the moment changes the helicity: the rate adds to that of the Standard Model.

Parameters, in 1e-10 μ_B: `magnetic_moment_e`, `_mu`, `_tau`, the moments of the neutrinos of a flavour, and the moduli
of transition moments `magnetic_moment_emu`, `_etau`, `_mutau` between two flavours, either way. A rate sees
nothing but the μ_l, the effective moments of the neutrinos that arrive: with the transition moments at 0 these are the
first three. For neutrinos that left as ν_l and stayed so they follow from the moments λ = μ - iε (magnetic and
electric) of mass eigenstates by `short_baseline_moments`; for those of the Sun, all of whose flavours then have
the same moment, by `solar_moment`.
"""

import math

import numpy as np

from .._base import arguments
from .._base.constants import ELECTRON_MASS, FERMI_CONSTANT
from .._base.errors import InputError
from .._base.numerics import namespace
from .._base.typing import Array, Float, Params, Scalar
from ..parameters.parameter import Parameter
from .flavour_matrices import TRANSITIONS, symmetric_matrix
from .interaction import FLAVOURS, Interaction, Term, Vertex

UNIT = 1e-10
"""Unit of the parameters [μ_B]."""
_SYMBOLS = {"e": r"\nu_e", "mu": r"\nu_\mu", "tau": r"\nu_\tau", "emu": r"e\mu", "etau": r"e\tau", "mutau": r"\mu\tau"}
MOMENTS = tuple(
    Parameter(
        name=f"magnetic_moment_{which}",
        unit="1e-10 mu_B",
        default=0.0,
        bounds=(0.0, 1000.0),
        latex=rf"\mu_{{{_SYMBOLS[which]}}}",
        description=f"magnetic moment of nu_{which}" if which in FLAVOURS else f"transition moment, {which}",
    )
    for which in (*FLAVOURS, *TRANSITIONS)
)
"""Moments of the flavours, then the transition moments."""


class Moments(Vertex):
    """Matrix of the moments [μ_B], before and after."""

    mixing = True

    def names(self) -> tuple[str, ...]:
        """Return the moments."""
        return tuple(parameter.name for parameter in MOMENTS)

    def __call__(self, params: Params) -> Float[Array, "3 3 2"]:
        """Return the matrix, real."""
        values = [params[name] for name in self.names()]
        moments = UNIT * namespace(*values).stack([1.0 * value for value in values])
        return symmetric_matrix(moments)


class MagneticMoment(Interaction):
    """Magnetic moments of neutrinos."""

    @property
    def name(self) -> str:
        """Return the name of the command line."""
        return "magnetic-moment"

    def parameters(self) -> tuple[Parameter, ...]:
        """Return the moments."""
        return MOMENTS

    def nuclear_terms(self) -> tuple[Term, ...]:
        """Return the exchange of a photon with the protons."""
        return (Term("magnetic", "proton", Moments()),)

    def electron_terms(self) -> tuple[Term, ...]:
        """Return the exchange of a photon with electrons."""
        return (Term("magnetic", "electron", Moments()),)


@arguments.checked()
def magnetic_moment() -> MagneticMoment:
    """Return the magnetic moments of the neutrinos."""
    return MagneticMoment()


def minimal_moment(mass: Scalar) -> Scalar:
    """Return the magnetic moment [μ_B] of a Dirac neutrino in the Standard Model: 3 m_e m G_F / (4√2 π²), `mass` in eV.

    K. Fujikawa and R. E. Shrock, Phys. Rev. Lett. 45, 963 (1980).
    """
    return 3.0 * ELECTRON_MASS * FERMI_CONSTANT * 1e-6 * mass / (4.0 * math.sqrt(2.0) * math.pi**2)


def majorana_moments(first: complex | float, second: complex | float, third: complex | float) -> np.ndarray:
    """Return the matrix (after, before) of the moments of Majorana neutrinos: λ_jk = Σ_m ε_jkm Λ_m.

    Majorana neutrinos have transition moments alone: Λ_1 from mass eigenstate 2 to 3, Λ_2 from 3 to 1, Λ_3 from 1 to 2.
    """
    return np.array([[0.0, third, -second], [-third, 0.0, first], [second, -first, 0.0]])


def short_baseline_moments(moments: np.ndarray, mixing: np.ndarray) -> Float[np.ndarray, "3"]:
    """Return μ_e, μ_μ, μ_τ of neutrinos that have not oscillated: μ_l² = Σ_j |Σ_k U*_lk λ_jk|².

    `moments` (after, before) are those λ of mass eigenstates, in any unit, `mixing` (flavour, mass) the unitary U. The
    same for antineutrinos. Host only. Source: C. Giunti and A. Studenikin, arXiv:1403.6344.
    """
    moments, mixing = _matrix(moments, "moments"), _matrix(mixing, "mixing matrix")
    excess = np.abs(mixing @ mixing.conj().T - np.eye(3)).max()
    if not excess < 1e-6:
        raise InputError(f"expected a unitary mixing matrix, found |U U† - 1| of {excess:.2g}")
    return np.sqrt((np.abs(moments @ mixing.conj().T) ** 2).sum(axis=0))


def solar_moment(moments: np.ndarray, probabilities: Float[np.ndarray, "3"]) -> float:
    """Return the moment of solar neutrinos, which arrive as mass eigenstates: μ² = Σ_k P_ek Σ_j |λ_jk|².

    `moments` (after, before) are those λ of mass eigenstates, in any unit, `probabilities` the P_ek with which a ν_e
    from the Sun arrives as the mass eigenstate k. Host only. Source: C. Giunti and A. Studenikin, arXiv:1403.6344.
    """
    moments, shares = _matrix(moments, "moments"), np.asarray(probabilities, float)
    if shares.shape != (3,) or not (np.all(shares >= 0.0) and abs(shares.sum() - 1.0) < 1e-6):
        raise InputError(f"expected three probabilities that add up to 1, found {shares.tolist()}")
    return math.sqrt((np.abs(moments) ** 2).sum(axis=0) @ shares)


def _matrix(values: np.ndarray, what: str) -> np.ndarray:
    """Return a matrix of three neutrinos, checked."""
    matrix = np.asarray(values, complex)
    if matrix.shape != (3, 3) or not np.isfinite(matrix).all():
        raise InputError(f"expected a finite 3×3 matrix as the {what}, found shape {matrix.shape}")
    return matrix
