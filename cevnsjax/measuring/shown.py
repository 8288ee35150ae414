"""What a measurement is shown as: what was counted, in which bins, and what is predicted of it."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from .._base.digits import prior, unit
from .._base.tables import Block, Table, abridged
from ..parameters.parameter import Parameter

if TYPE_CHECKING:
    from .measurement import Measurement


def measurement_blocks(measurement: "Measurement") -> list[Block]:
    """Return what a measurement is shown as, of counts in bins or of measured numbers."""
    own = {strength.parameter for strength in measurement.strengths}
    others = [parameter for parameter in measurement.parameters() if parameter.name not in own]
    return [
        f"{measurement.name}: {measurement.title}",
        *(_counts if measurement.axes else _numbers)(measurement),
        *_parameters(others),
        *_references(measurement.references),
    ]


def _counts(measurement: "Measurement") -> list[Block]:
    """Return what was counted in which bins, and the strengths of what is expected."""
    term = measurement.term
    kind = "expected counts (Asimov)" if measurement.asimov else "upper limit" if term.one_sided else "observed"
    errors = ", with Gaussian errors" if term.has_errors else ""
    axes = [(axis, str(len(edges) - 1), f"{edges[0]:g}", f"{edges[-1]:g}") for axis, edges in measurement.axes.items()]
    strengths = []
    for strength in measurement.strengths:
        pull = strength.constraint()
        known = "none" if pull is None else prior(pull.centre, pull.width)
        scales = ", ".join((strength.parameter, *strength.scales))
        strengths.append((strength.component, scales, known))
    return [
        _origin(measurement),
        f"{kind}: {measurement.observed.sum():.6g} in all{errors}; data set {measurement.dataset}",
        Table(("axis", "bins", "from", "to"), axes, right=(1,)),
        Table(("component", "strength", "pull"), strengths),
    ]


def _origin(measurement: "Measurement") -> str:
    """Return what recoils and which neutrinos there are, if the counts are not templates alone."""
    scattering = measurement.scattering
    if scattering is None:
        return "templates, without neutrinos"
    what = "nuclei of" if scattering.takes_electrons else "electrons of"
    return f"recoils of {what} {abridged(scattering.scatterers)}; neutrinos: {', '.join(scattering.source.flavours)}"


def _numbers(measurement: "Measurement") -> list[Block]:
    """Return the measured numbers, or those at the lowest point of a table of Δχ²."""
    lowest = "lowest point of the table" if measurement.borrowed else "measured"
    word = "expected (Asimov)" if measurement.asimov else "upper limit" if measurement.term.one_sided else lowest
    numbers = zip(measurement.labels, measurement.observed, measurement.errors, strict=True)
    rows = [(label, f"{value:.5g}", f"{error:.5g}") for label, value, error in numbers]
    return [f"data set {measurement.dataset}", Table(("number", word, "error"), rows)]


def _parameters(parameters: Iterable[Parameter]) -> list[Block]:
    """Return the nuisances with their priors, and the names of the other parameters."""
    rows, others = [], []
    for parameter in parameters:
        if not parameter.profiled:
            others.append(parameter.name)
            continue
        constraint = parameter.constraint
        known = "none" if constraint is None else prior(constraint.centre, constraint.width)
        rows.append((parameter.name, known, unit(parameter.unit), parameter.description))
    table = [Table(("nuisance", "prior", "unit", "what it is"), rows, wrapped=(3,))] if rows else []
    return [*table, *([f"further parameters: {abridged(others, 12)}"] if others else [])]


def _references(references: tuple[str, ...]) -> list[Block]:
    return [*(["to cite:"] if references else []), *(f"  {reference}" for reference in references)]
