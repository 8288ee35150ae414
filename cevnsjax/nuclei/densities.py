"""Nuclear densities of the user's: Fermi, sums of Gaussians, Fourier-Bessel series, tables.

    FermiDensity        ρ ∝ (1 + w r²/c²) / (1 + exp((r - c)/a))                                two or three parameters
    GaussianSum         ρ = Σ_i Q_i A_i {exp(-[(r - R_i)/γ]²) + exp(-[(r + R_i)/γ]²)},
                        1/A_i = 2π^(3/2) γ³ (1 + 2R_i²/γ²)
    FourierBessel       ρ = Σ_ν a_ν sin(νπr/R)/(νπr/R) for r ≤ R, 0 beyond
    TabulatedDensity    monotone cubic between the points (F. N. Fritsch and R. E. Carlson, SIAM J. Numer. Anal. 17, 238
                        (1980)), 0 beyond the last

The first three are the forms of H. de Vries, C. W. de Jager and C. de Vries, At. Data Nucl. Data Tables 36, 495 (1987),
whose tables are of charge densities. Radii in fm, densities in 1/fm³; a density is divided by its integral over space.
"""

import abc
from collections.abc import Sequence
from typing import Any, final

import numpy as np

from .._base.errors import InputError
from .._base.numerics import bessel_j0
from .._base.typing import Float, Scalar
from .conventions import check_convention
from .input_checks import checked_radius, increasing_from_zero, numbers, positive, same_length
from .nuclear_input import Momenta, StretchedInput
from .radial import REACH, RadialSum, radial_sum, radial_transform

Values = Sequence[float | int] | np.ndarray

FERMI_STEPS = (-3.0, 3.0, 10.0, 20.0, 38.0)
"""Diffusenesses from the half-density radius at which a Fermi density is cut; at the last, where it is 3e-17, it ends.
"""
GAUSSIAN_TAIL = 7.0
"""Widths beyond the last of several Gaussians where their sum ends: it is 5e-22 of the largest there."""
MOST_TERMS = 100
"""Terms of a series up to which it is taken."""
MOST_POINTS = 2000
"""Points of a table up to which it is taken."""
FEWEST_POINTS = 10
"""Points of a table from which on it is taken."""
NORMALISATION = 0.01
"""How far, relatively, the integral of a density may be from what is stated."""
WEIGHTS = 1e-3
"""How far the weights of several Gaussians may be from a sum of 1."""
END = 1e-3
"""Density at the end of a table, relative to its largest, up to which nothing is cut off there."""


