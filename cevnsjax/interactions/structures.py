"""Lorentz structures of the interaction, and the kinematic kernels κ(E, T) of each pair of them.

With y = T/E and z = MT/2E², per product of amplitudes, in units of G_F² M/π (explicit traces; arXiv:1612.04150 Table 2
for fermions, with ξ_T² = 8 C_T²):

                          fermion of spin 1/2        nucleus of spin 0     leading order
    vector²               1 - y - z + y²/2           1 - y - z             1 - z
    axial²                1 - y + z + y²/2                                 1 + z
    vector × axial        ± 2 y (1 - y/2)                                  0
    scalar²               z + y²/4                   z                     z
    pseudoscalar²         y²/4                                             y²/4
    tensor²               8 (1 - y - z/2 + y²/4)                           8 (1 - z/2)

with the upper sign for neutrinos, the lower for antineutrinos; y is of order E/M below z, and nothing for nuclei. Of a
magnetic moment in units of μ_B the kernel is (π α²/m_e²) (1/T - 1/E). The equivalent-photon approximation of a
millicharge in units of e has (2α/π) ln(E/m_ν) / T, per photo-absorption cross section, with m_ν = 1 eV
(arXiv:2207.05036).
"""

import numpy as np

from .._constants import ELECTRON_MASS, FERMI_CONSTANT, FINE_STRUCTURE, HBAR_C_CM
from .._errors import InputError
from .._typing import Array, Float

STRUCTURES = ("vector", "axial", "scalar", "pseudoscalar", "tensor", "magnetic", "equivalent-photon")
KINEMATICS = ("leading", "spin-0", "spin-1/2")
"""How exact the kernels are: leading order in E/M, or exact for a target of that spin."""
NEUTRINO_MASS = 1e-6
"""Mass [MeV] in the logarithm of the equivalent-photon approximation."""


def pairs(structures: tuple[str, ...], kinematics: str) -> tuple[tuple[str, str], ...]:
    """Return the pairs of `structures` whose product has a kernel, each pair once, in the order of `STRUCTURES`."""
    present = [structure for structure in STRUCTURES if structure in structures]
    found = [(structure, structure) for structure in present]
    if {"vector", "axial"} <= set(present) and kinematics == "spin-1/2":
        found.append(("vector", "axial"))
    return tuple(found)


def kernel(
    pair: tuple[str, str],
    energy: Float[Array, "..."],
    recoil: Float[Array, "..."],
    mass: float,
    kinematics: str,
    antineutrino: bool,
) -> Float[Array, "..."]:
    """Return κ(E, T) [cm²/MeV] of a pair of structures, per product of their amplitudes.

    `energy` and `recoil` in MeV, `mass` that of the target [MeV]; of a pair of different structures the kernel holds
    both orders, so that it multiplies Re(a_s a*_s') once.
    """
    if pair == ("magnetic", "magnetic"):
        return np.pi * (FINE_STRUCTURE * HBAR_C_CM / ELECTRON_MASS) ** 2 * (1.0 / recoil - 1.0 / energy)
    if pair == ("equivalent-photon", "equivalent-photon"):
        return 2.0 * FINE_STRUCTURE / np.pi * np.log(energy / NEUTRINO_MASS) / recoil
    y, z = recoil / energy, mass * recoil / (2.0 * energy**2)
    return FERMI_CONSTANT**2 * HBAR_C_CM**2 * mass / np.pi * _bracket(pair, y, z, kinematics, antineutrino)


def _bracket(
    pair: tuple[str, str], y: Float[Array, "..."], z: Float[Array, "..."], kinematics: str, antineutrino: bool
) -> Float[Array, "..."]:
    """Return the bracket of the table above."""
    first = 0.0 if kinematics == "leading" else y
    second = y**2 if kinematics == "spin-1/2" else 0.0
    match pair:
        case ("vector", "vector"):
            return 1.0 - first - z + 0.5 * second
        case ("axial", "axial"):
            return 1.0 - first + z + 0.5 * second
        case ("vector", "axial"):
            return (-2.0 if antineutrino else 2.0) * y * (1.0 - 0.5 * y)
        case ("scalar", "scalar"):
            return z + 0.25 * second
        case ("pseudoscalar", "pseudoscalar"):
            return 0.25 * y**2
        case ("tensor", "tensor"):
            return 8.0 * (1.0 - first - 0.5 * z + 0.25 * second)
    raise InputError(f"no kernel for {pair[0]} × {pair[1]}")
