"""Arrival times: how the events of each flavour are spread over bins of time."""

import equinox as eqx
import numpy as np

from .._base.module import Module
from .._base.numerics import namespace
from .._base.typing import Array, Float, Params, Scalar
from ..parameters.parameter import Parameter
from ..sources.arrival_times import ArrivalTimes
from ..stages.stage import Stage
from .efficiency import time_efficiency

TIME_EFFICIENCY = ("time_efficiency_onset", "time_efficiency_rate")


class TimeWindow(Module):
    """The time bins of a detector, with an efficiency that falls exponentially after an onset."""

    edges: Float[np.ndarray, " edge"]
    """Edges of the time bins [us], from 0."""
    onset: float
    rate: float

    def parameters(self) -> tuple[Parameter, ...]:
        """Return the onset and the rate of the time efficiency."""
        onset, rate = TIME_EFFICIENCY
        last = float(self.edges[-1])
        return (
            Parameter(
                onset,
                "us",
                self.onset,
                (0.0, last),
                r"t_\varepsilon",
                "onset of the loss of time efficiency",
                own=True,
            ),
            Parameter(
                rate,
                "1/us",
                self.rate,
                (0.0, 1.0),
                r"\lambda_\varepsilon",
                "rate of the loss of time efficiency",
                own=True,
            ),
        )

    def binned(self, arrivals: ArrivalTimes, shift: str) -> "TimeResponse":
        """Return the stage that cuts `arrivals` into the bins; the parameter `shift` delays them."""
        return TimeResponse(arrivals, Decayed(arrivals), self.edges, shift)

    def at_events(self, arrivals: ArrivalTimes, times: Float[np.ndarray, " event"], shift: str) -> "TimeDensity":
        """Return the stage of the density of `arrivals` at the `times` [us] of events, as `binned` has it in bins."""
        return TimeDensity(arrivals, times, shift)


def time_shift(name: str, what: str) -> Parameter:
    """Return the parameter that delays `what` by a time."""
    return Parameter(name, "us", 0.0, (-0.5, 0.5), r"\Delta t", f"delay of {what}", own=True)


class Decayed(Stage):
    """Stage: the integral of the cumulative distribution times the decaying efficiency, up to each knot."""

    arrivals: ArrivalTimes

    def own_parameters(self) -> frozenset[str]:
        return frozenset((TIME_EFFICIENCY[1],))

    def __call__(self, params: Params) -> Float[Array, "distribution knot"]:
        return self.arrivals.decayed(params[TIME_EFFICIENCY[1]])


class TimeResponse(Stage):
    """Stage: how much of each distribution is selected in each time bin.

    ∫_bin p(t - Δ) ε_T(t) dt, integrated by parts: the cumulative distribution is known at the edges, and what is left,
    ∫ C(t - Δ) ε_T'(t) dt over the part of the bin after the onset, is summed piece by piece of the spline.
    """

    arrivals: ArrivalTimes
    decayed: Stage
    edges: Float[Array, " edge"]
    shift: str = eqx.field(static=True)

    def own_parameters(self) -> frozenset[str]:
        return frozenset((self.shift, *TIME_EFFICIENCY))

    def __call__(self, params: Params) -> Float[Array, "distribution bin"]:
        shift: Scalar = params[self.shift]
        onset, rate = params[TIME_EFFICIENCY[0]], params[TIME_EFFICIENCY[1]]
        xp = namespace(self.edges, shift, onset, rate)
        at_edges = self.arrivals.cumulative(self.edges - shift) * time_efficiency(self.edges, onset, rate)
        at_knots = self.decayed(params)
        low = xp.clip(onset, self.edges[:-1], self.edges[1:]) - shift
        lost = self.arrivals.loss(self.edges[1:] - shift, rate, at_knots) - self.arrivals.loss(low, rate, at_knots)
        factor = xp.exp(-rate * (shift + self.arrivals.start - onset))
        return at_edges[:, 1:] - at_edges[:, :-1] + factor * lost


class TimeDensity(Stage):
    """Stage: density of each distribution at the times of events, p(t - Δ) ε_T(t) [1/us]."""

    arrivals: ArrivalTimes
    times: Float[Array, " event"]
    shift: str = eqx.field(static=True)

    def own_parameters(self) -> frozenset[str]:
        return frozenset((self.shift, *TIME_EFFICIENCY))

    def __call__(self, params: Params) -> Float[Array, "distribution event"]:
        onset, rate = (params[name] for name in TIME_EFFICIENCY)
        return self.arrivals.density(self.times - params[self.shift]) * time_efficiency(self.times, onset, rate)


class ArrivalDensity(Stage):
    """Stage: density of each distribution at the times of events [1/us], delayed by a parameter: that of `TimeBins`."""

    arrivals: ArrivalTimes
    times: Float[Array, " event"]
    shift: str = eqx.field(static=True)

    def own_parameters(self) -> frozenset[str]:
        return frozenset((self.shift,))

    def __call__(self, params: Params) -> Float[Array, "distribution event"]:
        return self.arrivals.density(self.times - params[self.shift])


class TimeBins(Stage):
    """Stage: share of each distribution in each time bin, delayed by a parameter, without any efficiency."""

    arrivals: ArrivalTimes
    edges: Float[Array, " edge"]
    shift: str = eqx.field(static=True)

    def own_parameters(self) -> frozenset[str]:
        return frozenset((self.shift,))

    def __call__(self, params: Params) -> Float[Array, "distribution bin"]:
        cumulative = self.arrivals.cumulative(self.edges - params[self.shift])
        return cumulative[:, 1:] - cumulative[:, :-1]
