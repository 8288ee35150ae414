"""Nuclides: charge, mass, and the default radii of the proton and neutron distributions."""

from functools import cache

import equinox as eqx

from .._constants import ATOMIC_MASS_UNIT, ELECTRON_MASS
from .._data import DataFile
from .._errors import InputError, suggest


class Nuclide(eqx.Module):
    """A nuclide. Radii are rms radii with the finite nucleon size folded in (arXiv:2303.09360 section II)."""

    name: str = eqx.field(static=True)
    element: str = eqx.field(static=True)
    """Lower-case chemical symbol: the suffix of the parameters r_p_<element> and r_n_<element>."""
    protons: int = eqx.field(static=True)
    neutrons: int = eqx.field(static=True)
    mass: float
    """Mass of the bare nucleus [MeV]."""
    proton_radius: float
    """Default of r_p_<element> [fm]."""
    neutron_radius: float
    """Default of r_n_<element> [fm]."""


def nuclear_mass(atomic_mass: float, protons: int) -> float:
    """Return the mass [MeV] of a bare nucleus from the atomic mass [u].

    M = m_atom - Z m_e + B_e, with the electron binding energy B_e = 14.4381 Z^2.39 + 1.55468e-6 Z^5.35 eV
    (Lunney, Pearson, Thibault, Rev. Mod. Phys. 75, 1021 (2003), Eq. A4).
    """
    binding = (14.4381 * protons**2.39 + 1.55468e-6 * protons**5.35) * 1e-6
    return atomic_mass * ATOMIC_MASS_UNIT - protons * ELECTRON_MASS + binding


@cache
def nuclide(name: str) -> Nuclide:
    """Return the nuclide of that name (``133Cs``), with numbers from ``data/nuclei/nuclides.toml``."""
    data = DataFile("nuclei/nuclides.toml")
    known = sorted(set(data.sections()) - {"sources"})
    if name not in known:
        raise InputError(f"unknown nuclide '{name}'{suggest(name, known)}; known: {', '.join(known)}")
    protons = round(data.number(f"{name}.protons", "1"))
    return Nuclide(
        name=name,
        element=data.get(f"{name}.element", str),
        protons=protons,
        neutrons=round(data.number(f"{name}.mass_number", "1")) - protons,
        mass=nuclear_mass(data.number(f"{name}.atomic_mass", "u"), protons),
        proton_radius=data.number(f"{name}.proton_radius", "fm"),
        neutron_radius=data.number(f"{name}.neutron_radius", "fm"),
    )
