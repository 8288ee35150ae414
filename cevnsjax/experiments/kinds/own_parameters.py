"""Kinds of parameters that an experiment of templates declares: free ones, nuisances, a factor of each bin."""

import dataclasses

import numpy as np

from ...parameters.parameter import Gaussian, Parameter
from .kind import Place, kind, number, numbers, text
from .setting import Bins

REACH = {"low": 0.0, "high": 10.0}
"""Bounds of a factor, those of strengths."""


def _parameter(place: Place, name: str, value: float, bounds: tuple[float, float], what: str) -> Parameter:
    """Return a parameter without a prior; raise DataError for a value that is not within its bounds."""
    low, high = bounds
    if not low <= value <= high or low == high:
        raise place.fail("value", "low <= value <= high", f"{low:g}, {value:g}, {high:g}")
    return Parameter(name, "1", value, bounds, rf"\mathrm{{{name.replace('_', ' ')}}}", what or name, own=True)


@kind("parameter", "free", 'value = { value = 1, unit = "1" }\nhigh = { value = 5, unit = "1" }')
class Free:
    """A parameter that keeps its value unless a fit names it: `--free NAME`."""

    value: float = number("1", "its value where it is not fitted", 1.0, negative=True)
    low: float = number("1", "lower bound", REACH["low"], negative=True)
    high: float = number("1", "upper bound", REACH["high"], negative=True)
    text: str = text("what it is, in words", "")

    def build(self, place: Place, name: str, setting: Bins) -> tuple[Parameter, ...]:
        """Return the parameter."""
        return (_parameter(place, name, self.value, (self.low, self.high), self.text),)


@kind("parameter", "nuisance", 'value = { value = 1, unit = "1" }\nwidth = { value = 0.017, unit = "1" }')
class Nuisance:
    """A parameter that every fit varies, with a Gaussian prior about its value if it has a width."""

    value: float = number("1", "centre of the prior, or start", 1.0, negative=True)
    width: float | None = number("1", "width of the prior", None)
    low: float = number("1", "lower bound", REACH["low"], negative=True)
    high: float = number("1", "upper bound", REACH["high"], negative=True)
    text: str = text("what it is, in words", "")

    def build(self, place: Place, name: str, setting: Bins) -> tuple[Parameter, ...]:
        """Return the parameter."""
        made = _parameter(place, name, self.value, (self.low, self.high), self.text)
        prior = None if self.width is None else Gaussian(self.value, self.width)
        return (dataclasses.replace(made, constraint=prior, nuisance=prior is None),)


@kind("parameter", "bins", 'width = { table = "signal_region.csv", column = "statistical" }')
class OfBins:
    """Factors of the bins, NAME_1, NAME_2, …, which every fit varies; with widths they have Gaussian priors about 1."""

    width: np.ndarray | None = numbers("1", "width of the prior in each bin; 0: the bin stays 1", None, negative=False)
    moves: np.ndarray | None = numbers("1", "without widths, 1 for each bin that moves, 0 for each that stays 1", None)
    low: float = number("1", "lower bound", REACH["low"], zero=True)
    high: float = number("1", "upper bound", REACH["high"])
    text: str = text("what it is, in words", "")

    def build(self, place: Place, name: str, setting: Bins) -> tuple[Parameter | None, ...]:
        """Return the parameter of each bin, None of those that stay 1."""
        bins, given = int(np.prod(setting.shape)), self.moves if self.width is None else self.width
        if self.width is not None and self.moves is not None:
            raise place.fail("moves", "width or moves", "both")
        given = np.ones(bins) if given is None else given.ravel()
        if given.size != bins:
            raise place.fail("moves" if self.width is None else "width", f"{bins} numbers", given.size)
        priors = (
            [Gaussian(1.0, width) if width else None for width in given] if self.width is not None else [None] * bins
        )
        return tuple(
            None if not moves else self._of_bin(place, f"{name}_{k}", prior)
            for k, (moves, prior) in enumerate(zip(given, priors, strict=True), 1)
        )

    def _of_bin(self, place: Place, name: str, prior: Gaussian | None) -> Parameter:
        made = _parameter(place, name, 1.0, (self.low, self.high), self.text)
        return dataclasses.replace(made, constraint=prior, nuisance=prior is None)
