"""Δχ² against one parameter, with its confidence levels."""

import dataclasses
import math
from collections.abc import Mapping

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .._base.digits import MOST_DECIMALS
from .._base.levels import LEVELS
from .._base.numerics import error_digits
from .style import CURVE_COLOUR, LEVEL_NAMES, RC, new_figure, tidy

SMALL = 1e-3
"""Numbers below this are written with a power of ten."""


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
    """Return a value with its errors, two digits of the smaller one, and a power of ten where they are small."""
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


def draw_levels(axes: Axes) -> None:
    """Draw the levels of Δχ² of one parameter across `axes`, named at their right ends."""
    for label, level in LEVELS.items():
        axes.axhline(level.of_one, color="0.6", lw=0.8, ls=(0, (4, 3)))
        axes.annotate(
            LEVEL_NAMES[label],
            (1.015, level.of_one),
            xycoords=("axes fraction", "data"),
            va="center",
            color="0.4",
            fontsize=9,
        )


def draw_curve(axes: Axes, curve: Curve, top: float = 10.5) -> None:
    """Draw a Δχ² curve with its levels on `axes`."""
    draw_levels(axes)
    for low, high in curve.intervals["68.27"]:
        axes.axvspan(low, high, color=CURVE_COLOUR, alpha=0.10, lw=0)
    axes.plot(
        curve.points, np.where(np.isfinite(curve.delta_chi2), curve.delta_chi2, np.nan), color=CURVE_COLOUR, lw=1.8
    )
    axes.axvline(curve.best, color=CURVE_COLOUR, lw=0.8, ls=":")
    axes.set(xlabel=curve.label, ylabel=r"$\Delta\chi^2$", ylim=(0.0, top), xlim=(curve.points[0], curve.points[-1]))
    axes.set_title(f"{curve.label.split(' [')[0]} {interval_text(curve)}")
    tidy(axes)


def draw_profile(curve: Curve) -> Figure:
    """Return the figure of one Δχ² curve."""
    with matplotlib.rc_context(RC):
        figure = new_figure(5.2, 3.8)
        draw_curve(figure.add_subplot(), curve)
    return figure
