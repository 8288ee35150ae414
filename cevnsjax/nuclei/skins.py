"""Linear relations between the neutron skins of two nuclides, over nuclear mean-field models.

The skin of point nucleons, R_n - R_p, of one nuclide is nearly a linear function of that of another: both follow the
slope of the symmetry energy. The line is the least-squares one through the models that know both nuclides; what a skin
misses it by is the scatter of the models about it, joined with the errors of the line itself, as for a single new
measurement beside a regression. That spread is an error of theory: models are no sample.
"""

from collections.abc import Sequence

import equinox as eqx
import numpy as np

from .._base import arguments
from .._base.errors import InputError, suggest
from .._base.module import Module
from .._base.numerics import namespace
from .._base.typing import Array, Float, Scalar
from .mean_field import mean_field

FEWEST = 4
"""Least number of models that a line and a scatter about it are taken from."""


class SkinRelation(Module):
    """The point skin of a nuclide as a linear function of that of another, y = y₀ + b (x - x₀), with its spread."""

    of: str = eqx.field(static=True)
    """Nuclide whose skin is y, and the one whose skin is x."""
    by: str = eqx.field(static=True)
    models: tuple[str, ...] = eqx.field(static=True)
    skins: Float[np.ndarray, "2 model"]
    """Skins x and y of each model [fm]."""
    pivot: float
    """x₀ and y₀, the means of the models [fm]: there the errors of y₀ and of the slope b are not correlated."""
    value: float
    value_error: float
    slope: float
    slope_error: float
    scatter: float
    """Standard deviation of a model from the line, with n - 2 in the denominator [fm]."""
    correlation: float
    """Pearson's r of the skins."""

    @property
    def intercept(self) -> float:
        """Return y at x = 0 [fm]."""
        return self.value - self.slope * self.pivot

    def expected(self, skin: Scalar | Float[Array, "..."]) -> Scalar | Float[Array, "..."]:
        """Return the skin of `of` [fm] at a `skin` of `by` [fm]."""
        return self.value + self.slope * (skin - self.pivot)

    def spread(self, skin: Scalar | Float[Array, "..."]) -> Scalar | Float[Array, "..."]:
        """Return the standard deviation about it [fm]: scatter of the models, errors of the line."""
        moved = self.slope_error * (skin - self.pivot)
        return namespace(skin).sqrt(self.scatter**2 + self.value_error**2 + moved**2)


@arguments.checked(of=arguments.text, by=arguments.text, models=arguments.texts)
def skin_relation(of: str, by: str, models: Sequence[str] = ()) -> SkinRelation:
    """Return the relation of the point skin of a nuclide `of` to that of another, over `models`, all by default.

    Least squares over the models that know both (radii: `mean_field`). For 133Cs by 208Pb, from arXiv:2102.06153
    Table I and the table of 208Pb in nucleardatapy:

    >>> import cevnsjax as cj
    >>> line = cj.skin_relation("133Cs", "208Pb")
    >>> f"{line.slope:.3f} ± {line.slope_error:.3f}, {line.expected(0.2):.3f} ± {line.spread(0.2):.3f} fm"
    '0.582 ± 0.049, 0.157 ± 0.007 fm'

    """
    if of == by:
        raise InputError(f"expected two nuclides, found '{of}' twice")
    first, second = mean_field(by), mean_field(of)
    common = tuple(model for model in first.models if model in second.models)
    for model in models:
        if model not in common:
            raise InputError(f"no model '{model}' of {of} and {by}{suggest(model, common)}; known: {', '.join(common)}")
    if len(set(models)) < len(models):
        raise InputError(f"expected each model once, found {', '.join(models)}")
    chosen = tuple(models) or common
    if len(chosen) < FEWEST:
        raise InputError(f"expected at least {FEWEST} models to take a line from, found {len(chosen)}")
    x, y = (np.array([radii.point_skin[radii.models.index(m)] for m in chosen]) for radii in (first, second))
    off, sum_of_squares = x - x.mean(), float(np.sum((x - x.mean()) ** 2))
    slope = float(np.sum(off * y)) / sum_of_squares
    scatter = float(np.sqrt(np.sum((y - y.mean() - slope * off) ** 2) / (len(chosen) - 2)))
    return SkinRelation(
        of=of,
        by=by,
        models=chosen,
        skins=np.stack([x, y]),
        pivot=float(x.mean()),
        value=float(y.mean()),
        value_error=scatter / len(chosen) ** 0.5,
        slope=slope,
        slope_error=scatter / sum_of_squares**0.5,
        scatter=scatter,
        correlation=float(np.corrcoef(x, y)[0, 1]),
    )
