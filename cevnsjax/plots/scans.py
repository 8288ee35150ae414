"""Contours of several scans over each other, or Δχ² of scans of a single parameter."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .contours import Region, draw_contour_on, draw_overlaid, fill
from .profiles import DELTA_CHI2, draw_curve_on, draw_levels, finite
from .style import LEGEND, LEVEL_STYLE, LINE_COLOURS, RC, legend_beside, new_figure, plain, tidy, wrapped

DASHES = ("-", (0, (5, 2)), (0, (1, 1.5)))
"""Of lines, in turn for each round of colours."""
WIDTH = 5.6
"""Size [inch] of the axes."""
SHADE_ABOVE = 0.16
"""Opacity of what a scan excludes."""


@dataclasses.dataclass(frozen=True)
class Overlay:
    """A scan to draw."""

    label: str
    axes: tuple[np.ndarray, ...]
    """Values of the parameters on the grid."""
    delta_chi2: np.ndarray | None
    """Of a scan of a single parameter."""
    regions: tuple[Region, ...]
    """Of two parameters, the narrowest first."""
    best: tuple[float, ...] | None


def draw_overlay_on(
    axes: Axes,
    overlay: Overlay,
    labels: Sequence[str],
    log: Sequence[bool],
    heights: Mapping[str, float],
    entry: str | None = None,
    colour: Any = None,
) -> None:
    """Draw a scan on a user's `axes`: see `draw_curve_on` and `draw_contour_on`."""
    if overlay.delta_chi2 is None:
        draw_contour_on(axes, overlay.regions, overlay.best, labels, log, entry, colour)
    else:
        draw_curve_on(axes, overlay.axes[0], overlay.delta_chi2, labels[0], heights, log[0], entry, colour)


def _draw_one(axes: Axes, overlay: Overlay, colour: Any, dashes: Any, alone: bool) -> None:
    if overlay.delta_chi2 is not None:
        height = finite(overlay.delta_chi2)
        axes.plot(overlay.axes[0], height, color=colour, lw=1.6, ls=dashes, label=plain(overlay.label))
        return
    if alone and len(overlay.regions) == 1:
        fill(axes, overlay.regions[0], colour, SHADE_ABOVE, above=True)
    draw_overlaid(axes, overlay.regions, colour, None if alone else plain(overlay.label), dashes)
    if overlay.best is not None:
        axes.plot(*overlay.best, marker="+", ms=9, mew=1.4, ls="", color=colour)


def draw_overlay(
    overlays: Sequence[Overlay],
    labels: Sequence[str],
    log: Sequence[bool],
    heights: Mapping[str, float],
    title: str,
    colours: Sequence[Any] | None = None,
) -> Figure:
    """Return the figure of scans of the same parameter or two, at the levels `heights`; a cross is a best fit."""
    with matplotlib.rc_context(RC):
        alone = len(overlays) == 1
        beside = not alone or (len(labels) == 2 and len(heights) > 1)
        figure = new_figure(WIDTH + LEGEND if beside else WIDTH, 4.6)
        axes = figure.add_subplot()
        for number, overlay in enumerate(overlays):
            colour = LINE_COLOURS[number % len(LINE_COLOURS)] if colours is None else colours[number]
            dashes = DASHES[number // len(LINE_COLOURS) % len(DASHES)] if colours is None else "-"
            _draw_one(axes, overlay, colour, dashes, alone)
        if len(labels) == 1:
            if len(heights) == 1:
                axes.axhline(*heights.values(), **LEVEL_STYLE)
            else:
                draw_levels(axes, heights)
            axes.set(ylim=(0.0, 2.5 * max(heights.values())))
        scales = ["log" if logarithmic else "linear" for logarithmic in log]
        reach = [
            (min(values[0] for values in axis), max(values[-1] for values in axis))
            for axis in zip(*(o.axes for o in overlays), strict=True)
        ]
        axes.set(xlabel=labels[0], xscale=scales[0], xlim=reach[0])
        if len(labels) == 2:
            axes.set(ylabel=labels[1], yscale=scales[1], ylim=reach[1])
        else:
            axes.set(ylabel=DELTA_CHI2)
        axes.set_title(
            wrapped(f"{plain(overlays[0].label)}\n{title}" if alone else title, 0.8 * WIDTH, RC["axes.titlesize"])
        )
        if beside:
            legend_beside(figure, [axes])
        tidy(axes)
    return figure
