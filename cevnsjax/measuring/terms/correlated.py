"""Numbers with correlated Gaussian errors: a covariance matrix of the statistics, and of what moves several at once."""

import dataclasses
from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from ..._base.errors import InputError
from ..._base.numerics import namespace
from ..._base.typing import Array, Bool, Float, Scalar
from .gaussian import GaussianNumbers
from .term import BinTerm

ROUNDING = 1e-10
"""Asymmetry of a covariance, and how far below zero an eigenvalue may be, relative to the largest number in it."""


class CorrelatedNumbers(BinTerm):
    """Numbers x of covariance C about expected numbers μ: χ² = (μ - x)ᵀ C⁻¹ (μ - x); see `correlated_numbers`.

    With C = L Lᵀ it is the sum of the squares of L⁻¹ (μ - x).
    """

    observed: Float[Array, "..."]
    root: Float[Array, "number number"]
    """L, lower triangular, over the numbers in a single row."""
    whitening: Float[Array, "number number"]
    """L⁻¹."""
    has_errors: ClassVar[bool] = True
    one_sided: ClassVar[bool] = False

    def check(self, name: str, shape: tuple[int, ...]) -> None:
        """Raise InputError for numbers of another shape."""
        if self.observed.shape != shape:
            raise InputError(f"{name}: expected observed numbers of shape {shape}, found {self.observed.shape}")

    def whitened(self, numbers: Float[Array, "..."]) -> Float[Array, "..."]:
        """Return L⁻¹ times the numbers."""
        return self._times(self.whitening, numbers)

    def _times(self, matrix: Float[Array, "number number"], numbers: Float[Array, "..."]) -> Float[Array, "..."]:
        """Return a matrix times the numbers, which may have axes before those of the data."""
        first = numbers.ndim - self.observed.ndim
        flat = numbers.reshape(*numbers.shape[:first], -1)
        return (flat @ namespace(numbers, matrix).asarray(matrix).T).reshape(numbers.shape)

    def diagonal(self) -> GaussianNumbers:
        """Return numbers with errors of 1."""
        xp = namespace(self.observed)
        return GaussianNumbers(self.whitened(self.observed), xp.ones(self.observed.shape))

    def chi2(self, expected: Float[Array, "..."]) -> Scalar:
        """Return χ² of the total expected for each number."""
        return (self.whitened(expected - self.observed) ** 2).sum()

    def log_saturated(self) -> Float[np.ndarray, ""]:
        """Return -ln det(2π C)/2, ln of the highest density of all numbers together."""
        return np.asarray(-np.log(np.sqrt(2.0 * np.pi) * np.diag(np.asarray(self.root))).sum())

    def derivatives(self, expected: Float[Array, "..."]) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
        """Return 2 (y - L⁻¹ x), and √2, of whitened numbers y."""
        return self.diagonal().derivatives(expected)

    def possible(self, expected: Float[Array, "*point bin"]) -> Bool[Array, "*point"]:
        """Return that any numbers can come of any expected numbers."""
        return namespace(expected).ones(expected.shape[:-1], bool)

    def reshaped(self, shape: tuple[int, ...]) -> "CorrelatedNumbers":
        """Return the same with its numbers in an array of another shape."""
        return dataclasses.replace(self, observed=self.observed.reshape(shape))

    def draw(self, random: np.random.Generator, expected: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
        """Return numbers drawn about `expected` with the covariance."""
        return expected + self._times(self.root, random.standard_normal(np.shape(expected)))

    def covariance(self) -> Float[np.ndarray, "number number"]:
        """Return the covariance, over the numbers in a single row."""
        root = np.asarray(self.root)
        return root @ root.T

    def errors(self) -> Float[np.ndarray, "..."]:
        """Return the roots of the diagonal of the covariance."""
        return np.sqrt(np.diag(self.covariance())).reshape(self.observed.shape)

    def variance(self, expected: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
        """Return the diagonal of the covariance."""
        return self.errors() ** 2

    def numbers(self) -> tuple[Float[np.ndarray, "..."], ...]:
        """Return the numbers and the root of their covariance."""
        return np.asarray(self.observed), np.asarray(self.root)


def correlated_numbers(
    name: str,
    observed: np.ndarray | Sequence[float],
    covariance: np.ndarray,
    *systematics: np.ndarray,
) -> CorrelatedNumbers:
    """Return the term of `observed` numbers whose errors are correlated.

    Args:
        name: of the measurement, for messages.
        observed: the numbers, or counts, with an axis for each of the measurement.
        covariance: in the unit of the numbers squared, over the numbers in a single row, the last axis fastest.
        systematics: covariances that are added to it. Each may be of low rank, such as the outer product of the shift
            of all numbers at 1σ of one cause.

    Raises:
        InputError: if a covariance has another shape, is not finite, not symmetric or has a negative eigenvalue, or
            if their sum is not positive definite.

    >>> term = correlated_numbers("two numbers", [3.0, 5.0], np.diag([0.25, 1.0]), np.outer([0.3, 0.5], [0.3, 0.5]))
    >>> term.covariance().round(12).tolist()
    [[0.34, 0.15], [0.15, 1.25]]

    """
    numbers = np.asarray(observed, float)
    if not np.all(np.isfinite(numbers)):
        raise InputError(f"{name}: expected finite observed numbers, found {numbers.tolist()}")
    total = np.zeros((numbers.size, numbers.size))
    for matrix in (covariance, *systematics):
        total = total + _checked(name, np.asarray(matrix, float), numbers.size)
    try:
        root = np.linalg.cholesky(total)
    except np.linalg.LinAlgError:
        lowest = float(np.linalg.eigvalsh(total)[0])
        raise InputError(f"{name}: expected a positive definite covariance, found an eigenvalue {lowest:.3g}") from None
    return CorrelatedNumbers(numbers, root, np.linalg.inv(root))


def _checked(name: str, matrix: np.ndarray, size: int) -> Float[np.ndarray, "number number"]:
    """Return a covariance, exactly symmetric; raise InputError if it is none of `size` numbers."""
    if matrix.shape != (size, size):
        raise InputError(f"{name}: expected a covariance of shape {(size, size)}, found {matrix.shape}")
    if not np.all(np.isfinite(matrix)):
        raise InputError(f"{name}: expected a finite covariance, found other numbers in it")
    largest = np.abs(matrix).max(initial=0.0)
    if (asymmetry := np.abs(matrix - matrix.T).max(initial=0.0)) > ROUNDING * largest:
        raise InputError(f"{name}: expected a symmetric covariance, found entries that differ by {asymmetry:.3g}")
    symmetric = 0.5 * (matrix + matrix.T)
    if (lowest := float(np.linalg.eigvalsh(symmetric).min(initial=0.0))) < -ROUNDING * size * largest:
        raise InputError(f"{name}: expected a covariance without negative eigenvalues, found {lowest:.3g}")
    return symmetric
