"""Form factors of the user's: tables of F(q), functions of q, functions of q and of the rms radius.

    TabulatedFormFactor    cubic spline of F in q², from F(0) = 1 to the last point and no further
    FormFactorFunction     F(q) of NumPy or JAX, kept as Chebyshev polynomials in q² (error below 1e-12)
    FormFactorOfRadius     F(q, R) of JAX, called as it is written

The rms radius of the first two is the slope at zero, R² = -6 dF/dq². Momentum transfers in 1/fm.
"""

from collections.abc import Callable
from typing import Any, final

import equinox as eqx
import numpy as np

from .._base.errors import InputError
from .._base.numerics import chebyshev_points, chebyshev_polynomials, namespace
from .._base.typing import Float, Scalar
from .conventions import check_convention
from .densities import Values
from .input_checks import checked_radius, increasing_from_zero, numbers, positive, same_length
from .nuclear_input import Momenta, NuclearInput, Radius, StretchedInput

FEWEST_POINTS, MOST_POINTS = 10, 5000
"""Points of a table of F(q)."""
AT_ZERO = 1e-9
"""How far F(0) may be from 1."""
COARSE = 1e-4
"""Estimated error of F between the points up to which a table is taken."""
DEGREES = (16, 32, 64, 128, 256)
"""Degrees of the polynomials that are tried."""
SMOOTH = 1e-12
"""Error of the polynomials up to which they stand for a function."""
UP_TO = 3.0
"""Momentum transfer [1/fm] up to which a function is taken by default: 592 MeV."""
SLIPS = (ArithmeticError, AttributeError, LookupError, NameError, TypeError, ValueError)
"""What a slip in a user's function raises."""
SLOPE = 1e-3
"""How far, relatively, R² may be from -6 dF/dq² at zero."""


@final
class TabulatedFormFactor(StretchedInput):
    """Table of F(q).

    >>> import numpy as np
    >>> import cevnsjax as cj
    >>> q = np.linspace(0.0, 1.5, 76)  # 1/fm
    >>> table = cj.TabulatedFormFactor(q, np.exp(-((4.8 * q) ** 2) / 6), convention="physical")
    >>> round(float(table.rms_radius), 3)
    4.8
    """

    squares: Float[np.ndarray, " point"]
    """q² of the points [1/fm²]."""
    coefficients: Float[np.ndarray, "power interval"]
    """Of the polynomial of each interval in q² less that of its beginning, the highest power first."""

    def __init__(self, q: Values, values: Values, *, convention: str) -> None:
        """Take q [1/fm] from 0 and F; raise InputError for a table that is no form factor, or too coarse."""
        from scipy.interpolate import CubicSpline

        q = increasing_from_zero("q", q, "1/fm", FEWEST_POINTS)
        values = numbers("values", values, "1", FEWEST_POINTS)
        same_length("values", values, "q", len(q))
        if len(q) > MOST_POINTS:
            raise InputError(f"q: expected at most {MOST_POINTS} points, found {len(q)}")
        _check_values(values)
        spline = CubicSpline(q**2, values)
        _check_points(q, values)
        self.convention = check_convention(convention)
        self.rms_radius = checked_radius(-6.0 * float(spline(0.0, 1)))
        self.reach, self.squares, self.coefficients = np.asarray(q[-1]), q**2, spline.c

    def unstretched(self, q: Momenta) -> Momenta:
        """Return F at momentum transfers `q` [1/fm] of the table."""
        square = q * q
        xp = namespace(square, self.squares)
        place = xp.clip(xp.searchsorted(self.squares, square, side="right") - 1, 0, len(self.squares) - 2)
        offset, (a, b, c, d) = square - xp.asarray(self.squares)[place], xp.asarray(self.coefficients)[:, place]
        return d + offset * (c + offset * (b + offset * a))


def _check_values(values: Float[np.ndarray, " point"]) -> None:
    if abs(values[0] - 1.0) > AT_ZERO:
        raise InputError(f"values[0]: expected F(0) = 1, found {values[0]:g}")
    if np.any(np.abs(values) > 1.0 + AT_ZERO):
        place = int(np.argmax(np.abs(values) > 1.0 + AT_ZERO))
        raise InputError(f"values[{place}]: expected a form factor from -1 to 1, found {values[place]:g}")


def _check_points(q: Float[np.ndarray, " point"], values: Float[np.ndarray, " point"]) -> None:
    """Raise InputError for a table too coarse: its spline differs from that of every second point by 16 errors."""
    from scipy.interpolate import CubicSpline

    half = CubicSpline(q[::2] ** 2, values[::2])
    inside = q <= q[::2][-1]
    missed = np.abs(half(q[inside] ** 2) - values[inside]) / 16.0
    if missed.max() > COARSE:
        raise InputError(
            f"q: expected points close enough for an error of F below {COARSE:g}, "
            f"found one of about {missed.max():.1g} near {q[int(missed.argmax())]:g} 1/fm"
        )


