"""Quenching: the part of a nuclear recoil's energy that is seen as electron-equivalent energy."""

from collections.abc import Sequence

from .._typing import Array, Float, Scalar


def polynomial_quenching(recoil: Float[Array, "..."], coefficients: Sequence[Scalar]) -> Float[Array, "..."]:
    """Return the electron-equivalent energy [keV] of a `recoil` energy T [MeV].

    E_ee = a T + b T² + c T³ + d T⁴ with both energies in MeV, the form in which COHERENT released its fit to the
    CsI[Na] quenching data (arXiv:2110.07730 ancillary files, arXiv:2111.02477).
    """
    total: Scalar | Float[Array, "..."] = 0.0
    for coefficient in reversed(coefficients):
        total = (total + coefficient) * recoil
    return 1e3 * total
