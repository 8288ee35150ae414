"""Δχ² against one parameter, with its confidence levels."""

import dataclasses
from collections.abc import Mapping

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .._numerics import error_digits
from ..inference.levels import LEVELS
from .style import CURVE_COLOUR, LEVEL_NAMES, RC, new_figure, tidy


@dataclasses.dataclass(frozen=True)
class Curve:
    """Δχ² at the values of one parameter."""

    label: str
    points: np.ndarray
    delta_chi2: np.ndarray
    best: float
    intervals: Mapping[str, tuple[tuple[float, float], ...]]
    """Pieces of the interval at each confidence level [per cent]."""


def interval_text(curve: Curve, level: str = "68.27") -> str:
    """Return best fit and interval as "0.230 +0.027 -0.024", two digits of the smaller error."""
    for low, high in curve.intervals[level]:
        if low <= curve.best <= high and high > low:
            up, down = high - curve.best, curve.best - low
            digits = error_digits(up, down)
            return f"${curve.best:.{digits}f}^{{+{up:.{digits}f}}}_{{-{down:.{digits}f}}}$"
    return f"{curve.best:.4g}"


def draw_curve(axes: Axes, curve: Curve, top: float = 10.5) -> None:
    """Draw a Δχ² curve with its levels on `axes`."""
    for label, level in LEVELS.items():
        axes.axhline(level.of_one, color="0.6", lw=0.8, ls=(0, (4, 3)))
        axes.annotate(
            LEVEL_NAMES[label],
            (0.985, level.of_one),
            xycoords=("axes fraction", "data"),
            ha="right",
            va="bottom",
            color="0.4",
        )
    for low, high in curve.intervals["68.27"]:
        axes.axvspan(low, high, color=CURVE_COLOUR, alpha=0.10, lw=0)
    axes.plot(
        curve.points, np.where(np.isfinite(curve.delta_chi2), curve.delta_chi2, np.nan), color=CURVE_COLOUR, lw=1.8
    )
    axes.axvline(curve.best, color=CURVE_COLOUR, lw=0.8, ls=":")
    axes.set(xlabel=curve.label, ylabel=r"$\Delta\chi^2$", ylim=(0.0, top), xlim=(curve.points[0], curve.points[-1]))
    axes.set_title(f"{curve.label.split(' [')[0]} = {interval_text(curve)}")
    tidy(axes)


def draw_profile(curve: Curve) -> Figure:
    """Return the figure of one Δχ² curve."""
    with matplotlib.rc_context(RC):
        figure = new_figure(5.2, 3.8)
        draw_curve(figure.add_subplot(), curve)
    return figure
