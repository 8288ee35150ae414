"""Radii of nuclear mean-field models, to be drawn beside fitted radii."""

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

    @property
    def skin(self) -> Float[np.ndarray, " model"]:
        """Return the neutron skin of the physical radii [fm]."""
        return self.neutron - self.proton

    @property
    def point_skin(self) -> Float[np.ndarray, " model"]:
        """Return the neutron skin of point nucleons [fm]."""
        return np.asarray(point_radius(self.neutron)) - np.asarray(point_radius(self.proton))


@cache
def _read(root: Path) -> dict[str, ModelRadii]:
    data = DataFile("nuclear_models/models.toml", root)
    relativistic = set(data.get("models.relativistic", list))
    by_nuclide = {}
    for element, nuclide in data.get("nuclides", dict).items():
        models = data.get(f"models.{element}", list)
        columns = dict(zip(data.get(f"tables.{element}.columns", list), data.table(element), strict=True))
        radii = {
            particle: columns.get(f"{particle}_radius [fm]", physical_radius(columns[f"point_{particle}_radius [fm]"]))
            for particle in ("proton", "neutron")
        }
        by_nuclide[nuclide] = ModelRadii(
            nuclide=nuclide,
            models=tuple(models),
            relativistic=tuple(model in relativistic for model in models),
            **radii,
        )
    return by_nuclide


def mean_field(nuclide: str) -> ModelRadii:
    """Return the radii of 133Cs, 127I (arXiv:2102.06153 Table I) or 40Ar (arXiv:2005.01645 Table I) in the models.

    Those of argon are given for point nucleons; the nucleon size is added.
    """
    known = _read(data_root())
    if nuclide not in known:
        raise InputError(f"no mean-field radii of '{nuclide}'{suggest(nuclide, known)}; known: {', '.join(known)}")
    return known[nuclide]
