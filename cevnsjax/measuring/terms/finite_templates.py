"""Counts beside templates of finite Monte-Carlo samples: Barlow and Beeston, with a factor for each bin.

R. Barlow and C. Beeston, Comput. Phys. Commun. 77, 219 (1993); J. S. Conway, arXiv:1103.0354; the form that is a χ² and
the factor in closed form: H. Dembinski and A. Abdelmotteleb, arXiv:2206.12346 Eq. 15.
"""

import dataclasses
from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from ..._base.errors import InputError
from ..._base.numerics import namespace
from ..._base.typing import Array, Float, Scalar
from .poisson import check_counts, draw_counts, log_saturated_counts, poisson_chi2, poisson_deviance
from .term import Term


class FiniteTemplates(Term):
    """Counts n about β μ, the total of templates, each with a statistical error of its own.

        χ² = 2 Σ [β μ - n + n ln(n/(β μ))] + Σ (β - 1)²/v,   v = V/μ²,   V = Σ_c (r_c μ_c)²

    μ_c is what component c contributes to a bin, with its strength, and r_c the relative error of its template there.
    β is where χ² is lowest: β = p + sqrt(p² + n v), p = (1 - μ v)/2.
    """

    observed: Float[Array, "..."]
    """Counts."""
    relative: Float[Array, "component ..."]
    """Relative statistical error of each component's template in each bin, in the order of the measurement's
    components; 0 where it is known exactly."""
    spread: Float[Array, "..."] | None = None
    """v of the data that are expected, for toys; None of observed data."""
    binned: ClassVar[bool] = False
    has_errors: ClassVar[bool] = False
    one_sided: ClassVar[bool] = False

    def check(self, name: str, shape: tuple[int, ...]) -> None:
        """Raise InputError for counts of another shape, negative counts, and errors that are negative or not finite."""
        check_counts(name, shape, self.observed)
        if self.relative.shape[1:] != shape:
            raise InputError(
                f"{name}: expected relative errors of the templates for each component and the bins {shape}, "
                f"found shape {self.relative.shape}"
            )
        if not np.all((self.relative >= 0) & np.isfinite(self.relative)):
            raise InputError(f"{name}: expected relative errors of the templates of 0 or more, found others")

    def check_data(self, name: str) -> None:
        """Take any measurement: there are data."""

    def domain(self) -> tuple[tuple[float, float], ...]:
        """Return nothing: any counts may be expected."""
        return ()

    def combined(self, components: Sequence[Float[Array, "..."]]) -> Float[Array, "component ..."]:
        """Return the components, stacked."""
        if len(components) != len(self.relative):
            raise InputError(
                f"expected relative errors of the templates of {len(components)} components, found {len(self.relative)}"
            )
        return namespace(*components).stack(list(components))

    def _spread(self, expected: Float[Array, "component ..."]) -> tuple[Array, Array]:
        """Return the total and v, with 0 where nothing is expected."""
        xp = namespace(expected)
        total, variance = expected.sum(axis=0), ((self.relative * expected) ** 2).sum(axis=0)
        return total, variance / xp.where(total > 0, total, 1.0) ** 2

    def chi2(self, expected: Float[Array, "component ..."]) -> Scalar:
        """Return χ² of the components."""
        total, factor, v = self._fitted(expected)
        return poisson_chi2(self.observed, total * factor) + ((factor - 1.0) ** 2 / v).sum()

    def pointwise(self, expected: Float[Array, "component ..."]) -> Float[Array, "..."]:
        """Return χ² of each bin, the pull of its factor with it."""
        total, factor, v = self._fitted(expected)
        return 2.0 * poisson_deviance(self.observed, total * factor) + (factor - 1.0) ** 2 / v

    def log_saturated(self) -> Float[np.ndarray, "..."]:
        """Return ln of the highest Poisson probability of each count."""
        return log_saturated_counts(self.observed)

    def _fitted(self, expected: Float[Array, "component ..."]) -> tuple[Array, Array, Array]:
        """Return the total, the factor β at which χ² is lowest, and v, 1 where there is no error."""
        xp = namespace(expected)
        total, spread = self._spread(expected)
        uncertain = spread > 0
        v = xp.where(uncertain, spread, 1.0)
        p = 0.5 - 0.5 * total * v
        root = xp.sqrt(p**2 + xp.where(self.observed > 0, self.observed, 1.0) * v)
        # Where p is negative the sum of it and the root is what is left of two large numbers.
        safe = xp.where(p < 0, root - p, 1.0)
        factor = xp.where(p < 0, self.observed * v / safe, p + root)
        factor = xp.where(self.observed > 0, factor, xp.maximum(2.0 * p, 0.0))
        factor = xp.where(uncertain, factor, 1.0)
        return total, factor, v

    def draw(self, random: np.random.Generator, expected: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
        """Return counts drawn about `expected` times factors of the spread that the templates leave it."""
        spread = np.zeros(self.observed.shape) if self.spread is None else self.spread
        factor = np.maximum(random.normal(1.0, np.sqrt(spread), expected.shape), 0.0)
        return draw_counts(random, factor * expected)

    def errors(self) -> Float[np.ndarray, "..."]:
        """Return the roots of the counts."""
        return np.sqrt(self.observed)

    def variance(self, expected: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
        """Return the expected counts: the least that the variance is."""
        return expected

    def expecting(self, components: Sequence[Float[Array, "..."]]) -> "FiniteTemplates":
        """Return the same with the sum of the components for data, and their spread."""
        total, spread = self._spread(np.stack([np.asarray(component) for component in components]))
        return dataclasses.replace(self, observed=total, spread=spread)

    def numbers(self) -> tuple[Float[np.ndarray, "..."], ...]:
        """Return the counts and the errors of the templates."""
        return np.asarray(self.observed), np.asarray(self.relative)
