"""An upper limit: a Gaussian of which only the upper side excludes."""

from typing import ClassVar

import numpy as np

from ..._base.numerics import namespace
from ..._base.typing import Array, Float
from .with_errors import NumbersWithErrors


class UpperLimit(NumbersWithErrors):
    """Numbers x with errors σ; only expected numbers μ above them are excluded: χ² = Σ max(0, (μ - x)/σ)².

    A limit at 90 % confidence on what is 0 at best has x = 0 and σ = limit / 1.645, so that Δχ² = 2.71 there.

    >>> import numpy as np
    >>> term = UpperLimit(np.zeros(1), np.ones(1))
    >>> float(term.chi2(np.array([-2.0]))), float(term.chi2(np.array([2.0])))
    (0.0, 4.0)
    """

    observed: Float[Array, "..."]
    sigma: Float[Array, "..."]
    has_errors: ClassVar[bool] = True
    one_sided: ClassVar[bool] = True

    def pointwise(self, expected: Float[Array, "..."]) -> Float[Array, "..."]:
        """Return χ² of each number."""
        pull = (expected - self.observed) / self.sigma
        return namespace(pull).maximum(pull, 0.0) ** 2

    def log_saturated(self) -> Float[np.ndarray, "..."]:
        """Return 0: a limit is no density of what was observed."""
        return np.zeros(np.shape(self.observed))

    def derivatives(self, expected: Float[Array, "..."]) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
        """Return 2 (μ - x)/σ², and √2/σ, above the observed number; 0 below."""
        above = expected > self.observed
        root = namespace(expected).sqrt(2.0) / self.sigma
        return above * (2.0 * (expected - self.observed) / self.sigma**2), above * root
