"""Kinematics of elastic scattering.

Energies and masses in MeV, T the recoil energy of a nucleus of mass M, E the neutrino energy.
"""

import numpy as np

from .._constants import FERMI_CONSTANT, HBAR_C_CM
from .._typing import Float, Scalar

Values = Scalar | Float[np.ndarray, "..."]


def maximum_recoil(energy: Values, mass: Values) -> Values:
    """Return T_max = 2E² / (M + 2E) [MeV]."""
    return 2.0 * energy**2 / (mass + 2.0 * energy)


def minimum_energy(recoil: Values, mass: Values) -> Values:
    """Return E_min = (T + sqrt(T² + 2MT)) / 2 [MeV], the inverse of `maximum_recoil`."""
    return 0.5 * (recoil + np.sqrt(recoil**2 + 2.0 * mass * recoil))


def momentum_transfer(
    recoil: Float[np.ndarray, "..."], mass: float | Float[np.ndarray, "..."]
) -> Float[np.ndarray, "..."]:
    """Return |q| = sqrt(2MT) [MeV], the convention of arXiv:2303.09360 (the exact |q|² has + T²)."""
    return np.sqrt(2.0 * mass * recoil)


def vector_kernel(
    energy: Float[np.ndarray, "..."], recoil: Float[np.ndarray, "..."], mass: float, recoil_term: bool
) -> Float[np.ndarray, "..."]:
    """Return dσ/dT [cm²/MeV] of a vector interaction per squared amplitude: (G_F² M/π) (1 - MT/2E²).

    Source: arXiv:2303.09360 Eq. 1. With `recoil_term` the bracket is the exact one of a spin-0 nucleus,
    1 - T/E - MT/2E², which lowers the rate of caesium at the SNS by 4e-4.
    """
    bracket = 1.0 - mass * recoil / (2.0 * energy**2)
    if recoil_term:
        bracket = bracket - recoil / energy
    return FERMI_CONSTANT**2 * HBAR_C_CM**2 * mass / np.pi * bracket
