"""Numbers with Gaussian errors."""

from typing import ClassVar

import numpy as np

from ..._base.numerics import namespace
from ..._base.typing import Array, Bool, Float, Scalar
from .errors import check_errors
from .term import BinTerm


class GaussianNumbers(BinTerm):
    """Numbers x with errors σ about expected ones μ: χ² = Σ [(μ - x)/σ]².

    >>> import numpy as np
    >>> float(GaussianNumbers(np.array([3.0]), np.array([0.5])).chi2(np.array([4.0])))
    4.0
    """

    observed: Float[Array, "..."]
    sigma: Float[Array, "..."]
    """Errors, in the unit of the numbers."""
    has_errors: ClassVar[bool] = True
    one_sided: ClassVar[bool] = False

    def check(self, name: str, shape: tuple[int, ...]) -> None:
        """Refuse numbers or errors of another shape, and errors that are not positive."""
        check_errors(name, shape, self.observed, self.sigma)

    def chi2(self, expected: Float[Array, "..."]) -> Scalar:
        """Return χ² of the total expected in each bin."""
        return self.pointwise(expected).sum()

    def pointwise(self, expected: Float[Array, "..."]) -> Float[Array, "..."]:
        """Return χ² of each number."""
        return ((expected - self.observed) / self.sigma) ** 2

    def log_saturated(self) -> Float[np.ndarray, "..."]:
        """Return -ln(√(2π) σ) of each number, ln of the highest density."""
        return -np.log(np.sqrt(2.0 * np.pi) * np.asarray(self.sigma))

    def derivatives(self, expected: Float[Array, "..."]) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
        """Return 2 (μ - x)/σ², and √2/σ."""
        root = namespace(expected).sqrt(2.0) / self.sigma
        return 2.0 * (expected - self.observed) / self.sigma**2, root + 0.0 * expected

    def possible(self, expected: Float[Array, "*point bin"]) -> Bool[Array, "*point"]:
        """Return that any numbers can come of any expected ones."""
        return namespace(expected).ones(expected.shape[:-1], bool)

    def ravelled(self) -> "GaussianNumbers":
        """Return the same with all bins on one axis."""
        xp = namespace(self.observed)
        return GaussianNumbers(xp.ravel(self.observed), xp.ravel(self.sigma))

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
