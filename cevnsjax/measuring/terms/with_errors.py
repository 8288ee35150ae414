"""Numbers with errors: what a Gaussian and an upper limit have in common."""

import dataclasses

import equinox as eqx
import numpy as np

from ..._base.errors import InputError
from ..._base.numerics import namespace
from ..._base.typing import Array, Bool, Float, Scalar
from .term import BinTerm


class NumbersWithErrors(BinTerm):
    """Numbers x with errors σ, about which they are drawn; a term of them says what χ² is."""

    observed: eqx.AbstractVar[Float[Array, "..."]]
    sigma: eqx.AbstractVar[Float[Array, "..."]]
    """Errors, in the unit of the numbers."""

    def check(self, name: str, shape: tuple[int, ...]) -> None:
        """Raise InputError for numbers or errors of another shape, and for errors that are not positive."""
        if self.observed.shape != shape:
            raise InputError(f"{name}: expected observed numbers of shape {shape}, found {self.observed.shape}")
        if not (self.sigma.shape == shape and np.all(self.sigma > 0)):
            raise InputError(f"{name}: expected positive errors of shape {shape}, found {self.sigma}")

    def chi2(self, expected: Float[Array, "..."]) -> Scalar:
        """Return χ² of the total expected in each bin."""
        return self.pointwise(expected).sum()

    def possible(self, expected: Float[Array, "*point bin"]) -> Bool[Array, "*point"]:
        """Return that any numbers can come of any expected numbers."""
        return namespace(expected).ones(expected.shape[:-1], bool)

    def reshaped(self, shape: tuple[int, ...]) -> "NumbersWithErrors":
        """Return the same with its numbers in an array of another shape."""
        return dataclasses.replace(self, observed=self.observed.reshape(shape), sigma=self.sigma.reshape(shape))

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
        return (np.asarray(self.observed),)
