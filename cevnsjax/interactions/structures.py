"""Lorentz structures of the interaction, and the kinematic kernels κ(E, T) of each pair of them.

The amplitudes a_s are those of the Lagrangian, with the incoming neutrino left-handed and real couplings,

    L = -√2 G_F Σ_s a_s (ν̄ O_s P_L ν)(f̄ Q_s f) + h.c.

    O ⊗ Q:   vector γ^μ ⊗ γ_μ,   axial γ^μ ⊗ -γ_μ γ5,   scalar 1 ⊗ 1,   pseudoscalar 1 ⊗ γ5,
             tensor σ^{μν} ⊗ σ_{μν} summed over all μ and ν (so ξ_T² = 8 C_T² of arXiv:1612.04150 Table 2).

With y = T/E and z = MT/2E², per product of amplitudes, in units of G_F² M/π:

                              fermion of spin 1/2        nucleus of spin 0     leading order
    vector²                   1 - y - z + y²/2           1 - y - z             1 - z
    axial²                    1 - y + z + y²/2                                 1 + z
    scalar²                   z + y²/4                   z                     z
    pseudoscalar²             y²/4                                             y²/4
    tensor²                   8 (1 - y - z/2 + y²/4)                           8 (1 - z/2)
    vector × axial            ± 2 y (1 - y/2)                                  0
    scalar × tensor           ∓ 2 y (1 - y/2)                                  0
    pseudoscalar × tensor     ± 2 y (1 - y/2)                                  ± 2 y

with the upper sign for neutrinos, the lower for antineutrinos; y is of order E/M below z, and nothing for nuclei. For a
magnetic moment in units of μ_B, per squared charge, in units of π α²/m_e²,

    magnetic²                 1/T - 1/E                  1/T - 1/E + T/4E²     1/T - 1/E

(P. Vogel and J. Engel, Phys. Rev. D 39, 3378 (1989): the last term belongs to the nucleus of spin 0). All of this is
what traces give: `tests/independent_traces.py`.

Two structures are only for nuclei:
- "nucleon-pseudoscalar" is a pseudoscalar amplitude of the nucleons, f̄ γ5 f → σ·q/2m_N, on their spin. A Dirac nucleus
  of mass M has σ·q/2M, so the kernel is that of the table with M/m_N for each amplitude: (MT)²/(4 m_N² E²).
- "coherent-tensor" has the kernel of the tensor but adds up the nucleons like a charge, which is how fits to COHERENT
  data use a tensor (arXiv:1806.07424). The tensor current of a nucleon at rest is its spin, which does not add up in a
  nucleus: this is a convention without a Lagrangian for the nucleus. It is added incoherently to everything, as in
  these fits; what interferes on a Dirac nucleus, with scalar or magnetic amplitudes, is of order sqrt(T/M).

What interferes. A vector or an axial current keeps the helicity of the neutrino, the others change it: the final states
of these two kinds are different and their sum is incoherent. Scalar and pseudoscalar do not interfere on unpolarised
targets, whatever their phases, nor do pseudoscalar and magnetic. Of the rest:
- Scalar × tensor and pseudoscalar × tensor interfere as in the table. Without the spin-1/2 kinematics scalar × tensor
  is left out: it is of order sqrt(T/M) below scalar² and tensor².
- Scalar × magnetic interferes fully: on a target of spin 0 both amplitudes are ū_R u_L, and their product is the
  geometric mean of their squares. Its sign is that of the moment relative to the coupling, opposite for antineutrinos;
  moments here are moduli, and those of Majorana neutrinos have phases: the sign is not defined. Tensor ×
  magnetic, of relative order sqrt(T/M) and so large on electrons, has the same lack. `incompatible` reports both.
- The equivalent-photon approximation of a millicharge in units of e has (2α/π) ln(E/m_ν) / T, per photo-absorption
  cross section, with m_ν = 1 eV (arXiv:2207.05036). It replaces the virtual photon by a real photon: interference with
  the exchange of a Z is not part of it.
"""

import numpy as np

from .._base.constants import ELECTRON_MASS, FERMI_CONSTANT, FINE_STRUCTURE, HBAR_C_CM
from .._base.errors import InputError
from .._base.numerics import namespace
from .._base.typing import Array, Float, Scalar

STRUCTURES = (
    "vector",
    "axial",
    "scalar",
    "pseudoscalar",
    "nucleon-pseudoscalar",
    "tensor",
    "coherent-tensor",
    "magnetic",
    "equivalent-photon",
)
KINEMATICS = ("leading", "spin-0", "spin-1/2")
"""How exact the kernels are: leading order in E/M, or exact for a target of that spin."""
ELECTRON_KINEMATICS = "spin-1/2"
"""Those of electrons, always."""
NUCLEON_MASS = 0.5 * (938.27208816 + 939.56542052)
"""Mean of the masses of proton and neutron [MeV] (CODATA 2018)."""
NEUTRINO_MASS = 1e-6
"""Mass [MeV] in the logarithm of the equivalent-photon approximation."""

