"""Electrons of atoms as targets: their effective number, and the photo-absorption of the atom.

An electron that takes the recoil energy T is free if T is above its binding energy: Z_eff(T) counts those electrons
(free-electron approximation, arXiv:2205.09484 and 2207.05036). The equivalent-photon approximation of a millicharge has
the photo-absorption cross section σ_γ(T) of the whole atom instead (arXiv:2207.05036). Both are steps or have them at
the binding energies, `electron_breaks`. All isotopes of an element are the same target.
"""

from functools import cache
from pathlib import Path

import numpy as np

from .._base.data_files import DataFile, data_root
from .._base.errors import InputError
from .._base.numerics import namespace
from .._base.typing import Array, Float
from ..stages.stage import Constant
from .target import Target

FILE = "atoms/electrons.toml"
BARN = 1e-24
"""cm²."""


@cache
def _read(root: Path) -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
    """Return, by element, binding energies [MeV] in increasing order, electrons below and above them, and σ_γ."""
    data = DataFile(FILE, root)
    tables = {}
    for element in data.sections():
        if element in ("sources", "tables"):
            continue
        edges = data.array(f"{element}.binding_energy", "keV")
        electrons = data.array(f"{element}.electrons", "1", len(edges))
        energy, cross_section = data.table(f"photoabsorption_{element}")
        tables[element] = (1e-3 * edges[::-1], np.append(0.0, electrons[::-1]), 1e-3 * energy, BARN * cross_section)
    return tables


def _tables(element: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    tables = _read(data_root())
    if element not in tables:
        known = ", ".join(symbol.capitalize() for symbol in tables)
        raise InputError(f"no binding energies and photo-absorption of {element.capitalize()}; known: {known}")
    return tables[element]


def effective_electrons(element: str, recoil: Float[Array, "..."]) -> Float[Array, "..."]:
    """Return Z_eff, the electrons bound by less than the energy `recoil` [MeV], of an element by symbol (``xe``)."""
    edges, electrons, _, _ = _tables(element)
    xp = namespace(recoil)
    return xp.asarray(electrons)[xp.searchsorted(edges, recoil)]


def photoabsorption(element: str, energy: Float[Array, "..."]) -> Float[Array, "..."]:
    """Return the photo-absorption cross section [cm²] of an atom at an `energy` [MeV].

    Linear in both logarithms between edges and points of the table, and zero outside it, below 0.1 and above 800 keV.
    """
    _, _, energies, cross_section = _tables(element)
    xp = namespace(energy)
    inside = (energy >= energies[0]) & (energy <= energies[-1])
    x = xp.log(xp.where(inside, energy, energies[0]))
    points, logs = xp.asarray(np.log(energies)), xp.asarray(np.log(cross_section))
    left = xp.clip(xp.searchsorted(points, x, side="right") - 1, 0, len(energies) - 2)
    share = (x - points[left]) / (points[left + 1] - points[left])
    return xp.where(inside, xp.exp((1.0 - share) * logs[left] + share * logs[left + 1]), 0.0)


def electron_breaks(element: str) -> Float[np.ndarray, " break"]:
    """Return the energies [MeV] where Z_eff of an element has a step or σ_γ a kink, increasing."""
    edges, _, energies, _ = _tables(element)
    return np.unique(np.concatenate([edges, energies]))


def electron_groups(target: Target) -> dict[str, float]:
    """Return the number of atoms of each element of `target`, isotopes together."""
    numbers: dict[str, float] = {}
    for nucleus, number in zip(target.nuclides, target.numbers, strict=True):
        _tables(nucleus.element)
        numbers[nucleus.element] = numbers.get(nucleus.element, 0.0) + float(number)
    return numbers


def electron_charges(target: Target, recoil: Float[Array, "element node"]) -> dict[str, Constant]:
    """Return the charges of the electrons of each element of `target` at energies `recoil` [MeV], as constant stages.

    "electron" is √Z_eff, "photoabsorption" √σ_γ [cm]: arrays (element, node), elements as in `electron_groups`.
    """
    xp, elements = namespace(recoil), tuple(electron_groups(target))
    counts = [effective_electrons(element, energy) for element, energy in zip(elements, recoil, strict=True)]
    cross_sections = [photoabsorption(element, energy) for element, energy in zip(elements, recoil, strict=True)]
    return {
        "electron": Constant(xp.sqrt(xp.stack(counts))),
        "photoabsorption": Constant(_root(xp.stack(cross_sections))),
    }


def _root(values: Float[Array, "..."]) -> Float[Array, "..."]:
    """Return the square root, with a derivative where it is 0."""
    xp, positive = namespace(values), values > 0.0
    return xp.where(positive, xp.sqrt(xp.where(positive, values, 1.0)), 0.0)
