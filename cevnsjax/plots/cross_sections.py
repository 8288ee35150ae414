"""Flux-averaged cross sections against the number of neutrons."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .style import CURVE_COLOUR, RC, describe, entries, new_figure, plain, tidy

POINT_COLOURS = ("#c0392b", "#e08a2c", "#3f9b7a", "#8c5aa8", "#5f7f95")
POINT_MARKERS = ("o", "s", "D", "^", "v")
X, Y = "number of neutrons", r"flux-averaged cross section [$10^{-40}$ cm$^2$]"
LEGEND: dict[str, Any] = {
    "loc": "lower right",
    "title": "errors: total (thin), statistical (thick)",
    "alignment": "left",
}
COHERENT, MEASURED = "full coherence, $F = 1$", "measured"


@dataclasses.dataclass(frozen=True)
class Line:
    """Predicted cross sections [1e-40 cm²] of nuclei in order of their number of neutrons."""

    labels: Sequence[str]
    neutrons: np.ndarray
    sm: np.ndarray
    coherent: np.ndarray
    """With a form factor of 1."""


@dataclasses.dataclass(frozen=True)
class Point:
    """A measured cross section [1e-40 cm²]; errors are distances (down, up)."""

    label: str
    neutrons: float
    value: float
    statistical: tuple[float, float]
    total: tuple[float, float]


def _close(neutrons: np.ndarray) -> list[list[int]]:
    """Return the places of nuclei, in order, that share a label: within 6 % of the first."""
    groups: list[list[int]] = []
    for k, number in enumerate(neutrons):
        if groups and number <= 1.06 * neutrons[groups[-1][0]]:
            groups[-1].append(k)
        else:
            groups.append([k])
    return groups


def draw_cross_sections_on(
    axes: Axes, line: Line, points: Sequence[Point], entry: str | None = None, colour: Any = None
) -> None:
    """Draw the cross sections on a user's `axes`; what its legend has already is not drawn again.

    The `entry` and the `colour` are those of the prediction.
    """
    _draw(axes, line, points, entry or "Standard Model", CURVE_COLOUR if colour is None else colour)
    axes.set_yscale("log")
    describe(axes, X, Y)
    axes.legend(**LEGEND)


def draw_cross_sections(line: Line, points: Sequence[Point]) -> Figure:
    """Return the figure: predictions as lines, measurements with thin total and thick statistical errors."""
    with matplotlib.rc_context(RC):
        figure = new_figure(6.4, 4.8)
        axes = figure.add_subplot()
        _draw(axes, line, points, "Standard Model", CURVE_COLOUR)
        axes.set(xlabel=X, ylabel=Y, yscale="log", xlim=(0.0, 1.06 * float(line.neutrons[-1])))
        axes.legend(**LEGEND)
        tidy(axes)
    return figure


def _draw(axes: Axes, line: Line, points: Sequence[Point], entry: str, colour: Any) -> None:
    """Draw predictions and measurements, those that the legend of `axes` does not have yet."""
    there = entries(axes)
    if COHERENT not in there:
        axes.plot(line.neutrons, line.coherent, color="0.5", lw=1.2, ls=(0, (5, 3)), label=COHERENT)
        for here in _close(line.neutrons):
            axes.annotate(
                ", ".join(line.labels[k] for k in here),
                (line.neutrons[here[-1]], line.coherent[here].max()),
                xytext=(-2, 4),
                textcoords="offset points",
                ha="right",
                color="0.4",
                fontsize=8,
            )
    axes.plot(line.neutrons, line.sm, color=colour, lw=1.6, label=entry)
    axes.plot(line.neutrons, line.sm, color=colour, marker="o", ms=3.0, ls="")
    for number, point in enumerate(points, start=sum(drawn.get_gid() == MEASURED for drawn in axes.lines)):
        if plain(point.label) not in there:
            style: dict[str, Any] = {"color": POINT_COLOURS[number % len(POINT_COLOURS)], "ls": ""}
            down, up = np.array(point.total)[:, None]
            marker, label = POINT_MARKERS[number % len(POINT_MARKERS)], plain(point.label)
            (mark, _, _) = axes.errorbar(
                point.neutrons,
                point.value,
                [down, up],
                marker=marker,
                ms=6,
                elinewidth=1.0,
                label=label,
                **style,
            )
            mark.set_gid(MEASURED)
            down, up = np.array(point.statistical)[:, None]
            axes.errorbar(point.neutrons, point.value, [down, up], marker="", elinewidth=3.0, **style)
