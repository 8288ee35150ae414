"""Kinematics of elastic scattering.

Energies and masses in MeV, T the recoil energy of a nucleus of mass M, E the neutrino energy.
"""

from .._base.numerics import namespace
from .._base.typing import Array, Float, Scalar

Values = Scalar | Float[Array, "..."]


def maximum_recoil(energy: Values, mass: Values) -> Values:
    """Return T_max = 2E² / (M + 2E) [MeV]."""
    return 2.0 * energy**2 / (mass + 2.0 * energy)


def minimum_energy(recoil: Values, mass: Values) -> Values:
    """Return E_min = (T + sqrt(T² + 2MT)) / 2 [MeV], the inverse of `maximum_recoil`."""
    return 0.5 * (recoil + namespace(recoil, mass).sqrt(recoil**2 + 2.0 * mass * recoil))


def momentum_transfer(recoil: Values, mass: Values) -> Values:
    """Return |q| = sqrt(2MT) [MeV], the convention of arXiv:2303.09360 (the exact |q|² has + T²)."""
    return namespace(recoil, mass).sqrt(2.0 * mass * recoil)
