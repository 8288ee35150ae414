"""Counts that nuisances move between a nominal template and its variations at ±1σ, bin by bin."""

from collections.abc import Mapping

import equinox as eqx
import numpy as np

from .._base.errors import InputError
from .._base.numerics import namespace
from .._base.typing import Array, Float, Params
from .morphing import Variation, smooth_sign, stacked_values
from .stage import Stage


class Distorted(Stage):
    """Stage: an array times a factor of each bin, exp(Σ_k ξ_k/2 [(u_k - d_k) + (u_k + d_k) s(ξ_k)]).

    u and d are the logarithms of the variations at ±1σ relative to the nominal template, s is `smooth_sign`: exact at
    ξ = 0 and ±1, positive, twice differentiable, with a linear logarithm beyond. `linear` gives 1 + Σ_k ξ_k (U - D)/2
    with the relative variations themselves, as a linear pull of each bin.
    """

    nominal: Stage
    up: Float[Array, "nuisance ..."]
    down: Float[Array, "nuisance ..."]
    names: tuple[str, ...] = eqx.field(static=True)
    linear: bool = eqx.field(static=True, default=False)

    def own_parameters(self) -> frozenset[str]:
        return frozenset(self.names)

    def __call__(self, params: Params) -> Float[Array, "..."]:
        x = stacked_values(params, self.names)
        xp = namespace(x)
        if self.linear:
            return self.nominal(params) * (1.0 + 0.5 * xp.tensordot(x, self.up - self.down, 1))
        odd = xp.tensordot(x, self.up - self.down, 1)
        even = xp.tensordot(x * smooth_sign(x), self.up + self.down, 1)
        return self.nominal(params) * xp.exp(0.5 * (odd + even))


def distorted(
    stage: Stage, nominal: Float[np.ndarray, "..."], variations: Mapping[str, Variation], linear: bool = False
) -> Distorted:
    """Return `stage` with the `variations` of its `nominal` template, by the name of their nuisance.

    Where only the variation at +1σ is known that at -1σ is its mirror: of the logarithm, or of the difference. A bin
    that is empty in the nominal template must be empty in them.
    """
    rows: dict[str, list[np.ndarray]] = {"up": [], "down": []}
    full = nominal > 0
    for name, shapes in variations.items():
        for key, shape in zip(rows, shapes, strict=True):
            if shape is None:
                rows[key].append(-rows["up"][-1])
                continue
            if np.any(shape[~full] != 0) or not np.all(np.isfinite(shape)):
                raise InputError(
                    f"{name}: expected variations that are 0 where the nominal template is 0, found others"
                )
            if not linear and np.any(shape[full] <= 0):
                raise InputError(f"{name}: expected variations that are positive where the nominal template is")
            ratio = np.where(full, shape, 1.0) / np.where(full, nominal, 1.0)
            rows[key].append(ratio - 1.0 if linear else np.log(ratio))
    return Distorted(stage, np.array(rows["up"]), np.array(rows["down"]), tuple(variations), linear)
