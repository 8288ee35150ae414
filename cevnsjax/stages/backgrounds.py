"""Backgrounds: a fixed shape in energy times a stage in time."""

import equinox as eqx
import numpy as np

from .._base.numerics import namespace
from .._base.typing import Array, Float, Params
from .stage import Stage


class Background(Stage):
    """Stage: expected counts of a background in each bin before its strength: energy shape × time shape."""

    energy: Float[Array, " bin"]
    """Fraction of the time shape's counts in each energy bin."""
    time: Stage
    """Counts in each time bin, an array (1, time)."""

    def own_parameters(self) -> frozenset[str]:
        return frozenset()

    def __call__(self, params: Params) -> Float[Array, "bin time"]:
        return self.energy[:, None] * self.time(params)


class BinLevels(Stage):
    """Stage: expected counts of a background whose level in each energy bin is a parameter."""

    counts: Float[Array, "bin *other"]
    """Counts where all levels are 1."""
    levels: tuple[str, ...] = eqx.field(static=True)
    """Parameter of each energy bin."""

    def own_parameters(self) -> frozenset[str]:
        return frozenset(self.levels)

    def __call__(self, params: Params) -> Float[Array, "bin *other"]:
        levels = [params[name] for name in self.levels]
        column = namespace(self.counts, *levels).stack(levels)
        return column.reshape(-1, *[1] * (self.counts.ndim - 1)) * self.counts


def exponential_shape(edges: Float[np.ndarray, " edge"], rate: float) -> Float[np.ndarray, " time"]:
    """Return the fraction of a background falling as exp(-rate t) in each bin between the time `edges`."""
    cumulative = -np.expm1(-rate * (edges - edges[0])) / -np.expm1(-rate * (edges[-1] - edges[0]))
    return np.diff(cumulative)


def exponential_density(
    time: Float[np.ndarray, " event"], edges: Float[np.ndarray, " edge"], rate: float
) -> Float[np.ndarray, " event"]:
    """Return the density at `time` of a background falling as exp(-rate t), 1 between the first and the last edge."""
    return rate * np.exp(-rate * (time - edges[0])) / -np.expm1(-rate * (edges[-1] - edges[0]))


def histogram_density(
    low: Float[np.ndarray, " fine"],
    high: Float[np.ndarray, " fine"],
    content: Float[np.ndarray, " fine"],
    x: Float[np.ndarray, " event"],
) -> Float[np.ndarray, " event"]:
    """Return the density at `x` of a histogram, normalised to 1: that of the bin it is in, 0 outside."""
    edges = np.append(low, high[-1])
    place = np.clip(np.searchsorted(edges, x, side="right") - 1, 0, len(content) - 1)
    inside = (x >= edges[0]) & (x <= edges[-1])
    return np.where(inside, content[place] / (edges[place + 1] - edges[place]), 0.0) / np.sum(content)


def histogram_shape(
    low: Float[np.ndarray, " fine"],
    high: Float[np.ndarray, " fine"],
    content: Float[np.ndarray, " fine"],
    edges: Float[np.ndarray, " edge"],
) -> Float[np.ndarray, " bin"]:
    """Return the fraction of a finely binned histogram in each bin between `edges`, linear inside fine bins."""
    cumulative = np.concatenate([[0.0], np.cumsum(content)])
    return np.diff(np.interp(edges, np.append(low, high[-1]), cumulative)) / cumulative[-1]