@final
class FormFactorFunction(StretchedInput):
    """A function F(q) of an array of momentum transfers [1/fm], in NumPy or JAX.

    >>> import numpy as np
    >>> import cevnsjax as cj
    >>> gaussian = cj.FormFactorFunction(lambda q: np.exp(-((3.4 * q) ** 2) / 6), convention="physical")
    >>> round(float(gaussian.rms_radius), 6)
    3.4
    """

    coefficients: Float[np.ndarray, " degree"]
    """Of the Chebyshev polynomials in q²."""

    def __init__(self, function: Callable[[Any], Any], *, convention: str, up_to: Scalar = UP_TO) -> None:
        """Take the function up to a momentum transfer [1/fm]; raise InputError if it is no smooth form factor there."""
        self.reach = np.asarray(positive("up_to", up_to, "1/fm"))
        self.coefficients = _polynomials(function, float(self.reach) ** 2)
        slope = np.polynomial.chebyshev.chebval(-1.0, np.polynomial.chebyshev.chebder(self.coefficients))
        self.convention = check_convention(convention)
        self.rms_radius = checked_radius(-12.0 * float(slope) / float(self.reach) ** 2)

    def unstretched(self, q: Momenta) -> Momenta:
        """Return F at momentum transfers `q` [1/fm]."""
        x = 2.0 * (q / self.reach) ** 2 - 1.0
        xp = namespace(x, self.coefficients)
        return xp.tensordot(self.coefficients, chebyshev_polynomials(x, len(self.coefficients)), 1)


def _called(function: Callable[..., Any], *arguments: Any) -> Float[np.ndarray, " point"]:
    """Return the values of a user's function; raise InputError unless they are a finite number for each point."""
    if not callable(function):
        raise InputError(f"function: expected something to call, found {function!r}")
    try:
        values = np.asarray(function(*arguments), float)
    except SLIPS as error:
        raise InputError(f"function: expected a form factor of an array of momenta, found an error: {error}") from None
    if values.shape != np.shape(arguments[0]):
        raise InputError(f"function: expected an array of the shape {np.shape(arguments[0])}, found {values.shape}")
    if not np.all(np.isfinite(values)):
        where = np.asarray(arguments[0])[~np.isfinite(values)][0]
        raise InputError(f"function: expected finite values, found another at q = {where:g} 1/fm")
    return values


def _polynomials(function: Callable[[Any], Any], largest: float) -> Float[np.ndarray, " degree"]:
    """Return the coefficients for q² from 0 to `largest` [1/fm²]."""
    values = _called(function, np.zeros(1))
    if abs(values[0] - 1.0) > AT_ZERO:
        raise InputError(f"function: expected F(0) = 1, found {values[0]:g}")
    probes = np.sqrt(largest * np.random.default_rng(0).random(200))
    expected, error = _called(function, probes), np.full(len(probes), np.inf)
    for degree in DEGREES:
        x = chebyshev_points(-1.0, 1.0, degree + 1)
        coefficients = _coefficients(_called(function, np.sqrt(0.5 * largest * (1.0 + x))))
        error = np.abs(np.polynomial.chebyshev.chebval(2.0 * probes**2 / largest - 1.0, coefficients) - expected)
        if error.max() < SMOOTH:
            return coefficients
    raise InputError(
        f"function: expected one that is smooth up to {largest**0.5:g} 1/fm, found an error of "
        f"{error.max():.1g} of {DEGREES[-1]} polynomials at q = {probes[int(error.argmax())]:.3g} 1/fm"
    )


def _coefficients(values: Float[np.ndarray, " point"]) -> Float[np.ndarray, " degree"]:
    """Return the coefficients of Chebyshev polynomials with these values at their `chebyshev_points`."""
    from scipy.fft import dct

    coefficients = dct(values[::-1], type=1) / (len(values) - 1)
    coefficients[[0, -1]] *= 0.5
    return coefficients


@final
class FormFactorOfRadius(NuclearInput):
    """A function F(q, R) of momentum transfers [1/fm] and the rms radius [fm], written with `jax.numpy`.

    >>> import jax.numpy as jnp
    >>> import cevnsjax as cj
    >>> family = cj.FormFactorOfRadius(lambda q, r: jnp.exp(-((q * r) ** 2) / 6), 4.8, convention="physical")
    >>> float(family.rms_radius)
    4.8
    """

    function: Callable[[Any, Any], Any] = eqx.field(static=True)
    samples: Float[np.ndarray, "radius momentum"]
    """Some of its values, by which the digest of a result tells functions apart."""

    def __init__(self, function: Callable[[Any, Any], Any], rms_radius: Scalar, *, convention: str) -> None:
        """Take the function and the radius where nothing else is asked for; raise InputError if R is no rms radius."""
        radius = checked_radius(positive("rms_radius", rms_radius, "fm") ** 2)
        at_zero, near = _called(function, np.array([0.0, 0.01 / float(radius)]), float(radius))
        if abs(at_zero - 1.0) > AT_ZERO:
            raise InputError(f"function: expected F(0, R) = 1, found {at_zero:g}")
        slope = (1.0 - near) * 6.0 / 1e-4
        if abs(slope - 1.0) > SLOPE:
            raise InputError(
                f"function: expected 1 - q² R²/6 at small q, with the rms radius R, found R² times {slope:.4g}"
            )
        self.convention = check_convention(convention)
        self.rms_radius, self.reach, self.function = radius, np.asarray(np.inf), function
        q = np.linspace(0.0, 1.0, 21)
        self.samples = np.array([_called(function, q, float(radius) * wider) for wider in (1.0, 1.1)])

    def form_factor(self, q: Momenta, rms_radius: Radius) -> Momenta:
        """Return F(q, R); raise InputError for a function of NumPy where the radius is fitted."""
        from jax.errors import TracerArrayConversionError

        try:
            return self.function(q, rms_radius)
        except TracerArrayConversionError:
            raise InputError(
                "form factor: expected a function of the radius that is written with jax.numpy, as a parameter moves"
            ) from None
