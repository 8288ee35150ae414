"""The tables of a likelihood for HEPData: counts with what is expected by component, and the parameters.

Without free parameters the expected numbers are those at the defaults and at what is set, and their uncertainties those
of each constraint, |∂μ/∂x| w, with the sign of the derivative. With free parameters they are those of the best fit,
with the uncertainty that the covariance C of the fit leaves, the root of ∂μ/∂x · C · ∂μ/∂x.
"""

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from .._base.hepdata import Column, DataTable
from .._base.typing import Array, Bool, Float
from ..measuring.measurement import Measurement
from .target import Target

if TYPE_CHECKING:
    from ..results.fit import FitResult

FIT, OF_DATA = "fit", "stat"
"""What uncertainties of the expected and of the observed numbers are called."""
INTERVAL = "68.27 %"
BinValues = Float[np.ndarray, " bin"]


@dataclasses.dataclass(frozen=True)
class Point:
    """Where the expected numbers are taken, and what is known of the parameters there."""

    values: Float[np.ndarray, " parameter"]
    changes: dict[str, Float[np.ndarray, "change parameter"]]
    """By source of uncertainty, independent changes of the parameters, whose effects add in quadrature."""
    unknown: Bool[np.ndarray, " parameter"]
    """Parameters that have no error."""
    where: str


@dataclasses.dataclass(frozen=True)
class Expected:
    """Expected numbers in a row for each bin, with their uncertainties by source."""

    name: str
    numbers: BinValues
    errors: dict[str, BinValues]


def point_of(target: Target, fit: "FitResult | None") -> Point:
    """Return the best fit, or where the parameters start, with a width of each constraint."""
    names = target.names
    if fit is None:
        constraints = target.specification.constraints
        changes = {
            name: constraints[name].width * np.eye(len(names))[[k]]
            for k, name in enumerate(names)
            if name in constraints
        }
        where = "the values that the table of the parameters lists"
        return Point(target.start, changes, np.zeros(len(names), bool), where)
    unknown = np.isnan(np.diag(fit.covariance))
    variances, axes = np.linalg.eigh(np.where(unknown[:, None] | unknown, 0.0, fit.covariance))
    changes = {FIT: np.sqrt(np.maximum(variances, 0.0))[:, None] * axes.T}
    return Point(target.problem.coordinates(fit.values), changes, unknown, "the best fit")


def tables_of(target: Target, fit: "FitResult | None" = None) -> list[DataTable]:
    """Return the tables of the counts of each measurement, then that of the parameters."""
    point = point_of(target, fit)
    components: Any = jax.jit(target.components)(point.values)
    slopes: Any = jax.jit(jax.jacfwd(target.components))(point.values)
    folded = target.problem.chi2.measurements
    tables = [
        _counts(measurement, _expected(each.components, parts, moved, point), point.where)
        for measurement, each, parts, moved in zip(target.measurements, folded, components, slopes, strict=True)
    ]
    return [*tables, _parameters(target, point, fit)] if target.names else tables


def _expected(
    names: Sequence[str], parts: Sequence[Float[Array, "..."]], slopes: Sequence[Float[Array, "..."]], point: Point
) -> list[Expected]:
    """Return the numbers of all components together, then of each, with uncertainties."""
    numbers = [np.asarray(part, float).ravel() for part in parts]
    moved = [np.asarray(slope, float).reshape(len(n), -1) for slope, n in zip(slopes, numbers, strict=True)]
    total = Expected("Expected", np.sum(numbers, axis=0), _errors(np.sum(moved, axis=0), point))
    single = zip(names, numbers, moved, strict=True) if len(names) > 1 else ()
    return [total, *(Expected(f"Expected, {name}", each, _errors(slope, point)) for name, each, slope in single)]


def _errors(slopes: Float[np.ndarray, "bin parameter"], point: Point) -> dict[str, BinValues]:
    """Return the uncertainty by each source: not a number where it depends on a parameter that has no error."""
    unknown = np.any(slopes[:, point.unknown] != 0.0, axis=1)
    return {source: np.where(unknown, np.nan, _spread(slopes @ changes.T)) for source, changes in point.changes.items()}


def _spread(effects: Float[np.ndarray, "bin change"]) -> BinValues:
    """Return a single effect with its sign, or the root of the sum of the squares of several."""
    return effects[:, 0] if effects.shape[1] == 1 else np.sqrt((effects**2).sum(axis=1))


def _bins(measurement: Measurement) -> tuple[Column, ...]:
    """Return the edges of the bins along each axis, a row for each bin; of measured numbers, what each is."""
    if not measurement.axes:
        return (Column("Quantity", measurement.labels),)
    places = np.indices(measurement.shape).reshape(len(measurement.shape), -1)
    columns = []
    for (axis, edges), where in zip(measurement.axes.items(), places, strict=True):
        name, _, unit = axis.removesuffix("]").partition(" [")
        columns.append(Column(name, edges[where], "" if unit == "1" else unit, high=edges[where + 1]))
    return tuple(columns)


def _counts(measurement: Measurement, expected: Sequence[Expected], where: str) -> DataTable:
    """Return the table of the observed numbers and of what is expected."""
    observed = Column("Observed", measurement.observed.ravel(), errors={OF_DATA: measurement.errors.ravel()})
    columns = (Column(each.name, each.numbers, errors=each.errors) for each in expected)
    kind = "Expected counts (Asimov)" if measurement.asimov else "Observed numbers"
    references = "; ".join(measurement.references)
    text = f"{measurement.title}. {kind}, and what is expected of each component at {where}. Data: {references}"
    return DataTable(f"Counts of {measurement.name}", text, _bins(measurement), (observed, *columns))


def _parameters(target: Target, point: Point, fit: "FitResult | None") -> DataTable:
    """Return the table of the parameters that move: values, intervals of those that are free, constraints."""
    names, table, specification = target.names, target.likelihood.parameters, target.specification
    constraints = [specification.constraints.get(name) for name in names]
    low, high = _interval(fit, names) if fit is not None else ([], [])
    columns = [
        Column("Value", point.values),
        *([Column(f"{INTERVAL}, lower end", low), Column(f"{INTERVAL}, upper end", high)] if fit is not None else []),
        Column("Constraint, centre", [None if each is None else each.centre for each in constraints]),
        Column("Constraint, width", [None if each is None else each.width for each in constraints]),
    ]
    fixed = {name: specification.values[name] for name in specification.fixed}
    tied = [f"{name} = {leader}" for name, leader in specification.ties.items()]
    beside = "; ".join([*(f"{name} = {value:g}" for name, value in fixed.items()), *tied])
    chi2 = "" if fit is None else f" chi2 of the best fit: {fit.chi2:.6g}."
    text = f"Parameters of {target.title}.{chi2}{f' Fixed: {beside}.' if beside else ''}"
    labels = (Column("Parameter", names), Column("Unit", [table[name].unit for name in names]))
    return DataTable("Parameters", text, labels, tuple(columns), ("PARAMETER",))


def _interval(fit: "FitResult", names: Sequence[str]) -> tuple[list[float | None], list[float | None]]:
    """Return the ends of the interval of each free parameter around its best value; none of nuisances."""
    ends = [fit.interval(name).around(fit.values[name]) if name in fit.specification.free else None for name in names]
    return [None if e is None else e[0] for e in ends], [None if e is None else e[1] for e in ends]
