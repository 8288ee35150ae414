"""Live time: the days in which a source has its fluence at the detector, so that a rate can be given per day.

Of the SNS most releases give protons on target or the energy of the beam, not the days. There a day is one of the beam
at its full power: protons, and with them neutrinos, come with the energy of the beam.
"""

import math

import equinox as eqx

from .._base.errors import InputError
from .._base.module import Module

SECONDS_PER_DAY = 86400.0
FULL_POWER = 1.4
"""Power of the SNS by design [MW] (arXiv:2109.11049, section I)."""


class LiveTime(Module):
    """The days in which a source has its fluence."""

    days: float
    what: str = eqx.field(static=True, default="live time")
    """What a day is one of."""

    def __check_init__(self) -> None:
        if not (math.isfinite(self.days) and self.days > 0):
            raise InputError(f"live time: expected a positive number of days, found {self.days}")


def live_seconds(seconds: float) -> LiveTime:
    """Return a live time given in seconds."""
    return LiveTime(seconds / SECONDS_PER_DAY)


def beam_energy(energy: float) -> LiveTime:
    """Return the days in which the SNS delivers a beam `energy` [GWh] at its full power."""
    return LiveTime(1e3 * energy / (24.0 * FULL_POWER), f"beam of the SNS at {FULL_POWER:g} MW")
