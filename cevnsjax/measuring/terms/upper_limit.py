"""An upper limit: a Gaussian of which only the upper side excludes."""

from typing import ClassVar

import numpy as np

from ..._base.numerics import namespace
from ..._base.typing import Array, Bool, Float, Scalar
from .errors import check_errors
from .term import BinTerm


class UpperLimit(BinTerm):
    """Numbers x with errors σ of which only expected ones μ above are excluded: χ² = Σ max(0, (μ - x)/σ)².

    A limit at 90 % confidence on what is 0 at best has x = 0 and σ = limit / 1.645, so that Δχ² = 2.71 there.

    >>> import numpy as np
    >>> term = UpperLimit(np.zeros(1), np.ones(1))
    >>> float(term.chi2(np.array([-2.0]))), float(term.chi2(np.array([2.0])))
    (0.0, 4.0)
    """

    observed: Float[Array, "..."]
    sigma: Float[Array, "..."]
    """Errors, in the unit of the numbers."""
    has_errors: ClassVar[bool] = True
    one_sided: ClassVar[bool] = True

    def check(self, name: str, shape: tuple[int, ...]) -> None:
        """Refuse numbers or errors of another shape, and errors that are not positive."""
        check_errors(name, shape, self.observed, self.sigma)

    def chi2(self, expected: Float[Array, "..."]) -> Scalar:
        """Return χ² of the total expected in each bin."""
        return self.pointwise(expected).sum()

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

    def possible(self, expected: Float[Array, "*point bin"]) -> Bool[Array, "*point"]:
        """Return that any numbers can come of any expected ones."""
        return namespace(expected).ones(expected.shape[:-1], bool)

    def ravelled(self) -> "UpperLimit":
        """Return the same with all bins on one axis."""
        xp = namespace(self.observed)
        return UpperLimit(xp.ravel(self.observed), xp.ravel(self.sigma))

    def draw(self, random: np.random.Generator, expected: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
        """Return numbers drawn about `expected` with the errors."""
        return random.normal(expected, self.sigma)

    def errors(self) -> Float[np.ndarray, "..."]:
        """Return the errors."""
        return np.asarray(self.sigma)

    def variance(self, expected: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
        """Return the squared errors."""
        return np.asarray(self.sigma) ** 2

    def numbers(self) -> tuple[Float[np.ndarray, "..."], ...]:
        """Return the numbers."""
        return (self.observed,)
