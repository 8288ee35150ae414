"""The running of the weak mixing angle with measurements beside it."""

import dataclasses
from collections.abc import Sequence

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from .style import CURVE_COLOUR, LINE_COLOURS, RC, new_figure, tidy

MARKERS = ("o", "s", "^", "D", "v", "P", "X")
APART = 1.25
"""Factor between points at nearly the same momentum transfer, that they do not hide each other."""
NEAR = 0.1
"""Relative distance up to which momentum transfers are nearly the same."""
LARGEST = 0.006
"""Errors up to which points set the range of the figure; larger ones go beyond it."""


@dataclasses.dataclass(frozen=True)
class Point:
    """A measurement at a momentum transfer [GeV]: of a paper, or ours."""

    label: str
    q: float
    value: float
    error: float
    ours: bool


def draw_running(q: np.ndarray, curve: np.ndarray, points: Sequence[Point]) -> Figure:
    """Return the figure of sin²θ_W against Q: points of papers hollow, fits of this package filled."""
    with matplotlib.rc_context(RC):
        figure = new_figure(6.6, 4.2)
        axes = figure.subplots()
        axes.plot(q, curve, color=CURVE_COLOUR, lw=1.6, label="one loop, MS-bar")
        for number, point in enumerate(points):
            same = sum(abs(other.q / point.q - 1.0) < NEAR for other in points[:number])
            colour = LINE_COLOURS[number % len(LINE_COLOURS)]
            axes.errorbar(
                point.q * APART**same,
                point.value,
                yerr=point.error,
                fmt=MARKERS[number % len(MARKERS)],
                ms=5,
                capsize=2.5,
                color=colour,
                mfc=colour if point.ours else "white",
                label=point.label,
            )
        axes.set(xscale="log", xlabel="Q [GeV]", ylabel=r"$\sin^2\theta_W(Q)$")
        narrow = [point for point in points if point.error < LARGEST]
        edges = [point.value + sign * point.error for point in narrow for sign in (-1.3, 1.3)]
        axes.set_ylim(min([0.2285, *edges]), max([0.243, *edges]))
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
        tidy(axes)
    return figure
