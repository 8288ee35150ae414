"""Templates that move with nuisances, through their nominal and their released ±1σ shapes.

`MorphedShape` moves the logarithm of each bin: it stays positive, keeps its total, and passes exactly through the
nominal shape at ξ = 0 and through each released shape at ξ = ±1; it is twice differentiable everywhere, and linear in
the logarithm beyond ±1.
"""

from collections.abc import Mapping, Sequence

import equinox as eqx
import numpy as np

from .._base.errors import InputError
from .._base.numerics import namespace
from .._base.typing import Array, Float, Params
from .stage import Stage

Variation = tuple[np.ndarray, np.ndarray | None]
"""The shapes at +1σ and at -1σ; None where only the first was released: the logarithm is mirrored."""


def stacked_values(params: Params, names: Sequence[str]) -> Float[Array, " nuisance"]:
    """Return the values of some parameters as an array."""
    values = [params[name] for name in names]
    return namespace(*values).asarray(values, dtype=float)


def smooth_sign(x: Float[Array, "..."]) -> Float[Array, "..."]:
    """Return the sign of x, between -1 and 1 the polynomial x (3x⁴ - 10x² + 15)/8: twice differentiable.

    The step of the template morphing of CMS's combine (arXiv:2404.06614).
    """
    inside = namespace(x).clip(x, -1.0, 1.0)
    square = inside * inside
    return inside * (3.0 * square**2 - 10.0 * square + 15.0) / 8.0


def smooth_ramp(x: Float[Array, "..."]) -> Float[Array, "..."]:
    """Return max(x, 0), between 0 and 1 the polynomial 6x³ - 8x⁴ + 3x⁵: positive and twice differentiable."""
    xp = namespace(x)
    inside = xp.clip(x, 0.0, 1.0)
    return inside**3 * (6.0 - 8.0 * inside + 3.0 * inside**2) + xp.maximum(x - 1.0, 0.0)


class MorphedShape(Stage):
    """Stage: a shape whose logarithm moves with nuisances ξ, times fixed factors.

    ln n(ξ) = ln n(0) + Σ_k ξ_k/2 [(u_k - d_k) + (u_k + d_k) s(ξ_k)], with u and d the logarithms of the shapes at ±1σ
    relative to the nominal shape and s `smooth_sign`; then the total is restored. A bin that is empty in the nominal
    shape alone grows as `smooth_ramp`.
    """

    nominal: Float[Array, " bin"]
    up: Float[Array, "nuisance bin"]
    """Logarithm of the shape at +1σ relative to the nominal shape."""
    down: Float[Array, "nuisance bin"]
    empty_up: Float[Array, "nuisance bin"]
    """The shape at +1σ in bins that are empty in the nominal shape."""
    empty_down: Float[Array, "nuisance bin"]
    factors: Float[Array, " bin"]
    names: tuple[str, ...] = eqx.field(static=True)

    def own_parameters(self) -> frozenset[str]:
        return frozenset(self.names)

    def __call__(self, params: Params) -> Float[Array, " bin"]:
        x = stacked_values(params, self.names)
        shape = 0.5 * (x @ (self.up - self.down) + (x * smooth_sign(x)) @ (self.up + self.down))
        added = smooth_ramp(x) @ self.empty_up + smooth_ramp(-x) @ self.empty_down
        moved = self.nominal * namespace(shape).exp(shape) + added
        return self.factors * moved * (self.nominal.sum() / moved.sum())


def morphed_shape(
    nominal: Float[np.ndarray, " bin"],
    variations: Mapping[str, Variation],
    factors: Float[np.ndarray, " bin"] | None = None,
) -> MorphedShape:
    """Return the stage of `nominal` with the `variations` by the name of their nuisance, scaled to its total."""
    rows: dict[str, list[np.ndarray]] = {"up": [], "down": [], "empty_up": [], "empty_down": []}
    full = nominal > 0
    for name, shapes in variations.items():
        for key, shape in zip(("up", "down"), shapes, strict=True):
            if shape is None:
                rows[key].append(-rows["up"][-1])
                rows[f"empty_{key}"].append(np.zeros_like(nominal))
                continue
            if shape.shape != nominal.shape or np.any(shape[full] <= 0) or np.any(shape < 0):
                raise InputError(f"{name}: expected a shape that is positive where the nominal shape is")
            scaled = shape * (nominal.sum() / shape.sum())
            rows[key].append(np.log(np.where(full, scaled, 1.0) / np.where(full, nominal, 1.0)))
            rows[f"empty_{key}"].append(np.where(full, 0.0, scaled))
    stacked = {key: np.reshape(value, (len(variations), len(nominal))) for key, value in rows.items()}
    return MorphedShape(
        nominal=nominal,
        **stacked,
        factors=np.ones_like(nominal) if factors is None else factors,
        names=tuple(variations),
    )


class Repeated(Stage):
    """Stage: the same array for each of several flavours."""

    value: Stage
    count: int = eqx.field(static=True)

    def own_parameters(self) -> frozenset[str]:
        return frozenset()

    def __call__(self, params: Params) -> Float[Array, "flavour time"]:
        value = self.value(params)
        return namespace(value).stack([value] * self.count)
