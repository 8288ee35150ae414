"""A table of Δχ² over named parameters, as others publish it."""

from collections.abc import Sequence
from typing import ClassVar, NoReturn

import numpy as np
from scipy.interpolate import CubicSpline

from ..._base.errors import InputError
from ..._base.numerics import namespace
from ..._base.typing import Array, Float, Scalar
from .term import Term

FEWEST_VALUES = 4
"""Values of a parameter through which a cubic spline goes."""


class DeltaChi2Table(Term):
    """Δχ² of the values of some parameters: the cubic spline through the table, exact for a Gaussian.

    What is "expected" of it are the parameters themselves. There are no data behind it that could be drawn, or expected
    elsewhere: toys and forecasts raise InputError.
    """

    observed: Float[Array, " parameter"]
    """Values of the parameters at the lowest point of the table."""
    knots: tuple[Float[Array, " _"], ...]
    """Values of each parameter in the table, increasing."""
    coefficients: Float[Array, "..."]
    """Powers 3, 2, 1, 0 of the distance from the last knot before: axes (cell, power) for each parameter."""
    width: Float[Array, " parameter"]
    """Error of each parameter from the curvature at the lowest point, the others held; not a number without any."""
    table: Float[Array, "..."]
    """Δχ² as given, with an axis for each parameter."""
    binned: ClassVar[bool] = False
    has_errors: ClassVar[bool] = True
    one_sided: ClassVar[bool] = False

    def check(self, name: str, shape: tuple[int, ...]) -> None:
        """Raise InputError for a table over another number of parameters."""
        if (len(self.knots),) != shape:
            raise InputError(f"{name}: expected a table over {shape[0]} parameters, found {len(self.knots)}")

    def combined(self, components: Sequence[Float[Array, " parameter"]]) -> Float[Array, " parameter"]:
        """Return the values of the parameters."""
        return sum(components[1:], start=components[0])

    def chi2(self, expected: Float[Array, " parameter"]) -> Scalar:
        """Return Δχ² at the values of the parameters, within the table."""
        xp = namespace(expected, self.coefficients)
        result = xp.asarray(self.coefficients)
        for value, knots in zip(expected, self.knots, strict=True):
            inner = xp.asarray(knots)[1:-1]
            cell = (value >= inner).sum()
            distance = value - xp.asarray(knots)[cell]
            cubic, square, line, constant = result[cell]
            result = ((cubic * distance + square) * distance + line) * distance + constant
        return result

    def domain(self) -> tuple[tuple[float, float], ...]:
        """Return the ends of the table."""
        return tuple((float(values[0]), float(values[-1])) for values in self.knots)

    def check_data(self, name: str) -> NoReturn:
        """Raise InputError: there are no data."""
        raise InputError(
            f"{name} is a table of delta chi2, without data that could be drawn or expected: leave it out, "
            "or constrain its parameters instead"
        )

    def draw(self, random: np.random.Generator, expected: Float[np.ndarray, "..."]) -> NoReturn:
        """Raise InputError: there are no data."""
        self.check_data("it")

    def errors(self) -> Float[np.ndarray, " parameter"]:
        """Return the errors from the curvature at the lowest point."""
        return np.asarray(self.width)

    def variance(self, expected: Float[np.ndarray, " parameter"]) -> Float[np.ndarray, " parameter"]:
        """Return the squared errors."""
        return np.asarray(self.width) ** 2

    def expecting(self, components: Sequence[Float[Array, " parameter"]]) -> NoReturn:
        """Raise InputError: there are no data."""
        self.check_data("it")

    def numbers(self) -> tuple[Float[np.ndarray, "..."], ...]:
        """Return the whole table."""
        return *map(np.asarray, self.knots), np.asarray(self.table)


def table_term(
    name: str, parameters: Sequence[str], knots: Sequence[Float[np.ndarray, " _"]], table: Float[np.ndarray, "..."]
) -> DeltaChi2Table:
    """Return the term of a `table` of Δχ² with an axis for each of the `knots`, the values of the `parameters`."""
    for parameter, values in zip(parameters, knots, strict=True):
        increasing = values.ndim == 1 and np.all(np.isfinite(values)) and np.all(np.diff(values) > 0)
        if not increasing or values.size < FEWEST_VALUES:
            raise InputError(f"{name}, {parameter}: expected {FEWEST_VALUES} or more finite, increasing values")
    shape = tuple(map(len, knots))
    if table.shape != shape:
        raise InputError(f"{name}: expected a table of delta chi2 of shape {shape}, found {table.shape}")
    if not np.all(np.isfinite(table)):
        raise InputError(f"{name}: expected finite values of delta chi2, found others among them")
    coefficients = table
    for axis, values in enumerate(knots):
        # Each axis of values becomes the two axes (cell, power), at its place among those before and after.
        powers = np.moveaxis(CubicSpline(values, coefficients, axis=2 * axis).c, (1, 0), (2 * axis, 2 * axis + 1))
        coefficients = powers
    place = np.unravel_index(np.argmin(table), table.shape)
    lowest = np.array([values[k] for values, k in zip(knots, place, strict=True)])
    widths = []
    for axis, values in enumerate(knots):
        line = table[tuple(slice(None) if other == axis else k for other, k in enumerate(place))]
        curvature = float(CubicSpline(values, line)(lowest[axis], 2))
        widths.append(np.sqrt(2.0 / curvature) if curvature > 0 else np.nan)
    return DeltaChi2Table(lowest, tuple(np.asarray(v, float) for v in knots), coefficients, np.array(widths), table)
