"""Contours of several scans over each other, or Δχ² of scans of one parameter."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .style import LEGEND, LINE_COLOURS, RC, legend_beside, new_figure, plain, tidy, wrapped

DASHES = ("-", (0, (5, 2)), (0, (1, 1.5)))
"""Of lines, one after the other for each round of colours."""
WIDTH = 5.6
"""Size [inch] of the axes."""


@dataclasses.dataclass(frozen=True)
class Overlay:
    """One scan to draw."""

    label: str
    axes: tuple[np.ndarray, ...]
    height: np.ndarray
    """Δχ² of one parameter; of two an array (first, second) that is negative below the level."""
    lines: tuple[np.ndarray, ...]
    """The contours, arrays (point, 2)."""
    best: tuple[float, ...] | None


def draw_lines(axes: Axes, overlay: Overlay, colour: str, shade: bool, dashes: Any = "-") -> None:
    """Draw the contours of a scan of two parameters; with `shade`, what lies above the level is filled."""
    if shade:
        inside = np.ma.masked_invalid(np.minimum(overlay.height, 1.0)).T
        axes.contourf(*overlay.axes, inside, levels=[0.0, 2.0], colors=[colour], alpha=0.16)
    for number, line in enumerate(overlay.lines):
        label = plain(overlay.label) if number == 0 else None
        axes.plot(line[:, 0], line[:, 1], color=colour, lw=1.5, ls=dashes, label=label)


def draw_overlay(
    overlays: Sequence[Overlay], labels: Sequence[str], log: Sequence[bool], level: float, title: str
) -> Figure:
    """Return the figure of scans of the same one or two parameters; a cross is a best fit."""
    with matplotlib.rc_context(RC):
        alone = len(overlays) == 1
        figure = new_figure(WIDTH if alone else WIDTH + LEGEND, 4.6)
        axes = figure.add_subplot()
        for number, overlay in enumerate(overlays):
            colour = LINE_COLOURS[number % len(LINE_COLOURS)]
            dashes = DASHES[number // len(LINE_COLOURS) % len(DASHES)]
            if len(labels) == 2:
                draw_lines(axes, overlay, colour, alone, dashes)
                if overlay.best is not None:
                    axes.plot(*overlay.best, marker="+", ms=9, mew=1.4, ls="", color=colour)
            else:
                finite = np.where(np.isfinite(overlay.height), overlay.height, np.nan)
                axes.plot(overlay.axes[0], finite, color=colour, lw=1.6, ls=dashes, label=plain(overlay.label))
        if len(labels) == 1:
            axes.axhline(level, color="0.6", lw=0.8, ls=(0, (4, 3)))
            axes.set(ylim=(0.0, 2.5 * level))
        scales = ["log" if one else "linear" for one in log]
        reach = [
            (min(a[0] for a in one), max(a[-1] for a in one)) for one in zip(*(o.axes for o in overlays), strict=True)
        ]
        axes.set(xlabel=labels[0], xscale=scales[0], xlim=reach[0])
        if len(labels) == 2:
            axes.set(ylabel=labels[1], yscale=scales[1], ylim=reach[1])
        else:
            axes.set(ylabel=r"$\Delta\chi^2$")
        axes.set_title(
            wrapped(f"{plain(overlays[0].label)}\n{title}" if alone else title, 0.8 * WIDTH, RC["axes.titlesize"])
        )
        if not alone:
            legend_beside(figure, [axes])
        tidy(axes)
    return figure
