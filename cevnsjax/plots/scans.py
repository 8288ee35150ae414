"""Contours of several scans over each other, or Δχ² of scans of one parameter."""

import dataclasses
from collections.abc import Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .style import RC, new_figure, plain, tidy

COLOURS = ("#1f4e82", "#c0562f", "#3f9b7a", "#8c5aa8", "#a8963c", "#b8524f", "#5f7f95", "#e08a2c", "#444444", "#7fb2e0")


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


def draw_lines(axes: Axes, overlay: Overlay, colour: str, shade: bool) -> None:
    """Draw the contours of a scan of two parameters; with `shade`, what lies above the level is filled."""
    if shade:
        inside = np.ma.masked_invalid(np.minimum(overlay.height, 1.0)).T
        axes.contourf(*overlay.axes, inside, levels=[0.0, 2.0], colors=[colour], alpha=0.16)
    for number, line in enumerate(overlay.lines):
        axes.plot(line[:, 0], line[:, 1], color=colour, lw=1.5, label=plain(overlay.label) if number == 0 else None)


def draw_overlay(
    overlays: Sequence[Overlay], labels: Sequence[str], log: Sequence[bool], level: float, title: str
) -> Figure:
    """Return the figure of scans of the same one or two parameters; a cross is a best fit."""
    with matplotlib.rc_context(RC):
        figure = new_figure(5.6, 4.6)
        axes = figure.add_subplot()
        for number, overlay in enumerate(overlays):
            colour = COLOURS[number % len(COLOURS)]
            if len(labels) == 2:
                draw_lines(axes, overlay, colour, shade=len(overlays) == 1)
                if overlay.best is not None:
                    axes.plot(*overlay.best, marker="+", ms=9, mew=1.4, ls="", color=colour)
            else:
                finite = np.where(np.isfinite(overlay.height), overlay.height, np.nan)
                axes.plot(overlay.axes[0], finite, color=colour, lw=1.6, label=plain(overlay.label))
        if len(labels) == 1:
            axes.axhline(level, color="0.6", lw=0.8, ls=(0, (4, 3)))
            axes.set(ylim=(0.0, 2.5 * level))
        scales = ["log" if one else "linear" for one in log]
        first = overlays[0].axes
        axes.set(xlabel=labels[0], xscale=scales[0], xlim=(first[0][0], first[0][-1]))
        if len(labels) == 2:
            axes.set(ylabel=labels[1], yscale=scales[1], ylim=(first[1][0], first[1][-1]))
        else:
            axes.set(ylabel=r"$\Delta\chi^2$")
        axes.set_title(title)
        if axes.get_legend_handles_labels()[0]:
            axes.legend(loc="best")
        tidy(axes)
    return figure
