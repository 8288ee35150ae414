"""Distributions of toy experiments, and the construction of Feldman and Cousins."""

import dataclasses
from collections.abc import Sequence
from itertools import cycle
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.stats import chi2 as chi2_distribution

from .style import (
    CURVE_COLOUR,
    LEGEND,
    RC,
    describe,
    entries,
    legend_beside,
    line_shades,
    new_figure,
    next_colour,
    reach,
    tidy,
)

COLOURS = ("#c0562f", "#3f9b7a", "#e6ab02", "#444444")


@dataclasses.dataclass(frozen=True)
class Histogram:
    """Values of toys, to draw."""

    label: str
    values: np.ndarray
    observed: float | None
    """Value of the data."""
    degrees_of_freedom: int
    """Of the χ² distribution drawn beside."""
    text: str
    data: str = "data"
    """What the data are called."""


def draw_study(histograms: Sequence[Histogram]) -> Figure:
    """Return the figure of distributions side by side; the line is the χ² distribution, the arrow the data."""
    with matplotlib.rc_context(RC):
        figure = new_figure(4.0 * len(histograms) + LEGEND, 3.5)
        for number, histogram in enumerate(histograms, start=1):
            axes = figure.add_subplot(1, len(histograms), number)
            limits = _draw_toys(axes, histogram, "toys", CURVE_COLOUR)
            if histogram.degrees_of_freedom < 3:
                axes.set(yscale="log", ylim=(1e-4, 10.0))
            if histogram.observed is not None:
                axes.axvline(histogram.observed, color=COLOURS[0], lw=1.6, label=histogram.data)
            axes.set(
                xlabel=histogram.label, ylabel="density" if number == 1 else "", xlim=limits, title=_named(histogram)
            )
            tidy(axes)
        legend_beside(figure, figure.axes)
    return figure


def _draw_toys(axes: Axes, histogram: Histogram, entry: str, colour: Any) -> tuple[float, float]:
    """Draw the distribution of toys and that of χ²; return from where to where it is."""
    law = chi2_distribution(histogram.degrees_of_freedom)
    low = law.ppf(1e-4) if histogram.degrees_of_freedom > 10 else 0.0
    top = max(float(np.quantile(histogram.values, 0.999)), float(law.ppf(0.999)), 1.1 * (histogram.observed or 0.0))
    bins = np.linspace(min(low, float(histogram.values.min())), top, 41)
    inside = histogram.values[histogram.values <= top]
    weights = np.full(len(inside), 1.0 / (len(histogram.values) * (bins[1] - bins[0])))
    axes.hist(inside, bins.tolist(), weights=weights, histtype="stepfilled", color=colour, alpha=0.35, label=entry)
    x = np.linspace(bins[0] + 1e-2 * (bins[1] - bins[0]), top, 400)
    mark = f"chi2 distribution of {histogram.degrees_of_freedom}"
    if mark not in {line.get_gid() for line in axes.lines}:
        name = r"$\chi^2$ distribution"
        beside = name if name not in entries(axes) else rf"$\chi^2$ of {histogram.degrees_of_freedom} d.o.f."
        axes.plot(x, law.pdf(x), color="0.2", lw=1.2, label=beside, gid=mark)
    return float(bins[0]), top


def draw_toys_on(axes: Axes, histogram: Histogram, entry: str | None = None, colour: Any = None) -> None:
    """Draw a distribution on a user's `axes`; the line across is the data, in the colour of their toys."""
    fresh, chosen = not axes.has_data(), next_colour(axes, colour)
    low, high = _draw_toys(axes, histogram, entry or "toys", chosen)
    if histogram.observed is not None:
        named = histogram.data if entry is None else f"{entry}, {histogram.data}"
        axes.axvline(histogram.observed, color=chosen, lw=1.6, label=named)
    if fresh and histogram.degrees_of_freedom < 3:
        axes.set(yscale="log", ylim=(1e-4, 10.0))
    reach(axes, (low,), (high,))
    describe(axes, histogram.label, "density", legend=True)


def _named(histogram: Histogram) -> str:
    freedom = rf"$\chi^2$ of {histogram.degrees_of_freedom} d.o.f."
    return f"{freedom}, {histogram.text}" if histogram.text else freedom


@dataclasses.dataclass(frozen=True)
class Critical:
    """The construction of a parameter at a confidence level, to draw."""

    level: str
    critical: np.ndarray
    error: np.ndarray
    wilks: float
    pieces: tuple[tuple[float, float], ...]


T = r"$t = \chi^2 - \chi^2_\mathrm{min}$"
HEADROOM = 0.09
"""Room above the curves for each entry of a legend, of their height."""
BAR = 0.035
"""Room that the bar of an interval takes beneath the curves, of their height."""


def draw_statistic(
    axes: Axes,
    label: str,
    log: bool,
    points: np.ndarray,
    observed: np.ndarray,
    levels: Sequence[Critical],
    data: str = "data",
) -> None:
    """Draw t of the data with its critical values on `axes`: what lies below them is the interval, drawn beneath."""
    limits = _draw_t(axes, points, observed, levels, data, "", CURVE_COLOUR, COLOURS)
    axes.set(xlabel=label, ylabel=T, xscale="log" if log else "linear", xlim=(points[0], points[-1]), ylim=limits)
    tidy(axes)


