"""Densities of draws: of each parameter, and of each two of them."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from .._base.typing import Float
from .contours import Region, draw_contour_on
from .profiles import number_text
from .style import (
    CURVE_COLOUR,
    LEVEL_COLOURS,
    RC,
    describe,
    level_colours,
    new_figure,
    next_colour,
    reach,
    tidy,
)

SIZE = 2.1
"""Size [inch] of a panel."""
MASS = (0.6827, 0.90)
"""Probability within each contour."""
WIDTH = 1.5
"""Width of the kernel that smooths the density of two parameters [bins]."""


def draw_corner(
    draws: Float[np.ndarray, "draw parameter"],
    labels: Sequence[str],
    bounds: Sequence[tuple[float, float]],
    masses: Sequence[float] = MASS,
) -> Figure:
    """Return the corner plot of `draws`, with contours that hold `masses` of them and the median of each.

    Densities of a single parameter are histograms. Those of two are smoothed by a local linear fit, which follows a
    density up to a hard bound, where an average over the bins beside it would fall.
    """
    count = draws.shape[1]
    edges = [_edges(column, low, high) for column, (low, high) in zip(draws.T, bounds, strict=True)]
    with matplotlib.rc_context(RC):
        figure = new_figure(max(3.6, SIZE * count + 0.8), max(3.4, SIZE * count + 0.6))
        grid = figure.subplots(count, count, squeeze=False, sharex="col")
        for row in range(count):
            for place in range(count):
                axes = grid[row, place]
                if place > row:
                    axes.set_axis_off()
                    continue
                if place == row:
                    _draw_one(axes, draws[:, row], edges[row], labels[row])
                else:
                    _draw_two(axes, draws[:, place], draws[:, row], edges[place], edges[row], masses)
                    axes.yaxis.set_major_locator(MaxNLocator(4))
                axes.xaxis.set_major_locator(MaxNLocator(4))
                axes.tick_params(labelrotation=45, labelleft=place == 0 and row > 0, labelbottom=row == count - 1)
                if row == count - 1:
                    axes.set_xlabel(labels[place])
                if place == 0 and row > 0:
                    axes.set_ylabel(labels[row])
                tidy(axes)
        figure.align_labels()
    return figure


def _edges(draws: Float[np.ndarray, " draw"], low: float, high: float) -> Float[np.ndarray, " edge"]:
    """Return the bin edges: all but a thousandth of the draws with a margin, no further than the bounds."""
    first, last = np.quantile(draws, [0.0005, 0.9995])
    margin = 0.03 * (last - first) + 1e-12 * max(1.0, abs(first), abs(last))
    return np.linspace(max(first - margin, low), min(last + margin, high), (40 if len(draws) > 5000 else 20) + 1)


def _draw_one(axes: Axes, draws: Float[np.ndarray, " draw"], edges: Float[np.ndarray, " edge"], label: str) -> None:
    """Draw the histogram of a parameter with its median and 68.27 % range."""
    density = np.histogram(draws, edges)[0] / (len(draws) * np.diff(edges))
    axes.stairs(density, edges, color=CURVE_COLOUR, lw=1.2)
    low, middle, high = np.quantile(draws, [0.15865, 0.5, 0.84135])
    for value in (low, middle, high):
        axes.axvline(value, color=CURVE_COLOUR, lw=0.8, ls=(0, (4, 3)))
    axes.set(xlim=(edges[0], edges[-1]), ylim=(0.0, 1.08 * density.max()))
    axes.set_yticks([])
    axes.set_title(f"{label.split(' [')[0]}\n{number_text(middle, high - middle, middle - low)}", fontsize=9)


def _local_linear(bins: int) -> Float[np.ndarray, "bin bin"]:
    """Return the matrix that smooths the heights of bins by local linear fits with a Gaussian kernel.

    M.-Y. Cheng, J. Fan, J. S. Marron, Ann. Stat. 25, 1691 (1997): the error of a density at the end of its range is as
    small as inside, of the second order in the width.
    """
    distance = np.arange(bins) - np.arange(bins)[:, None]
    kernel = np.exp(-0.5 * (distance / WIDTH) ** 2)
    first, second = (kernel * distance).sum(axis=1), (kernel * distance**2).sum(axis=1)
    weights = kernel * (second[:, None] - first[:, None] * distance)
    return weights / weights.sum(axis=1, keepdims=True)


def _draw_two(
    axes: Axes,
    x: Float[np.ndarray, " draw"],
    y: Float[np.ndarray, " draw"],
    x_edges: Float[np.ndarray, " edge"],
    y_edges: Float[np.ndarray, " edge"],
    masses: Sequence[float],
) -> None:
    """Draw the contours of two parameters: the smallest regions with the probabilities `masses`, increasing."""
    centres, surface, levels = _surface(x, y, x_edges, y_edges, masses)
    shades = LEVEL_COLOURS[1:3] if len(masses) == 2 else level_colours(len(masses))
    axes.contourf(*centres, surface, levels=[*levels[::-1], np.inf], colors=shades[::-1])
    axes.contour(*centres, surface, levels=levels[::-1], colors=CURVE_COLOUR, linewidths=0.8)
    axes.set(xlim=(x_edges[0], x_edges[-1]), ylim=(y_edges[0], y_edges[-1]))


def _surface(
    x: Float[np.ndarray, " draw"],
    y: Float[np.ndarray, " draw"],
    x_edges: Float[np.ndarray, " edge"],
    y_edges: Float[np.ndarray, " edge"],
    masses: Sequence[float],
) -> tuple[list[Float[np.ndarray, " point"]], Float[np.ndarray, "y x"], list[float]]:
    """Return points of x and y, the density at them, and its heights at the edges of the regions of `masses`."""
    heights = np.histogram2d(x, y, (x_edges, y_edges))[0]
    density = _local_linear(len(x_edges) - 1) @ heights @ _local_linear(len(y_edges) - 1).T
    ordered = np.sort(density.ravel())[::-1]
    held = np.cumsum(ordered) / ordered.sum()
    levels = [float(ordered[np.searchsorted(held, mass)]) for mass in masses]
    centres = [_to_the_ends(edges) for edges in (x_edges, y_edges)]
    return centres, _extended(_extended(density).T), levels


def draw_density_on(
    axes: Axes,
    draws: Float[np.ndarray, " draw"],
    label: str,
    bounds: tuple[float, float],
    entry: str | None = None,
    colour: Any = None,
) -> None:
    """Draw the density of a parameter on a user's `axes`, with the bins of the corner plot."""
    edges = _edges(draws, *bounds)
    density = np.histogram(draws, edges)[0] / (len(draws) * np.diff(edges))
    axes.stairs(density, edges, color=next_colour(axes, colour), lw=1.4, label=entry)
    reach(axes, edges[:1], edges[-1:])
    describe(axes, label, "density", legend=entry is not None)


