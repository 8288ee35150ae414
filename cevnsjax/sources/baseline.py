"""How far neutrinos come: what an oscillation into a fourth neutrino is averaged over.

A source and a detector of some size see distances L about a mean, here a Gaussian of standard deviation σ. With the
phase k L, k = Δm²/4E, the average of the oscillation is

    <sin²(k L)> = [1 - cos(2 k L̄) exp(-2 k² σ²)] / 2

(closed form; for a uniform spread of the same σ it differs in the fourth power of kσ). Where the distances are many
oscillations long the average is 1/2.
"""

import math

import equinox as eqx

from .._base.constants import HBAR_C
from .._base.errors import InputError
from .._base.module import Module
from .._base.numerics import namespace, sine_cosine
from .._base.typing import Array, Float, Scalar

PHASE = 1e-12 / (4.0 * HBAR_C * 1e-15)
"""Phase k L of Δm² = 1 eV², L = 1 m, E = 1 MeV: 1.26693."""
MERCURY_TARGET = 0.5 / math.sqrt(12.0)
"""Standard deviation [m] of places along the target of the SNS, 50 cm long (arXiv:2109.11049, section I).

That of the distances is smaller, as the detectors do not look along the target; that of the detectors is left out.
"""
REACTOR_CORE = 1.0
"""Standard deviation [m] of the distances to a power reactor: that of a cylinder 4 m wide, an assumption."""


class Baseline(Module):
    """What is known of the distance between source and detector."""

    distance: float = eqx.field(static=True)
    """Mean distance [m]; infinite where every oscillation is averaged."""
    spread: float = eqx.field(static=True, default=0.0)
    """Standard deviation [m]."""
    from_sun: bool = eqx.field(static=True, default=False)
    """Neutrinos of the Sun: made as ν_e, and what arrives are mass eigenstates."""

    def __check_init__(self) -> None:
        if not (self.distance > 0 and math.isfinite(self.spread) and self.spread >= 0):
            raise InputError(
                f"expected a positive distance and no negative spread, found {self.distance}, {self.spread}"
            )
        if self.from_sun and math.isfinite(self.distance):
            raise InputError("expected no distance for neutrinos of the Sun: all oscillations are averaged")

    @property
    def averaged(self) -> bool:
        """Return whether every oscillation is averaged, whatever Δm²."""
        return math.isinf(self.distance)

    def oscillation(self, delta_m2: Scalar, energy: Float[Array, "*energy"]) -> Scalar | Float[Array, "*energy"]:
        """Return <sin²(Δm² L/4E)> for Δm² [eV²] and energies [MeV]."""
        k = PHASE * delta_m2 / energy
        if self.averaged:
            return 0.5 + 0.0 * k
        xp = namespace(k)
        _, cosine = sine_cosine(2.0 * k * self.distance)
        return 0.5 * (1.0 - cosine * xp.exp(-2.0 * (k * self.spread) ** 2))


FAR = Baseline(math.inf)
"""Neutrinos from so far that every oscillation is averaged."""
SUN = Baseline(math.inf, from_sun=True)
"""Neutrinos of the Sun."""
