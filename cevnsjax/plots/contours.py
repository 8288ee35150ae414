"""Where Δχ² of two parameters lies below confidence levels, on any axes or with the Δχ² curve of each at the side."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from .profiles import DELTA_CHI2, ONE, Curve, draw_levels, top_of
from .style import (
    CURVE_COLOUR,
    LEVEL_STYLE,
    NARROW,
    RC,
    dashes_of,
    describe,
    level_colours,
    new_figure,
    next_colour,
    reach,
    tidy,
)

if TYPE_CHECKING:
    from matplotlib.typing import RcKeyType

ALLOWED, EXCLUDED = "allowed", "excluded"
"""What may be shaded of a plane: where Δχ² is below a level, or above it."""
SHADE = 0.2
"""Opacity of a region over others: of two, nested, it is 0.36 inside."""


@dataclasses.dataclass(frozen=True)
class Region:
    """Where Δχ² of two parameters is below a confidence level."""

    name: str
    """The level, as the legend has it."""
    axes: tuple[np.ndarray, np.ndarray]
    height: np.ndarray
    """A function of Δχ² on the grid `axes`, an array (first, second): negative below the level, NaN where forbidden."""
    lines: tuple[np.ndarray, ...]
    """The contours, arrays (point, 2)."""


def fill(axes: Axes, region: Region, colour: Any, alpha: float = 1.0, above: bool = False) -> None:
    """Fill what lies below the level of a region, or above it: by Δχ² at each point, nothing where it is not known."""
    height = np.ma.masked_invalid(region.height).T
    if height.count() and (height.max() > 0.0 if above else height.min() <= 0.0):
        levels = [0.0, height.max() + 1.0] if above else [height.min() - 1.0, 0.0]
        axes.contourf(*region.axes, height, levels=levels, colors=[colour], alpha=alpha)


def draw_nested(
    axes: Axes, regions: Sequence[Region], colours: Sequence[Any], line: Any, alpha: float = 1.0, width: float = 0.8
) -> None:
    """Draw regions over each other, the widest first, each with its colour; `regions` begin with the narrowest."""
    for region, colour in reversed(list(zip(regions, colours, strict=True))):
        fill(axes, region, colour, alpha)
    for region in regions:
        for points in region.lines:
            axes.plot(points[:, 0], points[:, 1], color=line, lw=width)


def draw_overlaid(
    axes: Axes, regions: Sequence[Region], colour: Any, entry: str | None = None, dashes: Any = "-"
) -> None:
    """Draw the regions of a result over those of others: a single level as a line, several filled, darker inside.

    With an `entry`, or several levels, the legend has an entry for each level.
    """
    if len(regions) == 1:
        draw_lines(axes, regions[0].lines, colour, entry, dashes)
        return
    for region in reversed(regions):
        fill(axes, region, colour, SHADE)
    for number, region in enumerate(regions):
        for points in region.lines:
            axes.plot(points[:, 0], points[:, 1], color=colour, lw=1.1, ls=dashes)
        inside = to_rgba(colour, 1.0 - (1.0 - SHADE) ** (len(regions) - number))
        name = region.name if entry is None else f"{entry}, {region.name}"
        axes.plot([], [], marker="s", ms=9, ls="", color=colour, markerfacecolor=inside, label=name)


def draw_lines(axes: Axes, lines: Sequence[np.ndarray], colour: Any, entry: str | None, dashes: Any = "-") -> None:
    """Draw lines, arrays (point, 2), with a single entry of the legend, which is there without any line too."""
    for points in lines:
        axes.plot(points[:, 0], points[:, 1], color=colour, ls=dashes)
    if entry is not None:
        axes.plot([], [], color=colour, ls=dashes, label=entry)


def draw_shade(axes: Axes, region: Region, shade: str, colour: Any, alpha: float = SHADE) -> None:
    """Shade what a region excludes, or what it allows, by its Δχ²."""
    fill(axes, region, colour, alpha, above=shade == EXCLUDED)


def shade_text(region: Region, shade: str) -> str:
    """Return what a shaded part of a plane is, as the legend has it: "excluded at 90 %"."""
    return f"{shade} at {region.name}"


def draw_contour_on(
    axes: Axes,
    regions: Sequence[Region],
    best: Sequence[float] | None,
    labels: Sequence[str],
    log: Sequence[bool] = (False, False),
    entry: str | None = None,
    colour: Any = None,
    shade: str | None = None,
) -> None:
    """Draw regions of two parameters on a user's `axes`, with a cross at the best fit.

    A single region may have what it allows or excludes shaded (`shade`), which the legend says.
    """
    describe(axes, labels[0], labels[1], log)
    chosen = next_colour(axes, colour)
    named = entry
    if shade is not None:
        draw_shade(axes, regions[0], shade, chosen)
        named = ": ".join(filter(None, (entry, shade_text(regions[0], shade))))
    draw_overlaid(axes, regions, chosen, named, dashes_of(chosen) if colour is None else "-")
    if best is not None:
        axes.plot(*best, marker="+", ms=9, mew=1.4, ls="", color=chosen)
    x, y = regions[0].axes
    reach(axes, (x[0], y[0]), (x[-1], y[-1]))
    describe(axes, labels[0], labels[1], (), named is not None or len(regions) > 1)


def draw_contour(
    regions: Sequence[Region],
    first: Curve,
    second: Curve,
    heights: Mapping[str, float] = ONE,
    title: str = "allowed\ntwo parameters",
    colour: Any = None,
    settings: "dict[RcKeyType, Any]" = RC,
) -> Figure:
    """Return the figure of the regions of two parameters, with the curve of each.

    The `heights` are Δχ² of a single parameter, lines in the curves at the side. The `title` is that of the legend,
    the `settings` are those of matplotlib.
    """
    line, top_end = CURVE_COLOUR if colour is None else colour, top_of(heights)
    shades = level_colours(len(regions), colour)
    with matplotlib.rc_context(settings):
        figure = new_figure(*settings.get("figure.figsize", (6.6, 6.2)))
        grid = figure.add_gridspec(2, 2, width_ratios=[3.2, 1.0], height_ratios=[1.0, 3.2])
        main = figure.add_subplot(grid[1, 0])
        top = figure.add_subplot(grid[0, 0], sharex=main)
        side = figure.add_subplot(grid[1, 1], sharey=main)
        draw_nested(main, regions, shades, line)
        main.plot(first.best, second.best, marker="+", ms=10, mew=1.6, color="black")
        main.set(xlabel=first.label, ylabel=second.label)
        top.plot(first.points, first.delta_chi2, color=line, lw=1.6)
        side.plot(second.delta_chi2, second.points, color=line, lw=1.6)
        draw_levels(top, heights, named=not _narrow(figure))
        for height in heights.values():
            side.axvline(height, **LEVEL_STYLE)
        top.set(ylabel=DELTA_CHI2, ylim=(0.0, top_end))
        side.set(xlabel=DELTA_CHI2, xlim=(0.0, top_end))
        top.tick_params(labelbottom=False)
        side.tick_params(labelleft=False)
        _legend_of_levels(figure, regions, shades, title)
        for panel in (main, top, side):
            tidy(panel)
    return figure


def _legend_of_levels(figure: Figure, regions: Sequence[Region], shades: Sequence[str], title: str) -> None:
    """Give a figure of nested regions the legend of their levels: in its free corner, or above it if it is narrow."""
    patches = [
        Line2D([], [], marker="s", ls="", ms=9, color=shade, label=region.name)
        for region, shade in zip(regions, shades, strict=True)
    ]
    if _narrow(figure):
        figure.legend(handles=patches, loc="outside upper center", title=title, ncols=len(patches), columnspacing=1.0)
    else:
        figure.legend(handles=patches, loc="upper right", title=title, bbox_to_anchor=(0.99, 0.99))


def _narrow(figure: Figure) -> bool:
    """Return whether a figure has no room for words beside its axes."""
    return bool(figure.get_figwidth() < NARROW)
