"""How the numbers are got out of the package: all that a change of its interface may ask to adapt here."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

import cevnsjax as cj


def measurement_names() -> list[str]:
    """Return every measurement in every variant, ``coherent-csi-2021:shape``."""
    return [f"{base}:{variant}" for base, entry in cj.measurements.CATALOGUE.items() for variant in entry.variants]


def model_names() -> list[str]:
    """Return every model of the catalogue, without its variants."""
    return list(cj.MODELS)


def likelihood(
    names: Sequence[str],
    models: Sequence[str] = (),
    electrons: bool = False,
    couplings: str = "2022",
    form_factor: str | None = None,
) -> cj.Likelihood:
    """Return the likelihood of measurements, or of shipped forecasts, under the models of these names."""
    found = cj.measurements.resolve_or_describe(names, form_factor)
    interactions = [cj.model(name, couplings) for name in models]
    return cj.Likelihood(found, interactions or None, couplings, electrons)


def parameters(one: cj.Likelihood) -> dict[str, dict[str, Any]]:
    """Return default, bounds, width of the constraint and whether it is profiled unasked, of every parameter."""
    return {
        name: {
            "default": found.default,
            "bounds": found.bounds,
            "width": None if found.constraint is None else found.constraint.width,
            "profiled": found.profiled,
        }
        for name, found in one.parameters.items()
    }


def counts(one: cj.Likelihood, values: Mapping[str, float] | None = None) -> list[dict[str, np.ndarray]]:
    """Return the counts of each component in all bins, of each measurement; or the predicted numbers."""
    return [{name: np.asarray(c) for name, c in found.counts.items()} for found in one.predict(values)]


def chi2_on_host(one: cj.Likelihood, point: Mapping[str, float], **asked: Any) -> float:
    """Return χ² of a problem at the values `point` of its coordinates, evaluated without compiling."""
    problem = one.problem(**asked)
    return float(problem(problem.coordinates(point)))


def gradients(
    one: cj.Likelihood, points: Sequence[Mapping[str, float]], **asked: Any
) -> tuple[list[str], list[np.ndarray], list[float], list[np.ndarray]]:
    """Return the coordinates of a problem and, at each point, their values, χ² and its gradient."""
    problem, evaluator = one.problem(**asked), one.evaluator(**asked)
    at = [problem.coordinates(point) for point in points]
    found = [evaluator.value_and_gradient(u) for u in at]
    return list(problem.names), at, [float(value) for value, _ in found], [np.asarray(slope) for _, slope in found]


def coordinates(one: cj.Likelihood, **asked: Any) -> list[str]:
    """Return what moves in a fit: free parameters and nuisances."""
    return list(one.problem(**asked).names)


def fitted(fit: cj.FitResult, free: Sequence[str], moving: Sequence[str], levels: Sequence[float]) -> dict[str, Any]:
    """Return what a fit found: χ², values, errors, and the pieces of the intervals of the `free` parameters."""
    edges = {name: {str(level): fit.interval(name, level).pieces for level in levels} for name in free}
    return {
        "chi2": fit.chi2,
        "converged": fit.converged,
        "values": {name: fit.values[name] for name in moving},
        "curvature_errors": {name: fit.hessian_error(name) for name in moving},
        "errors": {name: fit.error(name) for name in free},
        "edges": edges,
    }


def contours(scan: cj.GridResult, level: float) -> list[tuple[np.ndarray, bool]]:
    """Return the lines of a scan at a level of two parameters: their points, and whether they are closed."""
    return [(line.points, line.closed) for line in scan.contours(level, parameters=2)]


def grid_axes(scan: cj.GridResult) -> list[tuple[str, np.ndarray, bool]]:
    """Return the axes of a scan: name, values, and whether they are even in the logarithm."""
    return [(axis.name, axis.values, axis.log) for axis in scan.axes]


Refused = cj.InputError
"""What the package raises where it refuses a combination."""