def draw_densities_on(
    axes: Axes,
    draws: Float[np.ndarray, "draw two"],
    labels: Sequence[str],
    bounds: Sequence[tuple[float, float]],
    masses: Mapping[str, float],
    entry: str | None = None,
    colour: Any = None,
) -> None:
    """Draw the smallest regions of two parameters that hold `masses`, increasing, on a user's `axes`."""
    x_edges, y_edges = (_edges(column, *ends) for column, ends in zip(draws.T, bounds, strict=True))
    (x, y), surface, levels = _surface(draws[:, 0], draws[:, 1], x_edges, y_edges, list(masses.values()))
    regions = []
    for name, level in zip(masses, levels, strict=True):
        lines = Figure().add_subplot().contour(x, y, surface, levels=[level]).allsegs[0]
        regions.append(Region(name, (x, y), 1.0 - surface.T / level, tuple(lines)))
    draw_contour_on(axes, regions, None, labels, entry=entry, colour=colour)


def _to_the_ends(edges: Float[np.ndarray, " edge"]) -> Float[np.ndarray, " point"]:
    """Return the centres of the bins and both ends of the range."""
    return np.concatenate([edges[:1], 0.5 * (edges[1:] + edges[:-1]), edges[-1:]])


def _extended(density: Float[np.ndarray, "bin other"]) -> Float[np.ndarray, "point other"]:
    """Return the density at the ends of its first axis too, continued on a straight line."""
    first, last = 1.5 * density[0] - 0.5 * density[1], 1.5 * density[-1] - 0.5 * density[-2]
    return np.concatenate([first[None], density, last[None]])
