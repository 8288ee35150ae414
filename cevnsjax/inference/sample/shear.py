"""Maps that make a bent valley a round Gaussian: whitening, then polynomial shears of constant volume.

    z = m + L (w + C f(w)),     f(w) = products of two and three of the leading coordinates w_0, w_1, ...

The row of C for coordinate k holds only features of coordinates before k, so that the Jacobian is det L everywhere and
the inverse is exact: any C leaves the density what it is, a good C makes it easier to sample (a triangular transport
map: T. A. El Moselhy and Y. M. Marzouk, J. Comput. Phys. 231, 7815 (2012), arXiv:1109.1516).
"""

import itertools
from collections.abc import Sequence

import numpy as np

from ..._base.module import Module
from ..._base.numerics import namespace
from ..._base.typing import Array, Float

LEADING = 3
"""Coordinates that features are made of."""
RIDGE = 1e-3
"""Weight of the penalty on the coefficients, of the number of draws."""


def _leading(dimension: int) -> int:
    return min(LEADING, dimension - 1)


def _monomials(dimension: int) -> list[tuple[int, ...]]:
    """Return the monomials of degree two and three of the leading coordinates, as the coordinates to multiply."""
    leading = range(_leading(dimension))
    return [chosen for degree in (2, 3) for chosen in itertools.combinations_with_replacement(leading, degree)]


def features(w: Float[Array, "... coordinate"]) -> Float[Array, "... feature"]:
    """Return the monomials of `w`."""
    xp = namespace(w)
    parts = []
    for chosen in _monomials(w.shape[-1]):
        product = w[..., chosen[0]]
        for k in chosen[1:]:
            product = product * w[..., k]
        parts.append(product)
    return xp.stack(parts, axis=-1) if parts else xp.zeros((*w.shape[:-1], 0))


class ShearMap(Module):
    """The map from w to z; of many chains with a leading axis."""

    mean: Float[Array, "*chain coordinate"]
    factor: Float[Array, "*chain coordinate coordinate"]
    shear: Float[Array, "*chain coordinate feature"]

    def __call__(self, w: Float[Array, " coordinate"]) -> Float[Array, " coordinate"]:
        """Return z of a vector `w`."""
        return self.mean + self.factor @ (w + self.shear @ features(w))

    def inverse(self, z: Float[Array, " coordinate"]) -> Float[Array, " coordinate"]:
        """Return w of a vector `z`: exact, coordinate after coordinate."""
        x = namespace(z).linalg.solve(self.factor, z - self.mean)
        w = x
        for _ in range(_leading(len(z)) + 1):
            w = x - self.shear @ features(w)
        return w


def linear_map(mean: Float[np.ndarray, " coordinate"], factor: Float[np.ndarray, "coordinate coordinate"]) -> ShearMap:
    """Return the map z = m + L w."""
    return ShearMap(mean, factor, np.zeros((len(mean), len(_monomials(len(mean))))))


def curved_map(draws: Float[np.ndarray, "draw coordinate"], least: Float[np.ndarray, " coordinate"]) -> ShearMap:
    """Return the map that makes `draws` of z nearly a round Gaussian; `least` are the least widths.

    The leading coordinates are the principal axes, the widest first; each further coordinate loses its regression on
    the features of those before it.
    """
    count, dimension = draws.shape
    mean = draws.mean(axis=0)
    sd = np.maximum(draws.std(axis=0), least)
    weight = count / (count + 5.0 * dimension)
    scaled = (draws - mean) / sd
    correlation = weight * (scaled.T @ scaled) / count + (1.0 - weight) * np.eye(dimension)
    values, vectors = np.linalg.eigh(correlation)
    values, vectors = np.maximum(values[::-1], 1e-10), vectors[:, ::-1]
    factor = sd[:, None] * vectors * np.sqrt(values)
    x = scaled @ vectors / np.sqrt(values)
    monomials = _monomials(dimension)
    w, offset = x.copy(), np.zeros(dimension)
    shear, width = np.zeros((dimension, len(monomials))), np.ones(dimension)
    for k in range(1, dimension):
        chosen = [j for j, monomial in enumerate(monomials) if max(monomial) < k]
        known = features(w)[:, chosen]
        middle = known.mean(axis=0)
        known = known - middle
        spread = np.maximum(known.std(axis=0), 1e-12)
        normal = (known / spread).T @ (known / spread) + RIDGE * count * np.eye(len(chosen))
        coefficients = np.linalg.solve(normal, (known / spread).T @ x[:, k]) / spread
        w[:, k] = x[:, k] - known @ coefficients
        width[k] = max(w[:, k].std(), 1e-3)
        shear[k, chosen], offset[k] = coefficients / width[k], -middle @ coefficients
        w[:, k] /= width[k]
    return ShearMap(mean + factor @ offset, factor * width, shear)


def stack_maps(maps: Sequence[ShearMap]) -> dict[str, np.ndarray]:
    """Return the arrays of several maps, by name, along a leading axis."""
    return {name: np.stack([np.asarray(getattr(entry, name)) for entry in maps]) for name in ShearMap.__annotations__}
