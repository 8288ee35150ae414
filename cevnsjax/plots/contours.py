"""Contours of two parameters, with the Δχ² curve of each at the side."""

import itertools
from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from .._base.levels import LEVELS
from .profiles import Curve, draw_levels
from .style import CURVE_COLOUR, LEVEL_COLOURS, LEVEL_NAMES, RC, new_figure, tidy


def draw_contour(
    axes: Sequence[np.ndarray],
    height: np.ndarray,
    bounds: Sequence[float],
    lines: Mapping[str, Sequence[np.ndarray]],
    first: Curve,
    second: Curve,
) -> Figure:
    """Return the contours of two parameters at the levels of two parameters, with the curve of each.

    Δχ² = 2.30, 4.61, 6.18, 11.83 for 68.27, 90, 95.45, 99.73 %. `height` is a function of Δχ² on the grid `axes`, an
    array (first, second) that is below the `bounds` where Δχ² is below the levels; `lines` are the contours of each
    level, arrays (point, 2). The curves are those of one parameter each.
    """
    with matplotlib.rc_context(RC):
        figure = new_figure(6.6, 6.2)
        grid = figure.add_gridspec(2, 2, width_ratios=[3.2, 1.0], height_ratios=[1.0, 3.2])
        main = figure.add_subplot(grid[1, 0])
        top = figure.add_subplot(grid[0, 0], sharex=main)
        side = figure.add_subplot(grid[1, 1], sharey=main)
        inside = np.ma.masked_invalid(height).T
        main.contourf(*axes, inside, levels=[min(inside.min(), bounds[0]) - 1.0, *bounds], colors=LEVEL_COLOURS)
        for line in itertools.chain(*lines.values()):
            main.plot(line[:, 0], line[:, 1], color=CURVE_COLOUR, lw=0.8)
        main.plot(first.best, second.best, marker="+", ms=10, mew=1.6, color="black")
        main.set(xlabel=first.label, ylabel=second.label)
        top.plot(first.points, first.delta_chi2, color=CURVE_COLOUR, lw=1.6)
        side.plot(second.delta_chi2, second.points, color=CURVE_COLOUR, lw=1.6)
        draw_levels(top)
        for level in LEVELS.values():
            side.axvline(level.of_one, color="0.6", lw=0.8, ls=(0, (4, 3)))
        top.set(ylabel=r"$\Delta\chi^2$", ylim=(0.0, 10.5))
        side.set(xlabel=r"$\Delta\chi^2$", xlim=(0.0, 10.5))
        top.tick_params(labelbottom=False)
        side.tick_params(labelleft=False)
        patches = [
            Line2D([], [], marker="s", ls="", ms=9, color=colour, label=LEVEL_NAMES[label])
            for label, colour in zip(LEVELS, LEVEL_COLOURS, strict=True)
        ]
        figure.legend(handles=patches, loc="upper right", title="two parameters", bbox_to_anchor=(0.99, 0.99))
        for one in (main, top, side):
            tidy(one)
    return figure
