"""Δχ² against a parameter, with its confidence levels."""

import dataclasses
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .._base.digits import MOST_DECIMALS, error_digits
from .._base.levels import USUAL
from .style import (
    CURVE_COLOUR,
    LEVEL_NAMES,
    LEVEL_STYLE,
    RC,
    describe,
    level_name,
    new_figure,
    next_colour,
    reach,
    tidy,
)

if TYPE_CHECKING:
    from matplotlib.typing import RcKeyType

SMALL = 1e-3
"""Numbers below this are written with a power of ten."""
ONE = {level_name(level): level.of_one for level in USUAL}
"""Δχ² of a single parameter at the usual levels, by their names in figures."""
DELTA_CHI2 = r"$\Delta\chi^2$"


@dataclasses.dataclass(frozen=True)
class Curve:
    """Δχ² at the values of a parameter."""

    label: str
    points: np.ndarray
    delta_chi2: np.ndarray
    best: float
    intervals: Mapping[str, tuple[tuple[float, float], ...]]
    """Pieces of the interval at each confidence level [per cent]."""


def interval_text(curve: Curve, level: str = "68.27") -> str:
    """Return best fit and interval as "= 0.230 +0.027 -0.024", two digits of the smaller error.

    Of an interval that ends at the best fit, at a bound of the parameter, its other end: "< 0.31 (1σ)".
    """
    for low, high in curve.intervals[level]:
        if low <= curve.best <= high and high > low:
            up, down = high - curve.best, curve.best - low
            if min(up, down) <= 1e-3 * (up + down):
                end, sign = (high, "<") if up > down else (low, ">")
                return f"${sign}$ {_power(end)} ({LEVEL_NAMES[level]})"
            return number_text(curve.best, up, down).replace("$", "$= ", 1)
    return f"= {_power(curve.best)}"


def number_text(value: float, up: float, down: float) -> str:
    """Return a value with its errors, two digits of the smaller error, and a power of ten where they are small."""
    largest = max(abs(value), up, down)
    small = 0.0 < largest < SMALL or error_digits(up, down) > MOST_DECIMALS
    power = math.floor(math.log10(largest)) if small else 0
    scale = 10.0**power
    value, up, down = value / scale, up / scale, down / scale
    digits = error_digits(up, down)
    numbers = f"{value:z.{digits}f}^{{+{up:.{digits}f}}}_{{-{down:.{digits}f}}}"
    return rf"$({numbers}) \times 10^{{{power}}}$" if power else f"${numbers}$"


def _power(number: float) -> str:
    """Return a number with three digits, an exponent as a power of ten."""
    mantissa, exponent, power = f"{number:.3g}".partition("e")
    return rf"${mantissa} \times 10^{{{int(power)}}}$" if exponent else f"${mantissa}$"


def draw_levels(axes: Axes, heights: Mapping[str, float] = ONE, named: bool = True) -> None:
    """Draw levels of Δχ² across `axes`, each once, `named` at their right ends."""
    there = {line.get_gid() for line in axes.lines}
    for name, height in heights.items():
        mark = f"level {name} at {height:g}"
        if mark in there:
            continue
        axes.axhline(height, gid=mark, **LEVEL_STYLE)
        if named:
            place = (1.015, height)
            axes.annotate(name, place, xycoords=("axes fraction", "data"), va="center", color="0.4", fontsize=9)


def top_of(heights: Mapping[str, float]) -> float:
    """Return where Δχ² ends in a figure of levels: 10.5 for 3σ."""
    return 10.5 / 9.0 * max(heights.values())


def finite(delta_chi2: np.ndarray) -> np.ndarray:
    """Return Δχ² with gaps where it is infinite."""
    return np.where(np.isfinite(delta_chi2), delta_chi2, np.nan)


def draw_curve(
    axes: Axes, curve: Curve, heights: Mapping[str, float] = ONE, colour: str = CURVE_COLOUR, label: str | None = None
) -> None:
    """Draw a Δχ² curve with its levels on `axes`."""
    draw_levels(axes, heights)
    for low, high in curve.intervals["68.27"]:
        axes.axvspan(low, high, color=colour, alpha=0.10, lw=0)
    axes.plot(curve.points, finite(curve.delta_chi2), color=colour, lw=1.8, label=label)
    axes.axvline(curve.best, color=colour, lw=0.8, ls=":")
    axes.set(xlabel=curve.label, ylabel=DELTA_CHI2, ylim=(0.0, top_of(heights)))
    axes.set_xlim(curve.points[0], curve.points[-1])
    axes.set_title(f"{curve.label.split(' [')[0]} {interval_text(curve)}")
    if label is not None:
        axes.legend()
    tidy(axes)


def draw_profile(
    curve: Curve,
    heights: Mapping[str, float] = ONE,
    colour: str = CURVE_COLOUR,
    label: str | None = None,
    settings: "dict[RcKeyType, Any]" = RC,
) -> Figure:
    """Return the figure of a Δχ² curve, with the `settings` of matplotlib."""
    with matplotlib.rc_context(settings):
        figure = new_figure(*settings.get("figure.figsize", (5.2, 3.8)))
        draw_curve(figure.add_subplot(), curve, heights, colour, label)
    return figure


def draw_curve_on(
    axes: Axes,
    points: np.ndarray,
    delta_chi2: np.ndarray,
    label: str,
    heights: Mapping[str, float],
    log: bool = False,
    entry: str | None = None,
    colour: Any = None,
) -> None:
    """Draw Δχ² against a parameter on a user's `axes`, with the levels `heights`.

    The `label` is that of the parameter, the `entry` that of the legend.
    """
    free, (low, high) = axes.get_autoscaley_on(), axes.get_ylim()
    axes.plot(points, finite(delta_chi2), color=next_colour(axes, colour), lw=1.6, label=entry)
    draw_levels(axes, heights)
    top = top_of(heights)
    if free or max(low, high) < max(heights.values()):
        axes.set_ylim(0.0 if free else min(low, high), top)
    describe(axes, label, DELTA_CHI2, (log,), entry is not None)
    reach(axes, points[:1], points[-1:])
