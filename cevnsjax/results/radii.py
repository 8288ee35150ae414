"""Fitted neutron radii beside those of nuclear models."""

from typing import TYPE_CHECKING

import numpy as np

from .._base.errors import InputError
from .._base.levels import LEVELS
from ..nuclei.mean_field import ModelRadii, mean_field
from ..nuclei.nuclide import reference_isotope
from .grid import GridResult

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..plots.radii import Skin

DRAWN = ("68.27", "90")


def draw_with_models(profile: GridResult) -> "Figure":
    """Draw a profile of two neutron radii, r_n_cs and r_n_i, beside mean-field models of the same radii and skins.

    The skins are those of the fit less the radius of the protons, which is fixed.
    """
    from ..plots.radii import Plane, draw_radii

    elements = [name.removeprefix("r_n_") for name in profile.names if name.startswith("r_n_")]
    if len(elements) != 2:
        raise InputError(f"expected a profile of two neutron radii, found {', '.join(profile.names)}")
    first, second = (mean_field(reference_isotope(element).name) for element in elements)
    if first.models != second.models:
        raise InputError(f"expected radii in the same models, found others for {first.nuclide} and {second.nuclide}")
    relativistic = np.array(first.relativistic)
    families = (("Skyrme-Hartree-Fock", ~relativistic), ("relativistic mean field", relativistic))
    fit = profile.fit
    plane = Plane(
        labels=(profile.label(profile.names[0]), profile.label(profile.names[1])),
        regions=profile._regions(profile.names, [LEVELS[name] for name in DRAWN], 2),
        best=(fit.values[profile.names[0]], fit.values[profile.names[1]]),
        models={family: (first.neutron[of], second.neutron[of]) for family, of in families},
    )
    return draw_radii(plane, [_skin(profile, *pair) for pair in zip(elements, (first, second), strict=True)])


def _skin(profile: GridResult, element: str, models: ModelRadii) -> "Skin":
    from ..plots.radii import Skin

    fit, name = profile.fit, f"r_n_{element}"
    protons = fit.likelihood.parameters[f"r_p_{element}"].default
    edges = {level: fit.interval(name, LEVELS[level]).around(fit.values[name]) for level in DRAWN}
    return Skin(
        label=rf"$R_n - R_p(\mathrm{{{element.capitalize()}}})$ [fm]",
        best=fit.values[name] - protons,
        intervals={level: (low - protons, high - protons) for level, (low, high) in edges.items()},
        names=models.models,
        values=models.skin,
        families=models.relativistic,
    )
