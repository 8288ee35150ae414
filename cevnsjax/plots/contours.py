"""Contours of two parameters, with the Δχ² curve of each at the side."""

from collections.abc import Sequence

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from scipy.interpolate import RectBivariateSpline

from .._base.levels import LEVELS
from .profiles import Curve, draw_levels
from .style import CURVE_COLOUR, LEVEL_COLOURS, LEVEL_NAMES, RC, new_figure, tidy


def _refine(
    axes: Sequence[np.ndarray], delta: np.ndarray, factor: int = 5
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return a finer grid of a smooth Δχ² by bicubic interpolation; the grid itself where some point is infinite."""
    if not np.all(np.isfinite(delta)) or min(delta.shape) < 4:
        return axes[0], axes[1], np.where(np.isfinite(delta), delta, 1e6)
    x, y = (np.linspace(axis[0], axis[-1], factor * (len(axis) - 1) + 1) for axis in axes)
    return x, y, np.maximum(RectBivariateSpline(*axes, delta)(x, y), 0.0)


def draw_contour(axes: Sequence[np.ndarray], delta: np.ndarray, first: Curve, second: Curve) -> Figure:
    """Return the contours of `delta` = Δχ², an array (first, second), at the levels of two parameters.

    Δχ² = 2.30, 4.61, 6.18, 11.83 for 68.27, 90, 95.45, 99.73 %. The curves are those of one parameter each.
    """
    levels = [level.delta_chi2(2) for level in LEVELS.values()]
    x, y, fine = _refine(axes, delta)
    with matplotlib.rc_context(RC):
        figure = new_figure(6.6, 6.2)
        grid = figure.add_gridspec(2, 2, width_ratios=[3.2, 1.0], height_ratios=[1.0, 3.2])
        main = figure.add_subplot(grid[1, 0])
        top = figure.add_subplot(grid[0, 0], sharex=main)
        side = figure.add_subplot(grid[1, 1], sharey=main)
        main.contourf(x, y, fine.T, levels=[-1e-3, *levels], colors=LEVEL_COLOURS)
        main.contour(x, y, fine.T, levels=levels, colors=CURVE_COLOUR, linewidths=0.8)
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
