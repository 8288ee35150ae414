"""Products of factors, each over some of the axes of an array."""

from typing import Any

import equinox as eqx

from .._base.numerics import namespace
from .._base.typing import Array, Float, Params
from .stage import Stage


class Product(Stage):
    """Stage: an array over axes that is a product of factors, each of which is over some of them, in their order."""

    factors: tuple[Stage, ...]
    axes: tuple[tuple[int, ...], ...] = eqx.field(static=True)
    """Places of the axes of each factor."""
    shape: tuple[int, ...] = eqx.field(static=True)

    def own_parameters(self) -> frozenset[str]:
        return frozenset()

    def __call__(self, params: Params) -> Float[Array, "..."]:
        product: Any = 1.0
        for factor, own in zip(self.factors, self.axes, strict=True):
            spread = tuple(bins if k in own else 1 for k, bins in enumerate(self.shape))
            product = product * factor(params).reshape(spread)
        return product


class SpreadProduct(Stage):
    """Stage: shares (flavour, bin, cell) of the cells of several axes, from those of each, (flavour, [bin,] cell).

    The cells of the last axis are the fastest. The axis of energy bins is kept, of length `bins`, if that is not 0.
    """

    factors: tuple[Stage, ...]
    bins: int = eqx.field(static=True, default=0)

    def own_parameters(self) -> frozenset[str]:
        return frozenset()

    def __call__(self, params: Params) -> Float[Array, "flavour *bin cell"]:
        product: Array | None = None
        for factor in self.factors:
            share = factor(params)
            share = share if share.ndim == 3 else share[:, None, :]
            product = share if product is None else (product[..., :, None] * share[..., None, :])
            if product.ndim == 4:
                product = product.reshape(*product.shape[:2], -1)
        assert product is not None
        if self.bins:
            return namespace(product).broadcast_to(product, (product.shape[0], self.bins, product.shape[2]))
        return product[:, 0] if product.shape[1] == 1 else product


class Placed(Stage):
    """Stage: the sums of several arrays times factors, each at its place in a row, 0 elsewhere."""

    parts: tuple[Stage, ...]
    factors: tuple[float, ...] = eqx.field(static=True)
    places: tuple[int, ...] = eqx.field(static=True)
    count: int = eqx.field(static=True)
    """Length of the row."""

    def own_parameters(self) -> frozenset[str]:
        return frozenset()

    def __call__(self, params: Params) -> Float[Array, " place"]:
        sums = [factor * part(params).sum() for factor, part in zip(self.factors, self.parts, strict=True)]
        xp, by_place = namespace(*sums), dict(zip(self.places, sums, strict=True))
        return xp.stack([by_place.get(k, xp.zeros(())) for k in range(self.count)])
