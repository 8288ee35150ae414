"""Radii of nuclear mean-field models, to be drawn beside fitted radii and related to each other.

A table that prints a radius of point nucleons and the physical one, each with few digits, states the radius twice: it
lies in the intersection of the two intervals that round to what is printed, and its middle is taken.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import equinox as eqx
import numpy as np

from .._base.data_files import DataFile, data_root
from .._base.errors import InputError, suggest
from .._base.module import Module
from .._base.typing import Float
from .radii import physical_radius, point_radius


class ModelRadii(Module):
    """Rms radii [fm] of a nuclide in several models; physical, with the nucleon size included."""

    nuclide: str = eqx.field(static=True)
    models: tuple[str, ...] = eqx.field(static=True)
    relativistic: tuple[bool, ...] = eqx.field(static=True)
    """Whether a model is a relativistic mean field; the others are Skyrme-Hartree-Fock."""
    proton: Float[np.ndarray, " model"]
    neutron: Float[np.ndarray, " model"]
    point_proton: Float[np.ndarray, " model"]
    """Rms radii of point nucleons [fm], from both columns where a table has both."""
    point_neutron: Float[np.ndarray, " model"]

    @property
    def skin(self) -> Float[np.ndarray, " model"]:
        """Return the neutron skin of the physical radii [fm]."""
        return self.neutron - self.proton

    @property
    def point_skin(self) -> Float[np.ndarray, " model"]:
        """Return the neutron skin of point nucleons [fm]."""
        return self.point_neutron - self.point_proton


ROUNDED = 0.005
"""Half of the last digit of the tables that print both radii [fm]."""


def _from_both(
    point: Float[np.ndarray, " model"], physical: Float[np.ndarray, " model"]
) -> Float[np.ndarray, " model"]:
    """Return the rms radii of point nucleons [fm] of which both, and the physical radii, are printed to 0.01 fm."""
    low = np.maximum(point - ROUNDED, point_radius(physical - ROUNDED))
    high = np.minimum(point + ROUNDED, point_radius(physical + ROUNDED))
    return 0.5 * (low + high)


def _radii(columns: Mapping[str, np.ndarray], particle: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the rms radii of a particle, physical and of point nucleons [fm], from one or two columns."""
    point, physical = columns[f"point_{particle}_radius [fm]"], columns.get(f"{particle}_radius [fm]")
    if physical is None:
        return np.asarray(physical_radius(point)), point
    return physical, _from_both(point, physical)


@cache
def _read(root: Path) -> dict[str, ModelRadii]:
    data = DataFile("nuclear_models/models.toml", root)
    relativistic = set(data.get("models.relativistic", list))
    by_nuclide = {}
    for element, nuclide in data.get("nuclides", dict).items():
        models = data.get(f"models.{element}", list)
        columns = dict(zip(data.get(f"tables.{element}.columns", list), data.table(element), strict=True))
        (proton, point_proton), (neutron, point_neutron) = (_radii(columns, name) for name in ("proton", "neutron"))
        by_nuclide[nuclide] = ModelRadii(
            nuclide=nuclide,
            models=tuple(models),
            relativistic=tuple(model in relativistic for model in models),
            proton=proton,
            neutron=neutron,
            point_proton=point_proton,
            point_neutron=point_neutron,
        )
    return by_nuclide


def mean_field(nuclide: str) -> ModelRadii:
    """Return the radii of 133Cs, 127I (arXiv:2102.06153 Table I), 40Ar (arXiv:2005.01645 Table I) or 208Pb in models.

    Those of argon and of lead (table of the toolkit nucleardatapy) are given for point nucleons; the nucleon size is
    added.
    """
    known = _read(data_root())
    if nuclide not in known:
        raise InputError(f"no mean-field radii of '{nuclide}'{suggest(nuclide, known)}; known: {', '.join(known)}")
    return known[nuclide]
