"""Numbers with Gaussian errors."""

from typing import ClassVar

import numpy as np

from ..._base.numerics import namespace
from ..._base.typing import Array, Float
from .with_errors import NumbersWithErrors


class GaussianNumbers(NumbersWithErrors):
    """Numbers x with errors σ about expected numbers μ: χ² = Σ [(μ - x)/σ]².

    >>> import numpy as np
    >>> float(GaussianNumbers(np.array([3.0]), np.array([0.5])).chi2(np.array([4.0])))
    4.0
    """

    observed: Float[Array, "..."]
    sigma: Float[Array, "..."]
    has_errors: ClassVar[bool] = True
    one_sided: ClassVar[bool] = False

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
