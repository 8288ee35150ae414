"""What a fit is shown as."""

from collections.abc import Iterator, Mapping
from typing import Any

from ..._base.digits import number, pieces, plus_minus, prior, unit, value_and_error
from ..._base.levels import LEVELS, typed_level
from ..._base.tables import Block, Table
from ...measuring.measurement import DATA
from .words import fitted, timed

UNJUDGED = "of unbinned events, no measure of how good the fit is"
"""In place of the degrees of freedom where there are none."""


def fit_blocks(content: Mapping[str, Any], data_name: str = DATA) -> list[Block]:
    """Return what a fit is shown as, from its JSON and what was fitted."""
    chi2, dof = number(content["chi2_min"], ".2f"), content["dof"]
    freedom = UNJUDGED if dof is None else f"for {dof} degrees of freedom"
    return [
        fitted(content, data_name),
        *_parameters(content),
        *_nuisances(content),
        *_specification(content),
        *_measured(content, data_name),
        f"chi2 = {chi2} {freedom}; {content['message']}",
        *timed(content["seconds"]),
    ]


def _parameters(content: Mapping[str, Any]) -> Iterator[Block]:
    rows = []
    for name, parameter in content["parameters"].items():
        leader = content["tied"].get(name)
        errors = (
            plus_minus(parameter["value"], parameter["interval"].get(level, ())) for level in ("68.27", "90", "95.45")
        )
        label = f"{name} = {leader}" if leader else name
        rows.append((label, number(parameter["value"], ".5g"), *errors, unit(parameter["unit"])))
    if rows:
        yield Table(("parameter", "value", "1σ", "90 %", "2σ", "unit"), rows)
    for name, parameter in content["parameters"].items():
        for level, interval in parameter["interval"].items():
            if level not in LEVELS or len(interval) > 1:
                yield f"{name} at {typed_level(level)}: {pieces(interval)}"
        if parameter.get("at_bound"):
            yield f"{name}: an interval reaches a bound of the parameter"


def _nuisances(content: Mapping[str, Any]) -> Iterator[Block]:
    rows = []
    for name, nuisance in content["nuisances"].items():
        numbers = value_and_error(nuisance["value"], nuisance["error"], 4 if abs(nuisance["value"]) < 100 else 0)
        rows.append((name, *numbers, "none" if nuisance["prior"] is None else prior(*nuisance["prior"])))
    if rows:
        yield Table(("nuisance", "value", "error", "prior"), rows)


def _specification(content: Mapping[str, Any]) -> Iterator[Block]:
    """Yield what is held, dropped, shared and constrained."""
    for reason in dict.fromkeys(content["held"].values()):
        names = ", ".join(name for name, why in content["held"].items() if why == reason)
        yield f"held in the errors of what follows, {reason}: {names}"
    if content["priors_dropped"]:
        yield f"prior dropped, because fitted: {', '.join(content['priors_dropped'])}"
    for name, users in content["shared"].items():
        yield f"{name}: shared by {', '.join(users)}"
    for constraint in content["constraints"]:
        yield "{}: {:g} ± {:g}".format(constraint["combination"], *constraint["prior"])
    for correlation in content["correlations"]:
        yield "{} and {}: correlation {:g}".format(*correlation["parameters"], correlation["value"])


def _measured(content: Mapping[str, Any], data_name: str) -> Iterator[Block]:
    """Yield measured numbers and events with what is predicted of them."""
    for measurement, numbers in content["observables"].items():
        for label, entry in numbers.items():
            predicted, observed, error = (number(entry[key], ".5g") for key in ("predicted", "observed", "error"))
            word = "measured" if data_name == DATA else data_name
            yield f"{measurement}: {label} = {predicted}, {word} {observed} ± {error}"
    for measurement, events in content["events"].items():
        totals = (f"{name} {' ± '.join(value_and_error(**total, decimals=1))}" for name, total in events.items())
        yield f"{measurement}: {', '.join(totals)} events"
        if section := content["flux_averaged_cross_section"].get(measurement):
            section_text, sm = " ± ".join(value_and_error(section["value"], section["error"])), section["sm"]
            yield f"flux-averaged cross section: {section_text}, SM {sm:.4g} (1e-40 cm² per nucleus)"
