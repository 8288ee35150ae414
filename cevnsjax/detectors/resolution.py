"""Resolution: how the reconstructed energy is spread about its mean.

Each model is a class. `density` is per unit of the reconstructed axis: photo-electrons or keV of electron equivalent.
"""

import abc
from typing import ClassVar

import equinox as eqx
import numpy as np

from .._base.module import Module
from .._base.numerics import erf, log_gamma, namespace
from .._base.typing import Array, Float, Params, Scalar
from ..parameters.parameter import Parameter

SMEARING = ("smearing_mean_inverse", "smearing_shape")
RESOLUTION_NORM = "resolution_norm"
STEP = 5.0
"""Standard deviations of the resolution within which the edge of a bin is a step."""
MOST_BREAKS = 60
"""Most breaks of a resolution."""


class Smearing(Module):
    """Distribution of the reconstructed energy of each electron-equivalent energy."""

    peaked: ClassVar[bool] = False
    """Whether it may be narrower than the bins: a step at each edge, wherever the quenching puts that."""

    @abc.abstractmethod
    def parameters(self) -> tuple[Parameter, ...]:
        """Return the parameters that it depends on."""

    @abc.abstractmethod
    def mean(self, x: Float[Array, "..."], params: Params) -> Float[Array, "..."]:
        """Return the electron-equivalent energies [keV] that are seen at `x` on average."""

    @abc.abstractmethod
    def deviation(self, energy: Float[Array, "..."], params: Params) -> Float[Array, "..."]:
        """Return the standard deviation [keV] at each electron-equivalent `energy` [keV]."""

    @abc.abstractmethod
    def density(self, x: Float[Array, " x"], energy: Float[Array, "..."], params: Params) -> Float[Array, "x ..."]:
        """Return the density at the reconstructed energies `x` for each electron-equivalent `energy` [keV]."""

    def kinks(self, edges: Float[np.ndarray, " edge"], endless: bool, params: Params) -> list[float]:
        """Return electron-equivalent energies [keV] between which bins with these `edges` are smooth; none by default.

        `endless` spectra, of electrons, go on beyond the bins.
        """
        return []

    def steps(self, energy: float, last: float, least: float, params: Params) -> list[float]:
        """Return energies [keV] from `energy` to `last` in steps of two and a half widths, that at `least` at least."""
        energies: list[float] = []
        while energy < last and len(energies) < MOST_BREAKS:
            width = self.deviation(np.maximum([energy], least), params)
            energy = energy + 2.5 * float(width[0])
            energies.append(energy)
        return energies


def gamma_smearing(
    photoelectrons: Float[Array, " pe"],
    energy: Float[Array, "..."],
    mean_inverse: Scalar,
    shape: Scalar,
) -> Float[Array, "pe ..."]:
    """Return the density [1/PE] of `photoelectrons` x > 0 for each electron-equivalent `energy` [keV].

    P(x | E) = [a (1+b)]^(1+b) / Γ(1+b) · x^b · exp(-a (1+b) x) with a = `mean_inverse` / E and b = `shape` · E:
    a gamma distribution of mean E / mean_inverse and relative width 1/sqrt(1+b) (COHERENT CsI[Na], arXiv:2110.07730
    ancillary files). No light is seen of an energy that is not positive: the density is 0 there.
    """
    xp = namespace(photoelectrons, energy, mean_inverse, shape)
    light = energy > 0.0
    energy = xp.where(light, energy, 1.0)
    power = shape * energy
    rate = mean_inverse / energy * (1.0 + power)
    norm = (1.0 + power) * xp.log(rate) - log_gamma(xp.asarray(1.0 + power))
    x = photoelectrons.reshape((-1,) + (1,) * energy.ndim)
    return xp.where(light, xp.exp(norm + power * xp.log(x) - rate * x), 0.0)


class GammaSmearing(Smearing):
    """Photo-electrons after a gamma distribution, see `gamma_smearing`."""

    mean_inverse: float
    """Inverse light yield [keV/PE]."""
    shape: float
    """Shape per electron-equivalent energy [1/keV]."""

    def parameters(self) -> tuple[Parameter, ...]:
        """Return inverse light yield and shape."""
        first, second = self.mean_inverse, self.shape
        return (
            Parameter(
                SMEARING[0],
                "keV",
                first,
                (0.5 * first, 2.0 * first),
                "a_S",
                "inverse light yield of the photo-electron smearing",
                own=True,
            ),
            Parameter(
                SMEARING[1],
                "1/keV",
                second,
                (0.5 * second, 2.0 * second),
                "b_S",
                "shape of the photo-electron smearing per electron-equivalent energy",
                own=True,
            ),
        )

    def mean(self, x: Float[Array, "..."], params: Params) -> Float[Array, "..."]:
        """Return the energies of so many photo-electrons."""
        return x * params[SMEARING[0]]

    def deviation(self, energy: Float[Array, "..."], params: Params) -> Float[Array, "..."]:
        """Return the standard deviation, E / sqrt(1+b)."""
        return energy / namespace(energy, *params.values()).sqrt(1.0 + params[SMEARING[1]] * energy)

    def density(self, x: Float[Array, " x"], energy: Float[Array, "..."], params: Params) -> Float[Array, "x ..."]:
        """Return the density [1/PE]."""
        return gamma_smearing(x, energy, params[SMEARING[0]], params[SMEARING[1]])

    def kinks(self, edges: Float[np.ndarray, " edge"], endless: bool, params: Params) -> list[float]:
        """Return steps through the bins for electrons; the light of nuclei is spread too widely to need any."""
        if not endless:
            return []
        energies = np.asarray(self.mean(edges[[0, -1]], params))
        first, last = STEP * np.asarray(self.deviation(energies, params))
        least = 1e-2 * energies[1]
        return self.steps(max(energies[0] - first, least), energies[1] + last, least, params)


