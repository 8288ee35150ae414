"""What a term of the likelihood is: observed numbers, and how far expected numbers are from them.

χ² = -2 ln L up to a constant that depends on the data alone (Baker and Cousins, Nucl. Instrum. Meth. 221, 437 (1984)),
so that it measures the goodness of fit and Δχ² = 1, 2.71, 4, 9 are 1σ, 90 %, 2σ and 3σ of a single parameter.

A new kind of term is a class in a file of its own. `BinTerm` is a sum over bins, each a function of the total that is
expected there, or of fixed combinations of these totals (`whitened`): with its derivatives, the fast programs for
strengths and toys serve it. `Term` alone is any function of the components; then χ² is differentiated as a whole.
"""

import abc
import dataclasses
from collections.abc import Sequence
from typing import ClassVar, TypeGuard, final

import equinox as eqx
import numpy as np

from ..._base.module import Module
from ..._base.numerics import namespace
from ..._base.typing import Array, Bool, Float, Scalar


class Term(Module):
    """The data of a measurement and their -2 ln L. All arrays have the shape of the data, with its named axes."""

    observed: eqx.AbstractVar[Float[Array, "..."]]
    """Observed numbers; of many toy experiments with a leading axis."""
    binned: eqx.AbstractClassVar[bool]
    """Whether it is a sum over bins of functions of the total expected there."""
    has_errors: eqx.AbstractClassVar[bool]
    """Whether errors are a part of the data, not the roots of counts."""
    one_sided: eqx.AbstractClassVar[bool]
    """Whether only what is above the observed numbers counts."""
    judges: ClassVar[bool] = True
    """Whether χ² at its minimum says how good the fit is."""

    @abc.abstractmethod
    def check(self, name: str, shape: tuple[int, ...]) -> None:
        """Raise InputError for impossible data, or of another `shape` than what the measurement `name` predicts."""

    @abc.abstractmethod
    def check_data(self, name: str) -> None:
        """Raise InputError if there are no data behind the measurement `name`: called before toys and forecasts."""

    @abc.abstractmethod
    def domain(self) -> tuple[tuple[float, float], ...]:
        """Return the ends between which each expected number must be; nothing where there are none."""

    @abc.abstractmethod
    def combined(self, components: Sequence[Float[Array, "..."]]) -> Float[Array, "..."]:
        """Return what `chi2` takes: the expected numbers of all components."""

    @abc.abstractmethod
    def chi2(self, expected: Float[Array, "..."]) -> Scalar:
        """Return χ² of what `combined` returns."""

    def pointwise(self, expected: Float[Array, "..."]) -> Float[Array, "..."]:
        """Return χ² of each bin, whose sum is `chi2`; of a term that is no sum over bins a single number, as here."""
        return namespace(expected).asarray(self.chi2(expected))

    def log_saturated(self) -> Float[np.ndarray, "..."]:
        """Return ln of the probability of the data where χ² is 0, of each number of `pointwise`; here 0.

        ln of the probability of each is this - `pointwise`/2.
        """
        return np.zeros(())

    def in_bins(self, expected: Float[Array, "*point row"]) -> Float[Array, "..."]:
        """Return the numbers in the bins of the measurement, of all those expected; of most terms these are the same.

        Of many points with leading axes.
        """
        return expected

    def shown(self) -> Float[np.ndarray, "..."]:
        """Return the observed numbers in the bins of the measurement, as figures and tables show them."""
        return np.asarray(self.observed)

    @abc.abstractmethod
    def draw(self, random: np.random.Generator, expected: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
        """Return numbers drawn about the total `expected`, of many experiments with leading axes; host only."""

    @abc.abstractmethod
    def errors(self) -> Float[np.ndarray, "..."]:
        """Return the errors of the observed numbers, as figures and tables show them."""

    @abc.abstractmethod
    def variance(self, expected: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
        """Return the variance of each number where the total `expected` is true."""

    @abc.abstractmethod
    def expecting(self, components: Sequence[Float[Array, "..."]]) -> "Term":
        """Return the same with the data that are expected, the sum of the components, without any fluctuation."""

    @abc.abstractmethod
    def numbers(self) -> tuple[Float[np.ndarray, "..."], ...]:
        """Return what distinguishes these data from others: the observed numbers, and more if needed."""


class BinTerm(Term):
    """A sum over bins of functions f(y) of the total expected in each, y = μ, or of `whitened` totals, y = W μ.

    Derivatives go back through W: ∂χ²/∂μ = Wᵀ f', and the second ones are Wᵀ diag(f'') W.
    """

    binned: ClassVar[bool] = True

    @abc.abstractmethod
    def derivatives(self, expected: Float[Array, "..."]) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
        """Return f'(y) of each bin, and the root of f''(y), which is squared with what moves the counts.

        Of what is expected `whitened`, where that is not the same.
        """

    def whitened(self, numbers: Float[Array, "..."]) -> Float[Array, "..."]:
        """Return the combinations W of `numbers` over which χ² is a sum; by default the numbers themselves.

        `numbers` may have leading axes.
        """
        return numbers

    def diagonal(self) -> "BinTerm":
        """Return the same χ² as a term of the `whitened` numbers, each a bin; by default itself."""
        return self

    @abc.abstractmethod
    def possible(self, expected: Float[Array, "*point bin"]) -> Bool[Array, "*point"]:
        """Return whether the data can come of these expected numbers."""

    @abc.abstractmethod
    def reshaped(self, shape: tuple[int, ...]) -> "BinTerm":
        """Return the same with its bins in an array of another shape."""

    @final
    def check_data(self, name: str) -> None:
        """Take any measurement: there are data."""

    @final
    def domain(self) -> tuple[tuple[float, float], ...]:
        """Return nothing: any numbers may be expected."""
        return ()

    def expecting(self, components: Sequence[Float[Array, "..."]]) -> "BinTerm":
        """Return the same with the sum of the components for data."""
        return dataclasses.replace(self, observed=np.asarray(sum(components)))

    @final
    def combined(self, components: Sequence[Float[Array, "..."]]) -> Float[Array, "..."]:
        """Return the sum of the components."""
        return sum(components[1:], start=components[0])


def is_binned(term: Term) -> TypeGuard[BinTerm]:
    """Return whether a term is a sum over bins, as `Term.binned` says, in a form that type checkers understand."""
    return term.binned
