"""Distributions of toy experiments, and the construction of Feldman and Cousins."""

import dataclasses
from collections.abc import Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.stats import chi2 as chi2_distribution

from .style import CURVE_COLOUR, LEGEND, RC, legend_beside, new_figure, tidy

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
        for number, one in enumerate(histograms, start=1):
            axes = figure.add_subplot(1, len(histograms), number)
            law = chi2_distribution(one.degrees_of_freedom)
            low = law.ppf(1e-4) if one.degrees_of_freedom > 10 else 0.0
            top = max(float(np.quantile(one.values, 0.999)), float(law.ppf(0.999)), 1.1 * (one.observed or 0.0))
            bins = np.linspace(min(low, float(one.values.min())), top, 41)
            inside = one.values[one.values <= top]
            weights = np.full(len(inside), 1.0 / (len(one.values) * (bins[1] - bins[0])))
            axes.hist(
                inside, bins, weights=weights, histtype="stepfilled", color=CURVE_COLOUR, alpha=0.35, label="toys"
            )
            x = np.linspace(bins[0] + 1e-2 * (bins[1] - bins[0]), top, 400)
            axes.plot(x, law.pdf(x), color="0.2", lw=1.2, label=r"$\chi^2$ distribution")
            if one.degrees_of_freedom < 3:
                axes.set(yscale="log", ylim=(1e-4, 10.0))
            if one.observed is not None:
                axes.axvline(one.observed, color=COLOURS[0], lw=1.6, label=one.data)
            axes.set(xlabel=one.label, ylabel="density" if number == 1 else "", xlim=(bins[0], top), title=_named(one))
            tidy(axes)
        legend_beside(figure, figure.axes)
    return figure


def _named(histogram: Histogram) -> str:
    freedom = rf"$\chi^2$ of {histogram.degrees_of_freedom} d.o.f."
    return f"{freedom}, {histogram.text}" if histogram.text else freedom


@dataclasses.dataclass(frozen=True)
class Critical:
    """The construction of one parameter at a confidence level, to draw."""

    level: str
    critical: np.ndarray
    error: np.ndarray
    wilks: float
    pieces: tuple[tuple[float, float], ...]


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
    axes.plot(points, observed, color=CURVE_COLOUR, lw=1.8, label=data, zorder=3)
    top = 1.6 * max(max(float(np.median(one.critical)), one.wilks) for one in levels)
    for number, (one, colour) in enumerate(zip(levels, COLOURS, strict=False)):
        axes.fill_between(points, one.critical - one.error, one.critical + one.error, color=colour, alpha=0.3, lw=0)
        axes.plot(points, one.critical, color=colour, lw=1.3, label=f"toys, {one.level}")
        axes.axhline(one.wilks, color=colour, lw=1.0, ls=(0, (4, 3)))
        for low, high in one.pieces:
            height = -0.035 * top * (number + 1)
            axes.plot([low, high], [height, height], color=colour, lw=3.0, solid_capstyle="butt")
    axes.axhline(0.0, color="0.7", lw=0.6)
    axes.set(
        xlabel=label,
        ylabel=r"$t = \chi^2 - \chi^2_\mathrm{min}$",
        xscale="log" if log else "linear",
        xlim=(points[0], points[-1]),
        ylim=(-0.035 * top * (len(levels) + 1), top),
    )
    axes.plot([], [], color="0.4", lw=1.0, ls=(0, (4, 3)), label="Wilks")
    tidy(axes)


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


def draw_plane(
    labels: Sequence[str], ranges: Sequence[tuple[bool, float, float]], planes: Sequence[Plane], best: Sequence[float]
) -> Figure:
    """Return the figure of contours: lines of the toys, dashed those of Wilks."""
    with matplotlib.rc_context(RC):
        figure = new_figure(5.4 + LEGEND, 4.6)
        axes = figure.add_subplot()
        for plane, colour in zip(planes, COLOURS, strict=False):
            for line in plane.lines:
                axes.plot(line[:, 0], line[:, 1], color=colour, lw=1.6)
            for line in plane.wilks:
                axes.plot(line[:, 0], line[:, 1], color=colour, lw=1.0, ls=(0, (4, 3)))
            axes.plot([], [], color=colour, lw=1.6, label=f"toys, {plane.level}")
        axes.plot(*best, marker="+", ms=9, mew=1.4, ls="", color="black", label="best fit")
        axes.plot([], [], color="0.4", lw=1.0, ls=(0, (4, 3)), label="Wilks")
        (x_log, *x_range), (y_log, *y_range) = ranges
        axes.set(xlabel=labels[0], ylabel=labels[1], xlim=x_range, ylim=y_range)
        axes.set(xscale="log" if x_log else "linear", yscale="log" if y_log else "linear")
        legend_beside(figure, [axes])
        tidy(axes)
    return figure
