"""Fitted neutron radii and skins beside those of nuclear models."""

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from .._base.errors import InputError
from .._base.levels import LEVELS
from ..nuclei.mean_field import ModelRadii, mean_field
from ..nuclei.nuclide import nuclide, reference_isotope
from ..nuclei.radii import point_radius
from ..nuclei.skins import SkinRelation
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

    relation = _relation_of(profile)
    names = [f"r_n_{nuclide(name).element}" for name in (relation.by, relation.of)]
    if sorted(profile.names) != sorted(names):
        raise InputError(f"expected a profile of {names[0]} and {names[1]}, found {', '.join(profile.names)}")
    across = np.linspace(*ACROSS, 121)
    relativistic = np.array(
        [mean_field(relation.of).relativistic[mean_field(relation.of).models.index(m)] for m in relation.models]
    )
    regions = []
    for region in profile._regions(names, [LEVELS[name] for name in DRAWN], 2):
        axes = tuple(_point_skin(profile.fit, *pair) for pair in zip(names, region.axes, strict=True))
        lines = [
            np.column_stack([_point_skin(profile.fit, n, c) for n, c in zip(names, points.T, strict=True)])
            for points in region.lines
        ]
        regions.append(dataclasses.replace(region, axes=axes, lines=tuple(lines)))
    measured = []
    for label, fit in (alone or {}).items():
        (name,) = (name for name in names if name in fit.specification.free)
        edges = fit.interval(name, LEVELS[DRAWN[0]]).around(fit.values[name])
        low, high = (float(_point_skin(fit, name, edge)) for edge in edges)
        measured.append((label, names.index(name), (low, high)))
    return draw_line(
        Line(
            labels=(_skin_label(relation.by), _skin_label(relation.of)),
            skins=(relation.skins[0], relation.skins[1]),
            families={"Skyrme-Hartree-Fock": ~relativistic, "relativistic mean field": relativistic},
            across=across,
            expected=relation.expected(across),
            spread=relation.spread(across),
            regions=regions,
            best=tuple(float(_point_skin(profile.fit, name, profile.fit.values[name])) for name in names),
            alone=measured,
        )
    )


def _relation_of(profile: GridResult) -> SkinRelation:
    """Return the relation in the likelihood of a profile that joins its radii."""
    for measurement in profile.fit.likelihood.measurements:
        if set(profile.names) == set(measurement.related):
            return measurement.prediction.relation
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
