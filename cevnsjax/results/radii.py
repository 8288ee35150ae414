"""Fitted neutron radii and skins beside those of nuclear models."""

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from .._base.errors import InputError
from .._base.levels import LEVELS
from ..experiments.kinds.relations import SkinPull
from ..nuclei.mean_field import ModelRadii, mean_field
from ..nuclei.nuclide import nuclide, reference_isotope
from ..nuclei.radii import point_radius
from .fit import FitResult
from .grid import GridResult

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..plots.radii import Skin

DRAWN = ("68.27", "90")
ACROSS = (0.0, 0.5)
"""Skins between which a relation is drawn [fm]."""


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


def draw_relation(profile: GridResult, alone: Mapping[str, FitResult] | None = None) -> "Figure":
    """Draw the relation of two neutron skins in a fit: models, line and spread, and the region of the fit.

    Args:
        profile: of the two radii that a relation of its likelihood joins, ``["r_n_pb", "r_n_cs"]``.
        alone: fits of one of these radii without the relation, by their entry in the legend: bands of 1σ.

    """
    from ..plots.radii import Line, draw_line

    pull = _relation_of(profile)
    relation, (first, second), fit = pull.relation, (pull.by[0], pull.of[0]), profile.fit
    across = np.linspace(*ACROSS, 121)
    models = mean_field(relation.of)
    relativistic = np.array([models.relativistic[models.models.index(model)] for model in relation.models])
    regions = []
    for region in profile._regions((first, second), [LEVELS[name] for name in DRAWN], 2):
        axes = (_point_skin(fit, first, region.axes[0]), _point_skin(fit, second, region.axes[1]))
        lines = [
            np.column_stack([_point_skin(fit, first, points[:, 0]), _point_skin(fit, second, points[:, 1])])
            for points in region.lines
        ]
        regions.append(dataclasses.replace(region, axes=axes, lines=tuple(lines)))
    best = (float(_point_skin(fit, first, fit.values[first])), float(_point_skin(fit, second, fit.values[second])))
    return draw_line(
        Line(
            labels=(_skin_label(relation.by), _skin_label(relation.of)),
            skins=(relation.skins[0], relation.skins[1]),
            families={"Skyrme-Hartree-Fock": ~relativistic, "relativistic mean field": relativistic},
            across=across,
            expected=np.asarray(relation.expected(across)),
            spread=np.asarray(relation.spread(across)),
            regions=regions,
            best=best,
            alone=[_alone(label, single, (first, second)) for label, single in (alone or {}).items()],
        )
    )


def _alone(label: str, fit: FitResult, names: tuple[str, str]) -> tuple[str, int, tuple[float, float]]:
    """Return which of the skins a fit has measured, and its interval of 1σ."""
    which = 0 if names[0] in fit.specification.free else 1
    low, high = fit.interval(names[which], LEVELS[DRAWN[0]]).around(fit.values[names[which]])
    return label, which, (float(_point_skin(fit, names[which], low)), float(_point_skin(fit, names[which], high)))


def _relation_of(profile: GridResult) -> SkinPull:
    """Return the relation in the likelihood of a profile that joins its radii."""
    for measurement in profile.fit.likelihood.measurements:
        if set(profile.names) == set(measurement.related) and isinstance(measurement.prediction, SkinPull):
            return measurement.prediction
    raise InputError(f"expected a fit with a relation of {' and '.join(profile.names)}, found none")


def _point_skin(fit: FitResult, name: str, radius: np.ndarray | float) -> np.ndarray:
    """Return the skin of point nucleons [fm] of a radius of the neutrons."""
    protons = fit.specification.values[f"r_p_{name.removeprefix('r_n_')}"]
    return np.asarray(point_radius(radius)) - np.asarray(point_radius(protons))


def _skin_label(name: str) -> str:
    nucleus = nuclide(name)
    mass_number = nucleus.protons + nucleus.neutrons
    return rf"$R_n - R_p$ of $^{{{mass_number}}}${nucleus.element.capitalize()}, points [fm]"


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