class RadialDensity(StretchedInput):
    """A density whose form factor is a sum over radii."""

    nodes: Float[np.ndarray, " node"]
    """Radii [fm]."""
    weights: Float[np.ndarray, " node"]
    integral: Float[np.ndarray, ""]
    """Integral of the density over space, before it was divided by that."""

    @abc.abstractmethod
    def density(self, r: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
        """Return the density at radii [fm], as it was given. Host only."""

    def unstretched(self, q: Momenta) -> Momenta:
        """Return F at momentum transfers `q` [1/fm], at the radius that the density was given with."""
        return radial_transform(q, self.nodes, self.weights)


def _of_sum(known: RadialSum, convention: str) -> dict[str, Any]:
    """Return the fields that a density has of its sum over radii."""
    return {
        "convention": check_convention(convention),
        "rms_radius": checked_radius(known.mean_square),
        "reach": np.asarray(REACH),
        "nodes": known.nodes,
        "weights": known.weights,
        "integral": np.asarray(known.integral),
    }


def _check_normalisation(integral: float, stated: Scalar) -> None:
    number = positive("normalisation", stated, "1")
    if abs(integral / number - 1.0) > NORMALISATION:
        raise InputError(
            f"normalisation: expected a density of the stated integral over space, {number:g}, to "
            f"{NORMALISATION:.0%}, found {integral:.6g}"
        )


@final
class FermiDensity(RadialDensity):
    """Fermi density of two parameters, or of three with `w`.

    >>> import cevnsjax as cj
    >>> density = cj.FermiDensity(5.7, 0.5, convention="point")  # half-density radius and diffuseness [fm]
    >>> round(float(density.rms_radius), 4)
    4.7904
    """

    half_density_radius: float
    """c [fm]."""
    diffuseness: float
    """a [fm]."""
    w: float
    """Depression of the centre (positive) or its bump."""

    def __init__(self, half_density_radius: Scalar, diffuseness: Scalar, w: Scalar = 0.0, *, convention: str) -> None:
        """Take c and a [fm] and w; raise InputError where these give no density of a nucleus."""
        c = self.half_density_radius = positive("half_density_radius", half_density_radius, "fm")
        a = self.diffuseness = positive("diffuseness", diffuseness, "fm")
        self.w = float(numbers("w", np.array([w]), "1")[0])
        if not -1.0 < self.w < 10.0:
            raise InputError(f"w: expected a number from -1 to 10, found {self.w:g}")
        if a > c:
            raise InputError(f"diffuseness: expected one below the half-density radius of {c:g} fm, found {a:g}")
        steps = c + a * np.array(FERMI_STEPS)
        known = radial_sum(self.density, np.append(0.0, steps[steps > 0.0]))
        for name, value in _of_sum(known, convention).items():
            setattr(self, name, value)

    def density(self, r: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
        """Return (1 + w r²/c²) / (1 + exp((r - c)/a)) at radii [fm]."""
        c, a = self.half_density_radius, self.diffuseness
        return (1.0 + self.w * (r / c) ** 2) / (1.0 + np.exp((r - c) / a))


@final
class GaussianSum(RadialDensity):
    """Sum of Gaussians at some radii, of one width γ [fm]; their weights have a sum of 1.

    Tables often have the rms radius RP of one Gaussian in place of its width: γ = RP sqrt(2/3).

    >>> import cevnsjax as cj
    >>> density = cj.GaussianSum([0.5, 3.0, 5.0], [0.1, 0.4, 0.5], 1.2, convention="point")
    >>> round(float(density.rms_radius), 4)
    4.4221
    """

    radii: Float[np.ndarray, " gaussian"]
    """R_i [fm]."""
    shares: Float[np.ndarray, " gaussian"]
    """Q_i."""
    width: float
    """γ [fm]."""

    def __init__(self, radii: Values, shares: Values, width: Scalar, *, convention: str) -> None:
        """Take R_i [fm], Q_i and γ [fm]; raise InputError for weights that do not have a sum of 1."""
        self.radii, self.shares = numbers("radii", radii, "fm"), numbers("shares", shares, "1")
        self.width = positive("width", width, "fm")
        same_length("shares", self.shares, "radii", len(self.radii))
        _check_terms("radii", self.radii)
        for name, values in (("radii", self.radii), ("shares", self.shares)):
            if np.any(values < 0.0):
                place = int(np.argmax(values < 0.0))
                raise InputError(f"{name}[{place}]: expected a number that is not negative, found {values[place]:g}")
        if abs(self.shares.sum() - 1.0) > WEIGHTS:
            raise InputError(f"shares: expected a sum of 1 to {WEIGHTS:g}, found {self.shares.sum():.6g}")
        end = self.radii.max() + GAUSSIAN_TAIL * self.width
        known = radial_sum(self.density, np.linspace(0.0, end, 2 + int(end / (2.0 * self.width))))
        for name, value in _of_sum(known, convention).items():
            setattr(self, name, value)

    def density(self, r: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
        """Return the density [1/fm³] at radii [fm], of an integral of 1."""
        u, x = self.radii / self.width, np.asarray(r)[..., None] / self.width
        amplitude = self.shares / (2.0 * np.pi**1.5 * self.width**3 * (1.0 + 2.0 * u**2))
        return (np.exp(-((x - u) ** 2)) + np.exp(-((x + u) ** 2))) @ amplitude


def _check_terms(name: str, values: np.ndarray) -> None:
    if len(values) > MOST_TERMS:
        raise InputError(f"{name}: expected at most {MOST_TERMS} terms, found {len(values)}")


@final
class FourierBessel(RadialDensity):
    """Series of spherical Bessel functions up to a cutoff radius R [fm].

    >>> import cevnsjax as cj
    >>> density = cj.FourierBessel([0.06, 0.06, -0.03, -0.02], 9.0, normalisation=40, convention="charge")
    >>> round(float(density.rms_radius), 4), round(float(density.integral), 2)
    (4.0981, 39.83)
    """

    coefficients: Float[np.ndarray, " term"]
    """a_ν [1/fm³]."""
    cutoff_radius: float
    """R [fm]."""

    def __init__(self, coefficients: Values, cutoff_radius: Scalar, *, normalisation: Scalar, convention: str) -> None:
        """Take a_ν [1/fm³], R [fm] and the integral of the density over space: Z, N or 1; it is checked to 1 %."""
        self.coefficients = numbers("coefficients", coefficients, "1/fm^3")
        self.cutoff_radius = positive("cutoff_radius", cutoff_radius, "fm")
        _check_terms("coefficients", self.coefficients)
        known = radial_sum(self.density, np.linspace(0.0, self.cutoff_radius, 5))
        _check_normalisation(known.integral, normalisation)
        for name, value in _of_sum(known, convention).items():
            setattr(self, name, value)

    def density(self, r: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
        """Return the density [1/fm³] at radii [fm]."""
        r = np.asarray(r)
        waves = np.pi * np.arange(1, len(self.coefficients) + 1) / self.cutoff_radius
        return np.where(r <= self.cutoff_radius, bessel_j0(r[..., None] * waves) @ self.coefficients, 0.0)


@final
class TabulatedDensity(RadialDensity):
    """Table of a density, from the centre out to where it has ended.

    >>> import numpy as np
    >>> import cevnsjax as cj
    >>> r = np.linspace(0.0, 12.0, 121)
    >>> density = cj.TabulatedDensity(r, 0.1 / (1 + np.exp((r - 5.7) / 0.5)), normalisation=83.5, convention="point")
    >>> round(float(density.rms_radius), 3)
    4.79
    """

    radii: Float[np.ndarray, " point"]
    """r [fm], from 0."""
    values: Float[np.ndarray, " point"]
    """ρ [1/fm³]."""

    def __init__(self, radii: Values, values: Values, *, normalisation: Scalar, convention: str) -> None:
        """Take r [fm], ρ [1/fm³] and its integral over space: Z, N or 1; it is checked to 1 %."""
        self.radii = increasing_from_zero("radii", radii, "fm", FEWEST_POINTS)
        self.values = numbers("values", values, "1/fm^3", FEWEST_POINTS)
        same_length("values", self.values, "radii", len(self.radii))
        if len(self.radii) > MOST_POINTS:
            raise InputError(f"radii: expected at most {MOST_POINTS} points, found {len(self.radii)}")
        if np.any(self.values < 0.0):
            place = int(np.argmax(self.values < 0.0))
            raise InputError(f"values[{place}]: expected a density that is not negative, found {self.values[place]:g}")
        if not self.values[-1] <= END * self.values.max():
            raise InputError(
                f"values[{len(self.values) - 1}]: expected a last density below {END:g} of the largest, where nothing "
                f"is cut off, found {self.values[-1]:g} at {self.radii[-1]:g} fm"
            )
        known = radial_sum(self.density, self.radii)
        _check_normalisation(known.integral, normalisation)
        for name, value in _of_sum(known, convention).items():
            setattr(self, name, value)

    def density(self, r: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
        """Return the density [1/fm³] at radii [fm]."""
        from scipy.interpolate import PchipInterpolator

        inside = PchipInterpolator(self.radii, self.values, extrapolate=False)(r)
        return np.where(np.asarray(r) <= self.radii[-1], inside, 0.0)
