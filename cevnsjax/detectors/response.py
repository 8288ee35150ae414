"""The detector's response: from recoil energies to photo-electron bins, from arrival times to time bins.

Both are stages that own their parameters, so each coefficient of the detector can be fixed (then the response is
folded to an array on the host) or fitted (then it is rebuilt inside the compiled likelihood, with exact derivatives).
The bins are integrated with Gauss-Legendre nodes: the smearing enters as a density, smooth in its parameters, and no
incomplete gamma function is needed.
"""

import equinox as eqx
import numpy as np

from .._numerics import namespace
from .._stage import Stage
from .._typing import Array, Float, Params, Scalar
from ..parameters import Parameter
from ..sources.arrival_times import ArrivalTimes
from .efficiency import logistic_efficiency, logistic_threshold, time_efficiency
from .quenching import polynomial_quenching
from .resolution import gamma_smearing

QUENCHING = ("quenching_a", "quenching_b", "quenching_c", "quenching_d")
QUENCHING_SHAPES = ("quenching_shape_0", "quenching_shape_1")
SMEARING = ("smearing_mean_inverse", "smearing_shape")
EFFICIENCY = ("efficiency_a", "efficiency_b", "efficiency_c", "efficiency_d")
EFFICIENCY_SHAPE = "efficiency_shape"
TIME_EFFICIENCY = ("time_efficiency_onset", "time_efficiency_rate")


class Scintillator(eqx.Module):
    """A detector that counts photo-electrons: polynomial quenching, gamma smearing, logistic efficiency.

    The released ±1σ variations of the quenching and of the efficiency move their coefficients along fixed directions:
    coefficients = nominal + Σ ξ_k · variation_k, with ξ_k = 0 the nominal curve and ±1 the released ones.
    """

    edges: Float[np.ndarray, " edge"]
    """Edges of the photo-electron bins."""
    quenching: Float[np.ndarray, "4"]
    quenching_variations: Float[np.ndarray, "2 4"]
    smearing: Float[np.ndarray, "2"]
    """Inverse mean light yield [keV/PE] and shape [1/keV] of the smearing."""
    efficiency: Float[np.ndarray, "4"]
    efficiency_variation: Float[np.ndarray, "4"]

    def parameters(self) -> tuple[Parameter, ...]:
        """Return the coefficients of the three curves and the strengths of their variations."""
        found = []
        units, powers = ("1", "1/MeV", "1/MeV^2", "1/MeV^3"), ("T", "T^2", "T^3", "T^4")
        for name, value, unit, power in zip(QUENCHING, self.quenching, units, powers, strict=True):
            low, high = sorted((0.5 * float(value), 1.5 * float(value)))
            letter = name[-1]
            found.append(
                Parameter(
                    name, unit, float(value), (low, high), rf"{letter}_Q", f"coefficient of {power} in the quenching"
                )
            )
        for k, name in enumerate(QUENCHING_SHAPES):
            text = f"strength of the released variation {k} of the quenching, ±1 at 1σ"
            found.append(Parameter(name, "1", 0.0, (-5.0, 5.0), rf"\xi_{{Q{k}}}", text))
        mean_inverse, shape = map(float, self.smearing)
        text = "inverse light yield of the photo-electron smearing"
        found.append(Parameter(SMEARING[0], "keV", mean_inverse, (0.5 * mean_inverse, 2 * mean_inverse), "a_S", text))
        text = "shape of the photo-electron smearing per electron-equivalent energy"
        found.append(Parameter(SMEARING[1], "1/keV", shape, (0.5 * shape, 2.0 * shape), "b_S", text))
        bounds = ((1.0, 3.0), (0.05, 1.0), (5.0, 25.0), (-0.9, -0.01))
        for name, value, unit, limits in zip(
            EFFICIENCY, self.efficiency, ("1", "1/PE", "PE", "1"), bounds, strict=True
        ):
            letter = name[-1]
            text = f"coefficient {letter} of the photo-electron efficiency"
            found.append(Parameter(name, unit, float(value), limits, rf"{letter}_\varepsilon", text))
        text = "strength of the released variation of the efficiency, ±1 at 1σ"
        found.append(Parameter(EFFICIENCY_SHAPE, "1", 0.0, (-3.0, 3.0), r"\xi_\varepsilon", text))
        return tuple(found)

    def response(self, recoil: Float[np.ndarray, "nuclide node"], order: int) -> "EnergyResponse":
        """Return the stage for nuclear recoils of energies `recoil` [MeV], with `order` nodes in each bin."""
        x, w = np.polynomial.legendre.leggauss(order)
        return EnergyResponse(self, recoil, 0.5 * (x + 1.0), 0.5 * w)


class EnergyResponse(Stage):
    """Stage: probability that a nuclear recoil of each energy is selected in each photo-electron bin."""

    detector: Scintillator
    recoil: Float[Array, "nuclide node"]
    """Recoil energies [MeV]."""
    nodes: Float[Array, " order"]
    weights: Float[Array, " order"]

    def own_parameters(self) -> frozenset[str]:
        return frozenset((*QUENCHING, *QUENCHING_SHAPES, *SMEARING, *EFFICIENCY, EFFICIENCY_SHAPE))

    def __call__(self, params: Params) -> Float[Array, "bin nuclide node"]:
        variations = self.detector.quenching_variations
        quenching = [
            params[name]
            + params[QUENCHING_SHAPES[0]] * variations[0, k]
            + params[QUENCHING_SHAPES[1]] * variations[1, k]
            for k, name in enumerate(QUENCHING)
        ]
        efficiency = [
            params[name] + params[EFFICIENCY_SHAPE] * self.detector.efficiency_variation[k]
            for k, name in enumerate(EFFICIENCY)
        ]
        xp = namespace(self.recoil, *params.values())
        edges = self.detector.edges
        low = xp.clip(logistic_threshold(efficiency), edges[:-1], edges[1:])
        width = edges[1:] - low
        x = low[:, None] + width[:, None] * self.nodes
        weights = width[:, None] * self.weights * logistic_efficiency(x, efficiency)
        energy = polynomial_quenching(self.recoil, quenching)
        density = gamma_smearing(x.ravel(), energy, params[SMEARING[0]], params[SMEARING[1]])
        return xp.einsum("bx,bxik->bik", weights, density.reshape(*x.shape, *energy.shape))


class TimeWindow(eqx.Module):
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
            Parameter(onset, "us", self.onset, (0.0, last), r"t_\varepsilon", "onset of the loss of time efficiency"),
            Parameter(
                rate, "1/us", self.rate, (0.0, 1.0), r"\lambda_\varepsilon", "rate of the loss of time efficiency"
            ),
        )

    def binned(self, arrivals: ArrivalTimes, shift: str) -> "TimeResponse":
        """Return the stage that cuts `arrivals` into the bins; the parameter `shift` delays them."""
        return TimeResponse(arrivals, Decayed(arrivals), self.edges, shift)


def time_shift(name: str, what: str) -> Parameter:
    """Return the parameter that delays `what` by a time."""
    return Parameter(name, "us", 0.0, (-0.5, 0.5), r"\Delta t", f"delay of {what}")


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
