"""How the numbers are got out of the package: all that a change of its interface needs to adapt."""

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
    measurements = cj.measurements.resolve(names, form_factor)
    interactions = [cj.model(name, couplings) for name in models]
    return cj.Likelihood(measurements, interactions or None, couplings, electrons)


def parameters(analysis: cj.Likelihood) -> dict[str, dict[str, Any]]:
    """Return default, bounds, width of the constraint and whether it is profiled by default, of every parameter."""
    return {
        name: {
            "default": parameter.default,
            "bounds": parameter.bounds,
            "width": None if parameter.constraint is None else parameter.constraint.width,
            "profiled": parameter.profiled,
        }
        for name, parameter in analysis.parameters.items()
    }


def counts(analysis: cj.Likelihood, values: Mapping[str, float] | None = None) -> list[dict[str, np.ndarray]]:
    """Return the counts of each component in all bins, of each measurement; or the predicted numbers."""
    return [{name: np.asarray(c) for name, c in prediction.counts.items()} for prediction in analysis.predict(values)]


def chi2_on_host(analysis: cj.Likelihood, point: Mapping[str, float], **arguments: Any) -> float:
    """Return χ² of a problem at the values `point` of its coordinates, evaluated without compiling."""
    problem = analysis.problem(**arguments)
    return float(problem(problem.coordinates(point)))


def gradients(
    analysis: cj.Likelihood, points: Sequence[Mapping[str, float]], **arguments: Any
) -> tuple[list[str], list[np.ndarray], list[float], list[np.ndarray]]:
    """Return the coordinates of a problem and, at each point, their values, χ² and its gradient."""
    problem, evaluator = analysis.problem(**arguments), analysis.evaluator(**arguments)
    at = [problem.coordinates(point) for point in points]
    evaluated = [evaluator.value_and_gradient(u) for u in at]
    return (
        list(problem.names),
        at,
        [float(value) for value, _ in evaluated],
        [np.asarray(slope) for _, slope in evaluated],
    )


def coordinates(analysis: cj.Likelihood, **arguments: Any) -> list[str]:
    """Return what moves in a fit: free parameters and nuisances."""
    return list(analysis.problem(**arguments).names)


def fitted(fit: cj.FitResult, free: Sequence[str], moving: Sequence[str], levels: Sequence[float]) -> dict[str, Any]:
    """Return the results of a fit: χ², values, errors, and the pieces of the intervals of the `free` parameters."""
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
"""What the package raises where it rejects a combination."""
