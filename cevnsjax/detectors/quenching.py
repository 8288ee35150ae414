"""Quenching: the part of a nuclear recoil's energy that is seen as electron-equivalent energy.

Each parametrisation is a class with the same methods; energies of recoils in MeV, electron-equivalent energies in keV.
"""

import abc
from collections.abc import Sequence
from typing import ClassVar

import equinox as eqx
import numpy as np

from .._base.module import Module
from .._base.numerics import namespace
from .._base.typing import Array, Float, Params, Scalar
from ..parameters.parameter import Gaussian, Parameter

LETTERS = "abcdefgh"
QUENCHING = tuple(f"quenching_{letter}" for letter in LETTERS)
"""Coefficients of a polynomial quenching, lowest power first."""
QUENCHING_SHAPES = ("quenching_shape_0", "quenching_shape_1")
"""Strengths of the released variations of a polynomial quenching."""
QUENCHING_NORM = "quenching_norm"
MOST_KNOTS = 20
"""Points of a table up to which a quadrature stops at each."""
LARGEST_RECOIL = 1.0
"""Recoil energy [MeV] below which an electron-equivalent energy is looked for."""


class Quenching(Module):
    """Electron-equivalent energy against recoil energy."""

    quenches: ClassVar[bool] = True
    """Whether the recoils are of nuclei, which end by themselves; those of electrons are not quenched and do not."""

    @abc.abstractmethod
    def parameters(self) -> tuple[Parameter, ...]:
        """Return the parameters that it depends on."""

    @abc.abstractmethod
    def __call__(self, recoil: Float[Array, "nuclide node"], params: Params) -> Float[Array, "nuclide node"]:
        """Return the electron-equivalent energy [keV] of each `recoil` energy [MeV]."""

    def recoils(self, energies: Float[np.ndarray, " energy"], params: Params) -> Float[np.ndarray, " energy"]:
        """Return the recoil energies [MeV] with these electron-equivalent `energies` [keV], by bisection; host only.

        For an energy beyond those that `LARGEST_RECOIL` gives it is `LARGEST_RECOIL`.
        """
        low, high = np.zeros_like(energies), np.full_like(energies, LARGEST_RECOIL)
        for _ in range(64):
            middle = 0.5 * (low + high)
            below = self(middle[None, :], params)[0] < energies
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        return 0.5 * (low + high)

    def kinks(self) -> tuple[float, ...]:
        """Return the recoil energies [MeV] where it has a kink; none by default."""
        return ()

    def knots(self) -> tuple[float, ...]:
        """Return those that a quadrature must not step over: a table of many points is as good as smooth."""
        kinks = self.kinks()
        return kinks if len(kinks) <= MOST_KNOTS else ()


class Unquenched(Quenching):
    """Recoils of electrons: all of the energy is seen."""

    quenches = False
    scale: float = 1.0
    """Units of the electron-equivalent axis in a keV: 1, unless that axis counts photo-electrons."""

    def parameters(self) -> tuple[Parameter, ...]:
        """Return nothing."""
        return ()

    def __call__(self, recoil: Float[Array, "nuclide node"], params: Params) -> Float[Array, "nuclide node"]:
        return 1e3 * self.scale * recoil

    def recoils(self, energies: Float[np.ndarray, " energy"], params: Params) -> Float[np.ndarray, " energy"]:
        """Return the recoil energies [MeV] with these `energies`, none below zero."""
        return np.maximum(1e-3 * energies / self.scale, 0.0)


def polynomial_quenching(recoil: Float[Array, "..."], coefficients: Sequence[Scalar]) -> Float[Array, "..."]:
    """Return the electron-equivalent energy [keV] of a `recoil` energy T [MeV].

    E_ee = a T + b T² + c T³ + … with both energies in MeV, the form in which COHERENT released its fit to the CsI[Na]
    quenching data (arXiv:2110.07730 ancillary files, arXiv:2111.02477) and, to second order, that of liquid argon
    (arXiv:2006.12659).
    """
    highest, *others = reversed(coefficients)
    total = highest * recoil
    for coefficient in others:
        total = (total + coefficient) * recoil
    return 1e3 * total


