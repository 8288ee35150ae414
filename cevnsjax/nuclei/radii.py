"""Radii as parameters, and what the size of the nucleons adds to them.

The radii of this package are those of the distributions with the nucleons' own size folded in ("physical"). Nuclear
models quote the radii of point nucleons: R² = R_point² + <r_N²> (arXiv:2102.06153 Table I).
"""

from .._base.numerics import namespace
from .._base.typing import Array, Float, Scalar
from ..parameters.parameter import Parameter
from .nuclide import Nuclide, isotopes, nuclide, reference_isotope

NUCLEON_RADIUS = 0.8409
"""Rms radius [fm] folded into the distributions of protons and neutrons, the charge radius of the proton
(Antognini et al., Science 339, 417 (2013))."""
NEUTRON_CHARGE_RADIUS_SQUARED = -0.1161
"""Mean square charge radius of the neutron [fm²] (Review of Particle Physics 2022)."""

BOUNDS = (2.2, 12.0)
"""Bounds of all radii [fm]."""
_WORDS = {"n": "neutron", "p": "proton"}


def point_radius(radius: Scalar | Float[Array, "..."]) -> Scalar | Float[Array, "..."]:
    """Return the rms radius of point nucleons [fm] from the physical radius."""
    return namespace(radius).sqrt(radius**2 - NUCLEON_RADIUS**2)


def physical_radius(radius: Scalar | Float[Array, "..."]) -> Scalar | Float[Array, "..."]:
    """Return the physical rms radius [fm] from that of point nucleons."""
    return namespace(radius).sqrt(radius**2 + NUCLEON_RADIUS**2)


def _parameter(name: str, particle: str, nucleus: Nuclide, of: str, latex: str) -> Parameter:
    return Parameter(
        name=f"r_{particle}_{name}",
        unit="fm",
        default=nucleus.neutron_radius if particle == "n" else nucleus.proton_radius,
        bounds=BOUNDS,
        latex=rf"R_{particle}(\mathrm{{{latex}}})",
        description=f"rms radius of the {_WORDS[particle]} distribution of {of}, nucleon size included",
    )


def element_radius(particle: str, element: str) -> Parameter:
    """Return r_n_<element> or r_p_<element>: the radius of the most abundant isotope of the element."""
    nucleus, symbol = reference_isotope(element), element.capitalize()
    return _parameter(element, particle, nucleus, symbol if len(isotopes(element)) == 1 else nucleus.name, symbol)


def isotope_radius(particle: str, name: str) -> Parameter:
    """Return r_n_ca48 or r_p_ca48 for ``48Ca``: the radius of that isotope, apart from the others of its element."""
    nucleus = nuclide(name)
    mass_number = nucleus.protons + nucleus.neutrons
    latex = rf"^{{{mass_number}}}{nucleus.element.capitalize()}"
    return _parameter(f"{nucleus.element}{mass_number}", particle, nucleus, name, latex)
