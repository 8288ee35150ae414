"""A likelihood of counts that strengths alone move, as formats of histograms can carry it.

    χ² = Σ_channels 2 Σ_b [μ_b - n_b + n_b ln(n_b/μ_b)] + Σ_pulls ((x - c)/w)²
    μ_b = Σ_samples counts_b · Π_lines (constant + Σ x)

Each line is a strength, or a strength with what several measurements share of it: linear in its parameters.
"""

import dataclasses
from collections.abc import Mapping

import numpy as np

from .._base.errors import InputError
from .._base.tables import abridged
from .._base.typing import Float
from ..folding.folded import FoldedMeasurement
from ..inference.problem.chain import lines_of
from ..measuring.measurement import Measurement
from ..measuring.terms.poisson import PoissonCounts
from ..parameters.parameter import Gaussian
from .target import Target


@dataclasses.dataclass(frozen=True)
class Line:
    """A factor: a constant, to which parameters are added."""

    constant: float
    names: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Sample:
    """A component of a measurement."""

    name: str
    counts: Float[np.ndarray, " bin"]
    """Counts in each bin, the axes of the data one after another, where all lines are 1."""
    lines: tuple[Line, ...]


@dataclasses.dataclass(frozen=True)
class Channel:
    """A measurement."""

    name: str
    axes: Mapping[str, Float[np.ndarray, " edge"]]
    observed: Float[np.ndarray, " bin"]
    samples: tuple[Sample, ...]


@dataclasses.dataclass(frozen=True)
class Counting:
    """Counts that strengths alone move."""

    channels: tuple[Channel, ...]
    pulls: dict[str, Gaussian]
    """The constraint of each parameter that has one."""
    constant: float
    """What constraints on fixed parameters add to χ²."""

    @property
    def lines(self) -> list[Line]:
        """Return the lines of all samples."""
        return [line for channel in self.channels for sample in channel.samples for line in sample.lines]


def counting(form: str, target: Target) -> Counting:
    """Return the target in this form; raise InputError, which begins with `form`, if it has another."""
    _check_terms(form, target)
    if target.specification.orders:
        orders = ", ".join(f"{a}<={b}" for a, b in target.specification.orders)
        raise InputError(f"{form}: expected parameters without an order between them, found {orders}: leave it out")
    moved = {name for each in target.problem.chi2.measurements for name in each.shaping()} & target.specification.moving
    if moved:
        raise InputError(
            f"{form}: expected parameters that scale components as a whole, found {abridged(sorted(moved))}, "
            "which moves shapes: leave it out, or --set it"
        )
    pulls, constant = _pulls(form, target)
    pairs = zip(target.measurements, target.problem.chi2.measurements, strict=True)
    return Counting(tuple(_channel(target, *pair) for pair in pairs), pulls, constant)


def _check_terms(form: str, target: Target) -> None:
    others = [m for m in target.measurements if not isinstance(m.term, PoissonCounts)]
    if others:
        kind = type(others[0].term).__name__
        raise InputError(f"{form}: expected measurements of Poisson counts, found {others[0].name} with {kind}")


def _pulls(form: str, target: Target) -> tuple[dict[str, Gaussian], float]:
    """Return the constraints of single parameters that move, and what those of fixed ones add to χ²."""
    constraints, pulls, constant = target.problem.chi2.constraints, dict[str, Gaussian](), 0.0
    for row, centre in zip(np.asarray(constraints.weights), np.asarray(constraints.centres), strict=True):
        names = [constraints.names[k] for k in np.flatnonzero(row)]
        leaders = {target.specification.ties.get(name, name) for name in names} & set(target.names)
        if not leaders:
            values = (target.specification.values[name] for name in constraints.names)
            constant += float((row @ np.array(list(values)) - centre) ** 2)
            continue
        name = leaders.pop()
        if len(names) > 1 or name in pulls:
            raise InputError(
                f"{form}: expected constraints on single parameters, found one on {', '.join(names)}: "
                "leave out --correlate and --constrain of combinations"
            )
        weight = float(row[constraints.names.index(names[0])])
        pulls[name] = Gaussian(float(centre) / weight, 1.0 / abs(weight))
    return pulls, constant


def _channel(target: Target, measurement: Measurement, folded: FoldedMeasurement) -> Channel:
    local = folded.local(target.problem.fixed)
    samples = []
    for name, stage, lines in zip(folded.components, folded.stages, lines_of(folded, target.problem), strict=True):
        scale = float(np.prod([constant for constant, columns in lines if not columns]))
        moving = (Line(constant, tuple(target.names[k] for k in columns)) for constant, columns in lines if columns)
        counts = scale * np.asarray(stage(local), float).ravel()
        samples.append(Sample(name, counts, tuple(moving)))
    observed = np.asarray(folded.observed, float).ravel()
    return Channel(measurement.name, measurement.axes, observed, tuple(samples))
