"""Counted events: Poisson distributed about what is expected."""

from typing import ClassVar

import numpy as np
from scipy.special import gammaln, xlogy

from ..._base.errors import InputError
from ..._base.numerics import logarithm, namespace
from ..._base.typing import Array, Bool, Float, Scalar
from .term import BinTerm

LEAST_COUNTS = 1e-20
"""Counts in a bin that are as good as none: χ² of them is below the rounding of a single event."""
ROUNDING = 1e-9
"""Expected counts that may be a rounding below zero: of an interpolated response, and of thousands of events."""


def poisson_deviance(observed: Float[Array, "..."], expected: Float[Array, "..."]) -> Float[Array, "..."]:
    """Return μ - n + n ln(n/μ) of each bin, half its χ²; see `poisson_chi2`."""
    xp = namespace(observed, expected)
    seen = observed > LEAST_COUNTS
    ratio = xp.where(seen, expected, 1.0) / xp.where(seen, observed, 1.0)  # 1, and no logarithm, where none is seen
    return expected - observed - observed * logarithm(ratio)


def poisson_chi2(observed: Float[Array, "..."], expected: Float[Array, "..."]) -> Scalar:
    """Return 2 Σ [μ - n + n ln(n/μ)], the term n ln(n/μ) being 0 where n = 0 (arXiv:2303.09360 Eq. 10).

    Counts below `LEAST_COUNTS`, which only expected data have, are none: what they add is less than rounding, and the
    response that moves with a fit is interpolated, so that such bins may be a rounding below zero.
    Infinite where counts were observed and none is expected; not a number where fewer than none are expected.
    """
    return 2.0 * poisson_deviance(observed, expected).sum()


def curvature_of_counts(
    observed: Float[Array, "..."], expected: Float[Array, "..."]
) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
    """Return n/μ, and √(2n)/μ, the root of the second derivative of χ², whose square overflows where μ is tiny."""
    xp = namespace(expected)
    seen = observed > LEAST_COUNTS
    ratio = xp.where(seen, observed, 0.0) / xp.where(seen, expected, 1.0)
    return ratio, ratio * xp.sqrt(2.0 / xp.where(seen, observed, 1.0))


def possible_counts(observed: Float[Array, " bin"], expected: Float[Array, "*point bin"]) -> Bool[Array, "*point"]:
    """Return whether there is something expected wherever there are counts."""
    return namespace(expected, observed).all((expected > 0) | (observed <= LEAST_COUNTS), axis=-1)


def log_saturated_counts(observed: Float[Array, "..."]) -> Float[np.ndarray, "..."]:
    """Return ln of the Poisson probability of n where n is expected: n ln n - n - ln Γ(n + 1)."""
    counts = np.asarray(observed, float)
    return xlogy(counts, counts) - counts - gammaln(counts + 1.0)


def draw_counts(random: np.random.Generator, expected: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    """Return Poisson counts about `expected`, none where that is a rounding of zero."""
    return random.poisson(np.where(np.abs(expected) < ROUNDING, np.maximum(expected, 0.0), expected)).astype(float)


def check_counts(name: str, shape: tuple[int, ...], observed: Float[Array, "..."]) -> None:
    """Raise InputError for counts of another shape, or negative counts."""
    if observed.shape != shape:
        raise InputError(f"{name}: expected observed counts of shape {shape}, found {observed.shape}")
    if not np.all(observed >= 0):
        raise InputError(f"{name}: expected non-negative observed counts, found {observed.min()}")


class PoissonCounts(BinTerm):
    """Counts n about expected counts μ: χ² = 2 Σ [μ - n + n ln(n/μ)].

    >>> import numpy as np
    >>> float(PoissonCounts(np.array([3.0])).chi2(np.array([3.0])))
    0.0
    """

    observed: Float[Array, "..."]
    """Counts."""
    has_errors: ClassVar[bool] = False
    one_sided: ClassVar[bool] = False

    def check(self, name: str, shape: tuple[int, ...]) -> None:
        """Raise InputError for counts of another shape, or negative counts."""
        check_counts(name, shape, self.observed)

    def chi2(self, expected: Float[Array, "..."]) -> Scalar:
        """Return χ² of the total expected in each bin."""
        return poisson_chi2(self.observed, expected)

    def pointwise(self, expected: Float[Array, "..."]) -> Float[Array, "..."]:
        """Return χ² of each bin."""
        return 2.0 * poisson_deviance(self.observed, expected)

    def log_saturated(self) -> Float[np.ndarray, "..."]:
        """Return ln of the highest Poisson probability of each count."""
        return log_saturated_counts(self.observed)

    def derivatives(self, expected: Float[Array, "..."]) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
        """Return 2 (1 - n/μ), and √(2n)/μ."""
        ratio, root = curvature_of_counts(self.observed, expected)
        return 2.0 - 2.0 * ratio, root

    def possible(self, expected: Float[Array, "*point bin"]) -> Bool[Array, "*point"]:
        """Return whether there is something expected wherever there are counts."""
        return possible_counts(self.observed, expected)

    def reshaped(self, shape: tuple[int, ...]) -> "PoissonCounts":
        """Return the same with its bins in an array of another shape."""
        return PoissonCounts(self.observed.reshape(shape))

    def draw(self, random: np.random.Generator, expected: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
        """Return counts drawn about `expected`."""
        return draw_counts(random, expected)

    def errors(self) -> Float[np.ndarray, "..."]:
        """Return the roots of the counts."""
        return np.sqrt(self.observed)

    def variance(self, expected: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
        """Return the expected counts."""
        return expected

    def numbers(self) -> tuple[Float[np.ndarray, "..."], ...]:
        """Return the counts."""
        return (np.asarray(self.observed),)
