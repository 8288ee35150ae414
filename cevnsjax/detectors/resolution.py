"""Resolution: how the number of photo-electrons is spread about its mean."""

from .._numerics import log_gamma, namespace
from .._typing import Array, Float, Scalar


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