def draw_statistic_on(
    axes: Axes,
    label: str,
    log: bool,
    points: np.ndarray,
    observed: np.ndarray,
    levels: Sequence[Critical],
    data: str = "data",
    entry: str | None = None,
    colour: Any = None,
) -> None:
    """Draw t of the data with its critical values on a user's `axes`, over what is there.

    With an `entry`, all that the legend has of it begins so; with a `colour`, all is in shades of it.
    """
    free, (low, high) = axes.get_autoscaley_on(), axes.get_ylim()
    line, shades = (CURVE_COLOUR, COLOURS) if colour is None else (colour, line_shades(len(levels), colour))
    bottom, top = _draw_t(axes, points, observed, levels, data, "" if entry is None else f"{entry}, ", line, shades)
    top *= 1.0 + HEADROOM * len(entries(axes))
    axes.set_ylim((bottom, top) if free else (min(low, bottom), max(high, top)))
    describe(axes, label, T, (log,), legend=True)
    reach(axes, points[:1], points[-1:])


def _draw_t(
    axes: Axes,
    points: np.ndarray,
    observed: np.ndarray,
    levels: Sequence[Critical],
    data: str,
    before: str,
    line: Any,
    shades: Sequence[Any],
) -> tuple[float, float]:
    """Draw the curves, and the intervals beneath them; return from where to where they are."""
    axes.plot(points, observed, color=line, lw=1.8, label=f"{before}{data}", zorder=3)
    top = 1.6 * max(max(float(np.median(level.critical)), level.wilks) for level in levels)
    lowest = min(
        (float(np.asarray(bar.get_ydata())[0]) for bar in axes.lines if bar.get_gid() == "interval"), default=0.0
    )
    for number, (level, colour) in enumerate(zip(levels, cycle(shades), strict=False), start=1):
        axes.fill_between(
            points, level.critical - level.error, level.critical + level.error, color=colour, alpha=0.3, lw=0
        )
        axes.plot(points, level.critical, color=colour, lw=1.3, label=f"{before}toys, {level.level}")
        axes.axhline(level.wilks, color=colour, lw=1.0, ls=(0, (4, 3)))
        for low, high in level.pieces:
            height = lowest - BAR * top * number
            axes.plot([low, high], [height, height], color=colour, lw=3.0, solid_capstyle="butt", gid="interval")
    axes.axhline(0.0, color="0.7", lw=0.6)
    _name_wilks(axes)
    return lowest - BAR * top * (len(levels) + 1), top


def _name_wilks(axes: Axes) -> None:
    """Name dashed lines once in the legend."""
    if "Wilks" not in entries(axes):
        axes.plot([], [], color="0.4", lw=1.0, ls=(0, (4, 3)), label="Wilks")


def draw_construction(
    label: str, log: bool, points: np.ndarray, observed: np.ndarray, levels: Sequence[Critical], data: str = "data"
) -> Figure:
    """Return the figure of t of the data with its critical values."""
    with matplotlib.rc_context(RC):
        figure = new_figure(5.6 + LEGEND, 4.2)
        axes = figure.add_subplot()
        draw_statistic(axes, label, log, points, observed, levels, data)
        legend_beside(figure, [axes])
    return figure


@dataclasses.dataclass(frozen=True)
class Plane:
    """The contours of two parameters at a confidence level, to draw."""

    level: str
    lines: list[np.ndarray]
    wilks: list[np.ndarray]


def _draw_lines(
    axes: Axes, planes: Sequence[Plane], best: Sequence[float], colours: Sequence[str], before: str, cross: str
) -> None:
    """Draw the contours and the best fit; what the legend has of them begins with `before`."""
    for plane, colour in zip(planes, cycle(colours), strict=False):
        for line in plane.lines:
            axes.plot(line[:, 0], line[:, 1], color=colour, lw=1.6)
        for line in plane.wilks:
            axes.plot(line[:, 0], line[:, 1], color=colour, lw=1.0, ls=(0, (4, 3)))
        axes.plot([], [], color=colour, lw=1.6, label=f"{before}toys, {plane.level}")
    axes.plot(*best, marker="+", ms=9, mew=1.4, ls="", color=cross, label=f"{before}best fit")
    _name_wilks(axes)


def draw_plane_on(
    axes: Axes,
    labels: Sequence[str],
    ranges: Sequence[tuple[bool, float, float]],
    planes: Sequence[Plane],
    best: Sequence[float],
    entry: str | None = None,
    colour: Any = None,
) -> None:
    """Draw contours on a user's `axes`, the levels in our colours or in shades of `colour`."""
    colours = COLOURS if colour is None else line_shades(len(planes), colour)
    _draw_lines(axes, planes, best, colours, "" if entry is None else f"{entry}, ", colours[0] if colour else "black")
    describe(axes, labels[0], labels[1], [log for log, _, _ in ranges])
    reach(axes, [low for _, low, _ in ranges], [high for _, _, high in ranges])
    axes.legend()


def draw_plane(
    labels: Sequence[str], ranges: Sequence[tuple[bool, float, float]], planes: Sequence[Plane], best: Sequence[float]
) -> Figure:
    """Return the figure of contours: lines of the toys, dashed those of Wilks."""
    with matplotlib.rc_context(RC):
        figure = new_figure(5.4 + LEGEND, 4.6)
        axes = figure.add_subplot()
        _draw_lines(axes, planes, best, COLOURS, "", "black")
        (x_log, *x_range), (y_log, *y_range) = ranges
        axes.set(xlabel=labels[0], ylabel=labels[1], xlim=x_range, ylim=y_range)
        axes.set(xscale="log" if x_log else "linear", yscale="log" if y_log else "linear")
        legend_beside(figure, [axes])
        tidy(axes)
    return figure