RISING = ("magnetic", "equivalent-photon")
"""Structures whose kernel rises as 1/T towards a recoil of zero."""

_INTERFERING = {
    ("vector", "axial"): ("spin-1/2",),
    ("scalar", "tensor"): ("spin-1/2",),
    ("pseudoscalar", "tensor"): KINEMATICS,
    ("nucleon-pseudoscalar", "tensor"): KINEMATICS,
}
"""Pairs of different structures that interfere, with the kinematics in which they do."""
_WITHOUT_PHASE = (("scalar", "magnetic"), ("tensor", "magnetic"))
"""Pairs of structures that interfere with a phase that the models do not define."""
_BASIC = {"nucleon-pseudoscalar": "pseudoscalar", "coherent-tensor": "tensor"}
"""Structures of nuclei, by that with the same bracket."""

Values = Scalar | Float[Array, "..."]


def pairs(structures: tuple[str, ...], kinematics: str) -> tuple[tuple[str, str], ...]:
    """Return the pairs of `structures` whose product has a kernel: the diagonal pairs, then those that interfere."""
    present = [structure for structure in STRUCTURES if structure in structures]
    diagonal = [(structure, structure) for structure in present]
    return (
        *diagonal,
        *(pair for pair, where in _INTERFERING.items() if set(pair) <= set(present) and kinematics in where),
    )


def incompatible(structures: tuple[str, ...]) -> str | None:
    """Return why these structures on the same target have no defined sum, or None if they have."""
    for first, second in _WITHOUT_PHASE:
        if {first, second} <= set(structures):
            return (
                f"{first} and {second} amplitudes both flip the helicity of the neutrino and interfere, "
                f"with a sign that moments given as moduli do not have"
            )
    return None


def kernel(
    pair: tuple[str, str],
    energy: Values,
    recoil: Values,
    mass: Values,
    kinematics: str,
    antineutrino: bool,
) -> Values:
    """Return κ(E, T) [cm²/MeV] of a pair of structures, per product of their amplitudes.

    `energy` and `recoil` in MeV, `mass` that of the target [MeV]; of a pair of different structures the kernel holds
    both orders, so that it multiplies Re(a_s a*_s') once.
    """
    if pair == ("magnetic", "magnetic"):
        bracket = 1.0 / recoil - 1.0 / energy
        if kinematics == "spin-0":
            bracket = bracket + 0.25 * recoil / energy**2
        return np.pi * (FINE_STRUCTURE * HBAR_C_CM / ELECTRON_MASS) ** 2 * bracket
    if pair == ("equivalent-photon", "equivalent-photon"):
        return 2.0 * FINE_STRUCTURE / np.pi * namespace(energy).log(energy / NEUTRINO_MASS) / recoil
    y, z = recoil / energy, mass * recoil / (2.0 * energy**2)
    basic = (_BASIC.get(pair[0], pair[0]), _BASIC.get(pair[1], pair[1]))
    enhancement = (mass / NUCLEON_MASS) ** pair.count("nucleon-pseudoscalar")
    unit = FERMI_CONSTANT**2 * HBAR_C_CM**2 * mass / np.pi
    return unit * enhancement * _bracket(basic, y, z, kinematics, antineutrino)


def _bracket(pair: tuple[str, str], y: Values, z: Values, kinematics: str, antineutrino: bool) -> Values:
    """Return the bracket of the table above."""
    first = 0.0 if kinematics == "leading" else y
    second = y**2 if kinematics == "spin-1/2" else 0.0
    interference = (-2.0 if antineutrino else 2.0) * y * (1.0 - 0.5 * first)
    match pair:
        case ("vector", "vector"):
            return 1.0 - first - z + 0.5 * second
        case ("axial", "axial"):
            return 1.0 - first + z + 0.5 * second
        case ("scalar", "scalar"):
            return z + 0.25 * second
        case ("pseudoscalar", "pseudoscalar"):
            return 0.25 * y**2
        case ("tensor", "tensor"):
            return 8.0 * (1.0 - first - 0.5 * z + 0.25 * second)
        case ("vector", "axial") | ("pseudoscalar", "tensor"):
            return interference
        case ("scalar", "tensor"):
            return -interference
    raise InputError(f"no kernel for {pair[0]} × {pair[1]}")
