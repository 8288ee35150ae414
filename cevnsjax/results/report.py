"""Results as plain lists and numbers: the JSON of the command line (docs/command_line.md)."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .._base.levels import Level
from .._base.version import __version__
from .record import data_digest

if TYPE_CHECKING:
    from .fit import FitResult
    from .grid import GridResult


def plain(content: Any) -> Any:
    """Return `content` with None in place of every number that JSON cannot hold."""
    if isinstance(content, dict):
        return {key: plain(value) for key, value in content.items()}
    if isinstance(content, list):
        return [plain(value) for value in content]
    return None if isinstance(content, float) and not math.isfinite(content) else content


def _interval_lists(fit: "FitResult", name: str, levels: Sequence[Level]) -> dict[str, list[list[float]]]:
    return {level.label: [list(piece) for piece in fit.interval(name, level).pieces] for level in levels}


def _parameter(fit: "FitResult", name: str, levels: Sequence[Level]) -> dict[str, Any]:
    """Return value, error and intervals of a fitted parameter; of a failed fit the value alone."""
    description = {
        "value": fit.values[name],
        "error": None,
        "unit": fit.likelihood.parameters[name].unit,
        "interval": {},
    }
    if fit.settled:
        curvature = fit.hessian_error(name)
        description |= {
            "error": fit.error(name),
            "hessian_error": curvature,
            "interval": _interval_lists(fit, name, levels),
        }
        if any(fit.interval(name, level).at_bound for level in levels):
            description["at_bound"] = True
    return description


def _nuisance(fit: "FitResult", name: str) -> dict[str, Any]:
    prior = fit.specification.constraints.get(name)
    return {
        "value": fit.values[name],
        "error": fit.hessian_error(name),
        "prior": None if prior is None else [prior.centre, prior.width],
    }


def specification_report(fit: "FitResult") -> dict[str, Any]:
    """Return the specification of a fit."""
    specification = fit.specification
    return {
        "measurements": [measurement.name for measurement in fit.likelihood.measurements],
        "interactions": fit.likelihood.interaction.names,
        "free": list(specification.free),
        "fixed": {
            n: v
            for n, v in specification.values.items()
            if n not in specification.moving and n not in specification.ties
        },
        "tied": dict(specification.ties),
        "required": [f"{a}<={b}" for a, b in specification.orders],
        "priors_dropped": list(specification.dropped),
    }


def fit_report(fit: "FitResult", levels: Sequence[Level]) -> dict[str, Any]:
    """Return a fit with the intervals of its free parameters, and of what is tied to them, at `levels`."""
    specification, fit = fit.specification, fit.with_intervals(levels)
    fitted = [
        *specification.free,
        *(name for name, leader in specification.ties.items() if leader in specification.free),
    ]
    parameters = {name: _parameter(fit, name, levels) for name in fitted}
    measurements = [measurement.name for measurement in fit.likelihood.measurements]
    events, sections = {}, {}
    observables = {}
    for index, name in enumerate(measurements):
        measurement = fit.likelihood.measurements[index]
        if measurement.numbers:
            content = fit.prediction(index).as_dict()
            observables[name] = {
                label: {"predicted": value, "observed": content["observed"][label], "error": content["error"][label]}
                for label, value in content["total"].items()
            }
            continue
        events[name] = {
            component: {"value": value, "error": error} for component, (value, error) in fit.events(index).items()
        }
        if measurement.scattering is None or not measurement.scattering.takes_electrons:
            continue
        section = fit.flux_averaged_cross_section(index)
        sections[name] = {key: 1e40 * value for key, value in section.items()} | {"unit": "1e-40 cm^2"}
    return plain(
        {
            **specification_report(fit),
            "parameters": parameters,
            "chi2_min": fit.chi2,
            "dof": fit.dof,
            "unconstrained": list(fit.unconstrained),
            "held": fit.held,
            "nuisances": {name: _nuisance(fit, name) for name in specification.nuisances},
            "shared": fit.likelihood.shared,
            "constraints": [
                {"combination": r.text, "prior": [r.constraint.centre, r.constraint.width]}
                for r in specification.relations
            ],
            "correlations": [
                {"parameters": list(pair), "value": rho} for pair, rho in specification.correlations.items()
            ],
            "events": events,
            "flux_averaged_cross_section": sections,
            "observables": observables,
            "minimiser": fit.minimiser,
            "quadrature_error": fit.quadrature_error,
            "converged": fit.converged,
            "message": fit.message,
            "data": data_digest(fit.likelihood.measurements),
            "seconds": fit.seconds,
            "version": __version__,
        }
    )


def profile_report(profile: "GridResult", fit: "FitResult", levels: Sequence[Level]) -> dict[str, Any]:
    """Return a profile with the intervals of the scanned parameters at `levels`."""
    names = profile.names
    intervals = {name: _interval_lists(fit, name, levels) for name in names} if fit.settled else {}
    alone = len(names) == 1
    return plain(
        {
            "parameters": list(names),
            "points": profile.axes[0].values.tolist() if alone else [axis.values.tolist() for axis in profile.axes],
            "chi2": profile.chi2.tolist(),
            "interval": intervals.get(names[0], {}) if alone else intervals,
            "best": {name: fit.values[name] for name in names},
            "chi2_min": fit.chi2,
            "not_converged": profile.not_converged,
            "quadrature_error": fit.quadrature_error,
            "converged": fit.converged,
            "message": fit.message,
            "data": data_digest(fit.likelihood.measurements),
            "seconds": fit.seconds,
            "version": __version__,
        }
    )
