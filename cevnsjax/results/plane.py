"""A plane of two parameters: which of them is on x, and whether what is seen of it is a limit."""

from collections.abc import Sequence

import numpy as np

from .._base.errors import InputError
from .._base.typing import Float, Names
from ..inference.grid.axes import Axis

SHADES = ("allowed", "excluded", "none")
"""What may be shaded of a plane."""
ENERGIES = ("eV", "keV", "MeV", "GeV", "TeV")
"""Units of masses."""


def is_mass(name: str, unit: str) -> bool:
    """Return whether a parameter is a mass, such as that of a mediator, by its name here and its unit.

    >>> is_mass("m_zp", "MeV"), is_mass("g_zp", "1"), is_mass("delta_m2_41", "eV^2")
    (True, False, False)

    """
    return name.startswith("m_") and unit in ENERGIES


def masses_first(names: Names, units: Sequence[str]) -> tuple[str, ...]:
    """Return the parameters in the order in which figures have them on x: masses first, else their order.

    >>> masses_first(("sin2_theta_w", "g_zp", "m_zp"), ("1", "1", "MeV"))
    ('m_zp', 'sin2_theta_w', 'g_zp')

    """
    unit = dict(zip(names, units, strict=True))
    return tuple(sorted(names, key=lambda name: not is_mass(name, unit[name])))


def oriented(names: Names, units: Sequence[str], swap: bool = False) -> tuple[str, ...]:
    """Return the parameters on x and y, as the field draws them: a mass on x, else their order; `swap` turns it round.

    >>> oriented(("g_zp", "m_zp"), ("1", "MeV"))
    ('m_zp', 'g_zp')

    """
    if swap and len(names) != 2:
        raise InputError(f"swap: expected two axes, found {', '.join(names)}")
    ordered = masses_first(names, units)
    return ordered[::-1] if swap else ordered


def is_limit(
    axes: tuple[Axis, Axis], units: Sequence[str], delta_chi2: Float[np.ndarray, "first second"], level: float
) -> bool:
    """Return whether a plane of a mass and a coupling only limits the coupling: Δχ² allows the least at every mass.

    The least is the value of the grid that is nearest to 0; points where Δχ² is not finite do not count.
    """
    masses = [is_mass(axis.name, unit) for axis, unit in zip(axes, units, strict=True)]
    if sum(masses) != 1:
        return False
    coupling = masses.index(False)
    least = np.take(delta_chi2, np.argmin(np.abs(axes[coupling].values)), axis=coupling)
    known = least[np.isfinite(least)]
    return bool(known.size and np.all(known <= level))


def check_shade(name: str, value: object) -> None:
    """Raise InputError unless `value` is something that may be shaded; `name` is that of the argument."""
    if value not in SHADES:
        raise InputError(f"{name}: expected {', '.join(SHADES[:-1])} or {SHADES[-1]}, found '{value}'")
