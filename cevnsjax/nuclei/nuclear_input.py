"""A nuclear distribution of the user's: what a form factor or a density of one's own is to the package.

The rms radius R stays a parameter. A distribution is stretched to it, r -> r R/R_0, so that F(q; R) = F_0(q R/R_0)
with the radius R_0 that it was given with. Momentum transfers are in 1/fm here, radii in fm.
"""

import abc

import equinox as eqx
import numpy as np

from .._base.module import Module
from .._base.numerics import namespace
from .._base.typing import Array, Float, Scalar

Momenta = Float[Array, "..."]
Radius = Scalar | Float[Array, "..."]

ROUNDING = 1e-9
"""How far beyond its last point, relatively, a form factor is still at its last point."""


class NuclearInput(Module):
    """A distribution of protons or neutrons with an rms radius."""

    convention: str = eqx.field(static=True)
    """What it is a distribution of, one of `CONVENTIONS`."""
    rms_radius: Float[np.ndarray, ""]
    """Radius R_0 that it was given with [fm]."""
    reach: Float[np.ndarray, ""]
    """Momentum transfer [1/fm] up to which its form factor is known at that radius."""

    @abc.abstractmethod
    def form_factor(self, q: Momenta, rms_radius: Radius) -> Momenta:
        """Return F at momentum transfers `q` [1/fm], stretched to an rms radius [fm]."""

    def largest_radius(self, q: float) -> float:
        """Return the rms radius [fm] up to which F is known at the momentum transfer `q` [1/fm]."""
        return float(self.rms_radius * self.reach) / q


class StretchedInput(NuclearInput):
    """A distribution that is stretched to its radius."""

    @abc.abstractmethod
    def unstretched(self, q: Momenta) -> Momenta:
        """Return F_0 at momentum transfers `q` [1/fm], at the radius that the distribution was given with."""

    def form_factor(self, q: Momenta, rms_radius: Radius) -> Momenta:
        """Return F_0(q R/R_0); not a number where that is not known."""
        stretched = q * (rms_radius / self.rms_radius)
        values = self.unstretched(stretched)
        return namespace(values).where(stretched <= self.reach * (1.0 + ROUNDING), values, np.nan)
