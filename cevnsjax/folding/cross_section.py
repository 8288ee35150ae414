"""The differential cross section that is folded, at neutrino and recoil energies of the user's choice.

    dσ_l/dT (E, T) = Σ_ss' κ_ss'(E, T) · Σ_l' Re(a_s,ll' a*_s',ll')(q² = 2MT; θ)
                   + Σ_processes κ(E, T; θ) · |vertex_l(θ)|² · charge(q²)²

with the kernels, amplitudes and processes of the fold; 0 where the recoil is not possible. All of it is NumPy or JAX,
and has derivatives by the parameters θ, by E and by T.
"""

from .._base.numerics import namespace
from .._base.typing import Array, Float, Params
from ..interactions.interaction import FLAVOURS
from ..interactions.kinematics import maximum_recoil
from ..interactions.structures import kernel, pairs
from ..sources.source import is_antineutrino, lepton_of
from .amplitudes import amplitudes
from .scatterers import Scatterers


def differential_cross_section(
    targets: Scatterers,
    flavour: str,
    energy: Float[Array, "*#shape"],
    recoil: Float[Array, "*#shape"],
    params: Params,
) -> Float[Array, "*shape"]:
    """Return dσ/dT [cm²/MeV] per nucleus, or per atom, of the first of the `targets`.

    `flavour` is that of the neutrino, ``nu_e`` to ``nu_tau_bar``; energies E and T in MeV.
    """
    elastic = _elastic(targets, flavour, energy, recoil, params)
    possible = recoil <= maximum_recoil(energy, targets.masses[0])
    total = namespace(elastic).where(possible, elastic, 0.0)
    return total + _processes(targets, flavour, energy, recoil, params)


def _elastic(
    targets: Scatterers,
    flavour: str,
    energy: Float[Array, "*#shape"],
    recoil: Float[Array, "*#shape"],
    params: Params,
) -> Float[Array, "*shape"]:
    """Return the kernels times the products of amplitudes, whether the recoil is possible or not."""
    mass, nodes = targets.masses[0], recoil.reshape(1, -1)
    parts = amplitudes(targets.terms, targets.charges(nodes), 2.0 * mass * nodes, (FLAVOURS.index(lepton_of(flavour)),))
    values = {part.structure: part(params) for part in parts}
    total = 0.0 * (energy * recoil)
    for pair in pairs(tuple(values), targets.kinematics):
        squared = (values[pair[0]] * values[pair[1]]).sum(axis=1).reshape(recoil.shape)
        kappa = kernel(pair, energy, recoil, mass, targets.kinematics, is_antineutrino(flavour))
        total = total + kappa * squared
    return total


def _processes(
    targets: Scatterers,
    flavour: str,
    energy: Float[Array, "*#shape"],
    recoil: Float[Array, "*#shape"],
    params: Params,
) -> Float[Array, "*shape"]:
    """Return the sum over the final states that are not those of elastic scattering."""
    mass, lepton = targets.masses[0], FLAVOURS.index(lepton_of(flavour))
    total = 0.0 * (energy * recoil)
    for process in targets.processes:
        least, largest = process.recoil_limits(energy, mass, params)
        charge = targets.charges(recoil.reshape(1, -1))[process.charge](params).reshape(recoil.shape)
        kappa = process.kernel(energy, recoil, mass, params) * process.vertex(params)[lepton] ** 2 * charge**2
        total = total + namespace(kappa, least).where((recoil >= least) & (recoil <= largest), kappa, 0.0)
    return total
