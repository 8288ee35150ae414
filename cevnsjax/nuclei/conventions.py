"""What a nuclear density is a density of: point nucleons, electric charge, or nucleons with their size folded in.

The form factors F_Z and F_N of this package are physical: the size of the nucleons is in them. With q in 1/fm,

    point       F = F_given · G(q),                              R² = R_given² + <r_N²>
    charge      F = F_given / (1 - (N/Z) <r_n²> q²/6),           R² = R_given² - (N/Z) <r_n²>    (protons alone)
    physical    F = F_given,                                     R = R_given

with the dipole G = (1 + <r_N²> q²/12)^-2 of the rms radius 0.8409 fm. A charge density also has the charge inside the
neutrons, <r_n²> = -0.1161 fm²: F_charge = F_point [G_p + (N/Z) G_n] with G_n = -<r_n²> q²/6 · G_p to leading order
in q², where the neutrons are distributed as the protons are. This is what gives R_p² = R_ch² + 0.1161 fm² N/Z to the
radii of `nuclides`.
"""

from collections.abc import Callable
from typing import NamedTuple

from .._base.errors import InputError, suggest
from .._base.typing import Array, Float, Scalar
from .radii import NEUTRON_CHARGE_RADIUS_SQUARED, NUCLEON_RADIUS

Momenta = Float[Array, "..."]
Ratio = Scalar
"""N/Z."""


class Convention(NamedTuple):
    """What it takes to make a given distribution physical, as a function of N/Z."""

    added: Callable[[Ratio], Ratio]
    """What the mean square radius gains [fm²]."""
    factor: Callable[[Momenta, Ratio], Momenta]
    """What multiplies the form factor at the momentum transfers q [1/fm]."""


def _dipole(q: Momenta, ratio: Ratio) -> Momenta:
    return (1.0 + (q * NUCLEON_RADIUS) ** 2 / 12.0) ** -2


def _without_neutrons(q: Momenta, ratio: Ratio) -> Momenta:
    return 1.0 / (1.0 - ratio * NEUTRON_CHARGE_RADIUS_SQUARED * q**2 / 6.0)


CONVENTIONS = {
    "point": Convention(lambda ratio: NUCLEON_RADIUS**2, _dipole),
    "charge": Convention(lambda ratio: -ratio * NEUTRON_CHARGE_RADIUS_SQUARED, _without_neutrons),
    "physical": Convention(lambda ratio: 0.0, lambda q, ratio: 1.0 + 0.0 * q),
}
"""Conventions by name."""


def check_convention(convention: str) -> str:
    """Return the name of a convention; raise InputError for any other."""
    if convention not in CONVENTIONS:
        hint = suggest(str(convention), CONVENTIONS)
        raise InputError(f"convention: expected one of {', '.join(CONVENTIONS)}, found '{convention}'{hint}")
    return convention