class ClosedSmearing(Smearing):
    """A distribution whose integral is known in closed form."""

    @abc.abstractmethod
    def cumulative(self, x: Float[Array, " x"], energy: Float[Array, "..."], params: Params) -> Float[Array, "x ..."]:
        """Return the integral of the density up to each `x`, but for a constant of each energy."""


class GaussianSmearing(ClosedSmearing):
    """A Gaussian about the electron-equivalent energy E [keV] with σ = sqrt(noise² + slope E) + Σ_k powers_k E^k.

    The standard deviation is scaled by the parameter resolution_norm. An energy below `minimum` gives no signal (an
    electron-hole pair, arXiv:2202.09672); with `positive` the Gaussian is cut at zero and normalised above it.
    """

    peaked = True
    noise: float
    """Standard deviation at E = 0 [keV]."""
    slope: float
    """Variance per energy [keV]: the Fano factor times the energy of a pair, or (σ/√E)²."""
    minimum: float = 0.0
    positive: bool = eqx.field(static=True, default=False)
    powers: tuple[float, ...] = eqx.field(static=True, default=())
    """Coefficients of E, E², … in the standard deviation [1, 1/keV, …]."""

    def parameters(self) -> tuple[Parameter, ...]:
        """Return the scale of the standard deviation."""
        text = "energy resolution relative to the nominal one"
        return (Parameter(RESOLUTION_NORM, "1", 1.0, (0.2, 3.0), r"\eta_\sigma", text, own=True),)

    def mean(self, x: Float[Array, "..."], params: Params) -> Float[Array, "..."]:
        """Return the energies themselves."""
        return x

    def deviation(self, energy: Float[Array, "..."], params: Params) -> Float[Array, "..."]:
        """Return σ [keV] at energies [keV]."""
        width = namespace(energy, *params.values()).sqrt(self.noise**2 + self.slope * energy)
        for power, coefficient in enumerate(self.powers, start=1):
            width = width + coefficient * energy**power
        return params[RESOLUTION_NORM] * width

    def _width(self, energy: Float[Array, "..."], params: Params) -> tuple[Array, Array]:
        """Return σ [keV] and the norm: 0 where there is no signal."""
        xp = namespace(energy, *params.values())
        seen = energy > self.minimum
        energy = xp.where(seen, energy, 1.0)
        width = self.deviation(energy, params)
        above = 0.5 * (1.0 + erf(energy / (np.sqrt(2.0) * width))) if self.positive else xp.ones_like(width)
        return width, xp.where(seen, 1.0 / above, 0.0)

    def density(self, x: Float[Array, " x"], energy: Float[Array, "..."], params: Params) -> Float[Array, "x ..."]:
        """Return the density [1/keV]."""
        xp = namespace(x, energy, *params.values())
        width, norm = self._width(energy, params)
        pull = (x.reshape((-1,) + (1,) * energy.ndim) - energy) / width
        return norm / (np.sqrt(2.0 * np.pi) * width) * xp.exp(-0.5 * pull**2)

    def cumulative(self, x: Float[Array, " x"], energy: Float[Array, "..."], params: Params) -> Float[Array, "x ..."]:
        """Return the integral of the density up to each `x`, but for a constant of each energy."""
        width, norm = self._width(energy, params)
        return 0.5 * norm * erf((x.reshape((-1,) + (1,) * energy.ndim) - energy) / (np.sqrt(2.0) * width))

    def kinks(self, edges: Float[np.ndarray, " edge"], endless: bool, params: Params) -> list[float]:
        """Return the smallest energy and, where the width is narrower than the bins, what is about their edges.

        Else the response varies everywhere, and there are steps.
        """
        floor = [self.minimum] if self.minimum > 0 else []
        reach = STEP * np.asarray(self.deviation(edges, params))
        if np.all(reach[1:] + reach[:-1] <= np.diff(edges)):
            inner = np.concatenate([edges - 0.5 * reach, edges + 0.5 * reach]) if endless else []
            return [*floor, *(edges - reach), *edges, *(edges + reach), *inner]
        return [*floor, *self.steps(max(edges[0] - reach[0], 0.0), edges[-1] + reach[-1], 1e-3 * edges[-1], params)]
