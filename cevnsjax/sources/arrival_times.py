"""When the neutrinos arrive: a cumulative distribution in time, shifted and cut into bins differentiably."""

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.special import log_ndtr, ndtr

from .._base.errors import InputError
from .._base.module import Module
from .._base.numerics import gauss_legendre, namespace
from .._base.typing import Array, Float, Scalar

PION_LIFETIME, MUON_LIFETIME = 0.026033, 2.1969811
"""Mean lives [us] of π⁺ and μ⁺ (Review of Particle Physics 2022)."""
PULSE_STEP = 0.005
"""Distance [us] of the knots of the arrival times of a pulse."""
PULSE_REACH = 8.0
"""Standard deviations before the mean of a pulse from which on it is followed."""
NODES, WEIGHTS = gauss_legendre((0.0, 1.0), 4)
"""Quadrature in a piece of the spline: a cubic times an exponential that changes by less than 1e-2."""


def _cubic(c: Float[Array, "distribution 4 ..."], x: Float[Array, "..."]) -> Float[Array, "distribution ..."]:
    """Return the cubic with coefficients `c`, highest power first, at `x`."""
    return ((c[:, 0] * x + c[:, 1]) * x + c[:, 2]) * x + c[:, 3]


class ArrivalTimes(Module):
    """Cumulative arrival-time distributions, cubic splines on evenly spaced knots.

    The splines pass through the cumulative sums of the histograms they are made of, so that the content of each
    histogram bin is kept and the density is continuously differentiable: a time shift has exact first and second
    derivatives. Before the first knot the cumulative distribution is 0, after the last its total.
    """

    start: float
    """Time of the first knot [us]."""
    step: float
    """Distance between knots [us]."""
    coefficients: Float[Array, "distribution 4 piece"]
    """Polynomial coefficients of each piece in (t - knot), highest power first."""
    totals: Float[Array, " distribution"]

    def cumulative(self, time: Float[Array, "*shape"]) -> Float[Array, "distribution *shape"]:
        """Return the integral of each distribution up to `time` [us]."""
        xp = namespace(time, self.coefficients)
        inside, c, x = self._piece(time)
        after = self.totals.reshape((-1,) + (1,) * time.ndim)
        return xp.where(inside, _cubic(c, x), xp.where(time > self.start, after, 0.0))

    def density(self, time: Float[Array, "*shape"]) -> Float[Array, "distribution *shape"]:
        """Return the density [1/us] of each distribution at `time` [us]: its derivative is continuous."""
        inside, c, x = self._piece(time)
        slope = (3.0 * c[:, 0] * x + 2.0 * c[:, 1]) * x + c[:, 2]
        return namespace(time, self.coefficients).where(inside, slope, 0.0)

    def _piece(self, time: Float[Array, "*shape"]) -> tuple[Array, Float[Array, "distribution 4 *shape"], Array]:
        """Return whether there are any arrivals at `time`, the coefficients of its piece, and the time in that."""
        xp = namespace(time, self.coefficients)
        pieces = self.coefficients.shape[-1]
        position = (time - self.start) / self.step
        inside = (position > 0.0) & (position < pieces)
        index = xp.clip(xp.floor(xp.where(inside, position, 0.0)), 0, pieces - 1).astype(int)
        x = xp.where(inside, time - self.start - index * self.step, 0.0)
        return inside, xp.asarray(self.coefficients)[:, :, index], x

    def decayed(self, rate: Scalar) -> Float[Array, "distribution knot"]:
        """Return ∫ C(t) exp(-rate (t - start)) dt from the start to each knot, C the cumulative distribution."""
        xp = namespace(self.coefficients, rate)
        c = xp.asarray(self.coefficients)[..., None]
        x = self.step * NODES
        value = _cubic(c, x)
        time = self.step * np.arange(c.shape[2])[:, None] + x
        pieces = (value * xp.exp(-rate * time)) @ (self.step * WEIGHTS)
        return xp.concatenate([xp.zeros_like(pieces[:, :1]), xp.cumsum(pieces, axis=1)], axis=1)

    def loss(
        self, time: Float[Array, " edge"], rate: Scalar, at_knots: Float[Array, "distribution knot"]
    ) -> Float[Array, "distribution edge"]:
        """Return ∫ C(t) rate exp(-rate (t - start)) dt from the start to each `time`, from `decayed` at the knots."""
        xp = namespace(time, rate, at_knots, self.coefficients)
        pieces = self.coefficients.shape[-1]
        position = (time - self.start) / self.step
        index = xp.clip(xp.floor(position), 0, pieces).astype(int)
        inside = (position > 0.0) & (position < pieces)
        width = xp.where(inside, time - self.start - index * self.step, 0.0)
        x = width[:, None] * NODES
        c = xp.asarray(self.coefficients)[:, :, xp.minimum(index, pieces - 1), None]
        value = _cubic(c, x)
        partial = (value * xp.exp(-rate * (x + index[:, None] * self.step))) @ WEIGHTS
        end = pieces * self.step
        after = xp.where(position < pieces, 0.0, xp.exp(-rate * end) - xp.exp(-rate * (time - self.start)))
        return rate * (xp.asarray(at_knots)[:, index] + partial * width) + self.totals[:, None] * after


def arrival_times(edges: Float[np.ndarray, " edge"], histograms: Float[np.ndarray, "distribution bin"]) -> ArrivalTimes:
    """Return the distributions of `histograms` (contents per bin) over evenly spaced `edges` [us]."""
    step = np.diff(edges)
    if not np.allclose(step, step[0], rtol=1e-6):
        raise InputError(f"arrival times: expected evenly spaced edges, found steps {step.min()} to {step.max()}")
    knots = edges[0] + np.arange(len(edges)) * (edges[-1] - edges[0]) / (len(edges) - 1)
    sums = np.concatenate([np.zeros((len(histograms), 1)), np.cumsum(histograms, axis=1)], axis=1)
    spline = CubicSpline(knots, sums, axis=1, bc_type="clamped")
    return ArrivalTimes(
        start=float(knots[0]),
        step=float(knots[1] - knots[0]),
        coefficients=np.moveaxis(spline.c, (0, 1, 2), (1, 2, 0)),
        totals=sums[:, -1],
    )


def decay_cumulative(time: Float[np.ndarray, "..."], width: float, lifetime: float) -> Float[np.ndarray, "..."]:
    """Return the cumulative distribution of a Gaussian pulse about 0 of standard deviation `width`, then a decay."""
    pulse, ratio = time / width, width / lifetime
    return ndtr(pulse) - np.exp(0.5 * ratio**2 - time / lifetime + log_ndtr(pulse - ratio))


def pulsed_decays(mean: float, width: float) -> ArrivalTimes:
    """Return when the ν_μ, ν_e and ν̄_μ of a Gaussian proton pulse arrive; `mean` and `width` in us.

    The ν_μ after the pion's decay, the others after that and the muon's, two exponentials of lifetimes τ_π and τ_μ in
    sequence. Knots every 5 ns: bins of 0.5 us are exact to 2e-8.
    """
    start, end = mean - PULSE_REACH * width, mean + 5.0 * MUON_LIFETIME
    edges = mean + PULSE_STEP * np.arange(round((start - mean) / PULSE_STEP), round((end - mean) / PULSE_STEP) + 1)
    pion, muon = (decay_cumulative(edges - mean, width, tau) for tau in (PION_LIFETIME, MUON_LIFETIME))
    late = (MUON_LIFETIME * muon - PION_LIFETIME * pion) / (MUON_LIFETIME - PION_LIFETIME)
    return arrival_times(edges, np.diff([pion, late, late], axis=1))