class PolynomialQuenching(Quenching):
    """A polynomial in the recoil energy without constant term; a single coefficient is a constant quenching factor.

    Released ±1σ variations move the coefficients along fixed directions: coefficients = nominal + Σ ξ_k variation_k,
    with ξ_k = 0 the nominal curve and ±1 the released curves.
    """

    coefficients: Float[np.ndarray, " power"]
    """Coefficients of T, T², … in 1, 1/MeV, …"""
    variations: Float[np.ndarray, "variation power"]

    def parameters(self) -> tuple[Parameter, ...]:
        """Return the coefficients and the strengths of the variations."""
        parameters, largest = [], float(np.max(np.abs(self.coefficients)))
        for k, value in enumerate(map(float, self.coefficients)):
            low, high = sorted((0.5 * value, 1.5 * value)) if value else (-largest if k else 0.0, largest)
            unit, power = ("1", "T") if k == 0 else (f"1/MeV^{k}" if k > 1 else "1/MeV", f"T^{k + 1}")
            text = f"coefficient of {power} in the quenching"
            parameters.append(Parameter(QUENCHING[k], unit, value, (low, high), rf"{LETTERS[k]}_Q", text, own=True))
        for k in range(len(self.variations)):
            text = f"strength of the released variation {k} of the quenching, ±1 at 1σ"
            latex = rf"\xi_{{Q{k}}}"
            parameters.append(Parameter(QUENCHING_SHAPES[k], "1", 0.0, (-5.0, 5.0), latex, text, own=True))
        return tuple(parameters)

    def __call__(self, recoil: Float[Array, "nuclide node"], params: Params) -> Float[Array, "nuclide node"]:
        moved = [params[QUENCHING[k]] for k in range(len(self.coefficients))]
        for name, variation in zip(QUENCHING_SHAPES, self.variations, strict=False):
            moved = [value + params[name] * variation[k] for k, value in enumerate(moved)]
        return polynomial_quenching(recoil, moved)


def lindhard_factor(recoil: Float[Array, "..."], protons: int, k: Scalar) -> Float[Array, "..."]:
    """Return Lindhard's quenching factor at `recoil` energies [MeV] in a material of `protons`.

    f = k g / (1 + k g), g = 3 ε^0.15 + 0.7 ε^0.6 + ε, ε = 11.5 Z^(-7/3) T/keV (Lindhard et al., Mat. Fys. Medd. Dan.
    Vid. Selsk. 33, 10 (1963); Lewin and Smith, Astropart. Phys. 6, 87 (1996)).
    """
    reduced = 11.5 * protons ** (-7.0 / 3.0) * 1e3 * recoil
    g = 3.0 * reduced**0.15 + 0.7 * reduced**0.6 + reduced
    return k * g / (1.0 + k * g)


class LindhardQuenching(Quenching):
    """Lindhard's quenching factor with a parameter k for the material, shared by detectors that know it alike."""

    element: str = eqx.field(static=True)
    protons: int = eqx.field(static=True)
    k: float
    """Default of lindhard_k_<element>."""
    width: float | None = None
    """Width of the Gaussian constraint on it; None without a constraint."""

    @property
    def name(self) -> str:
        """Return the name of the parameter."""
        return f"lindhard_k_{self.element}"

    def parameters(self) -> tuple[Parameter, ...]:
        """Return k."""
        constraint = None if self.width is None else Gaussian(self.k, self.width)
        latex = rf"k_\mathrm{{{self.element.capitalize()}}}"
        text = f"parameter k of Lindhard's quenching factor of {self.element.capitalize()}"
        bounds = (min(0.1, 2.0 / 3.0 * self.k), max(0.25, 1.5 * self.k))
        return (Parameter(self.name, "1", self.k, bounds, latex, text, constraint, material=True),)

    def __call__(self, recoil: Float[Array, "nuclide node"], params: Params) -> Float[Array, "nuclide node"]:
        return 1e3 * recoil * lindhard_factor(recoil, self.protons, params[self.name])


class TabulatedQuenching(Quenching):
    """A quenching factor given at points, linear between them and constant beyond, times quenching_norm."""

    recoil: Float[np.ndarray, " point"]
    """Recoil energies [MeV], increasing."""
    factor: Float[np.ndarray, " point"]

    def parameters(self) -> tuple[Parameter, ...]:
        """Return the norm."""
        text = "quenching factor relative to the tabulated one"
        return (Parameter(QUENCHING_NORM, "1", 1.0, (0.5, 1.5), r"\eta_Q", text, own=True),)

    def kinks(self) -> tuple[float, ...]:
        """Return the points."""
        return tuple(map(float, self.recoil))

    def __call__(self, recoil: Float[Array, "nuclide node"], params: Params) -> Float[Array, "nuclide node"]:
        xp = namespace(recoil, self.recoil)
        return params[QUENCHING_NORM] * 1e3 * recoil * xp.interp(recoil, self.recoil, self.factor)
