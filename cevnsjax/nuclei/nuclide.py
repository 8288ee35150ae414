"""Nuclides: charge, mass, natural abundance, spin, and the default radii of the proton and neutron distributions."""

import re
from functools import cache
from pathlib import Path

import equinox as eqx

from .._base.constants import ATOMIC_MASS_UNIT, ELECTRON_MASS
from .._base.data_files import DataFile, data_root
from .._base.errors import InputError, suggest
from .._base.module import Module


class Nuclide(Module):
    """A nuclide. Radii are rms radii with the finite nucleon size folded in (arXiv:2303.09360 section II)."""

    name: str = eqx.field(static=True)
    element: str = eqx.field(static=True)
    """Lower-case chemical symbol: the suffix of the parameters r_p_<element> and r_n_<element>."""
    protons: int = eqx.field(static=True)
    neutrons: int = eqx.field(static=True)
    mass: float
    """Mass of the bare nucleus [MeV]."""
    atomic_mass: float
    """Mass of the neutral atom [u]."""
    charge_radius: float
    """Rms radius of the charge [fm]."""
    proton_radius: float
    """Default rms radius of the protons [fm]."""
    neutron_radius: float
    """Default rms radius of the neutrons [fm]."""
    abundance: float
    """Fraction of the atoms of the natural element."""
    spin: float
    """Spin J of the nucleus."""
    proton_spin: float
    """Expectation value <S_p> of the spin of the protons, in the state of the largest projection of J."""
    neutron_spin: float
    """The same of the neutrons, <S_n>."""


def nuclear_mass(atomic_mass: float, protons: int) -> float:
    """Return the mass [MeV] of a bare nucleus from the atomic mass [u].

    M = m_atom - Z m_e + B_e, with the electron binding energy B_e = 14.4381 Z^2.39 + 1.55468e-6 Z^5.35 eV
    (Lunney, Pearson, Thibault, Rev. Mod. Phys. 75, 1021 (2003), Eq. A4).
    """
    binding = (14.4381 * protons**2.39 + 1.55468e-6 * protons**5.35) * 1e-6
    return atomic_mass * ATOMIC_MASS_UNIT - protons * ELECTRON_MASS + binding


@cache
def _read(root: Path) -> dict[str, Nuclide]:
    data = DataFile("nuclei/nuclides.toml", root)
    records = {}
    for name in data.sections():
        if name == "sources":
            continue
        protons = round(data.number(f"{name}.protons", "1"))
        atomic_mass = data.number(f"{name}.atomic_mass", "u")
        spin = data.number(f"{name}.spin", "1")
        records[name] = Nuclide(
            name=name,
            element=data.get(f"{name}.element", str),
            protons=protons,
            neutrons=round(data.number(f"{name}.mass_number", "1")) - protons,
            mass=nuclear_mass(atomic_mass, protons),
            atomic_mass=atomic_mass,
            charge_radius=data.number(f"{name}.charge_radius", "fm"),
            proton_radius=data.number(f"{name}.proton_radius", "fm"),
            neutron_radius=data.number(f"{name}.neutron_radius", "fm"),
            abundance=data.number(f"{name}.abundance", "fraction"),
            spin=spin,
            proton_spin=data.number(f"{name}.proton_spin", "1") if spin else 0.0,
            neutron_spin=data.number(f"{name}.neutron_spin", "1") if spin else 0.0,
        )
    return records


def nuclides() -> dict[str, Nuclide]:
    """Return all nuclides by name, with numbers from ``data/nuclei/nuclides.toml``."""
    return _read(data_root())


def nuclide(name: str) -> Nuclide:
    """Return the nuclide of that name (``133Cs``)."""
    known = nuclides()
    if name not in known:
        turned = re.sub(r"([A-Za-z]+)([0-9]+)", r"\2\1", name)
        hint = suggest(turned if turned in known else name, known)
        raise InputError(f"unknown nuclide '{name}'{hint}; known: {', '.join(known)}")
    return known[name]


def isotopes(element: str) -> tuple[Nuclide, ...]:
    """Return the isotopes of the natural element of that symbol (``xe``) in order of mass; abundances sum to 1."""
    nuclei = tuple(n for n in nuclides().values() if n.element == element and n.abundance > 0)
    if not nuclei:
        symbols = sorted({n.element.capitalize() for n in nuclides().values()})
        name = element.capitalize()
        raise InputError(f"unknown element '{name}'{suggest(name, symbols)}; known: {', '.join(symbols)}")
    return nuclei


def reference_isotope(element: str) -> Nuclide:
    """Return the most abundant isotope of an element: r_p_<element> and r_n_<element> are its radii."""
    return max(isotopes(element), key=lambda isotope: isotope.abundance)
