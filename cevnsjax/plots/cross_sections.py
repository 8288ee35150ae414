"""Flux-averaged cross sections against the number of neutrons."""

import dataclasses
from collections.abc import Sequence

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from .style import CURVE_COLOUR, RC, new_figure, plain, tidy

POINT_COLOURS = ("#c0392b", "#e08a2c", "#3f9b7a", "#8c5aa8", "#5f7f95")
POINT_MARKERS = ("o", "s", "D", "^", "v")


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
    """Return the places of nuclei, in order, that one label is for: within 6 % of the first."""
    groups: list[list[int]] = []
    for k, number in enumerate(neutrons):
        if groups and number <= 1.06 * neutrons[groups[-1][0]]:
            groups[-1].append(k)
        else:
            groups.append([k])
    return groups


def draw_cross_sections(line: Line, points: Sequence[Point]) -> Figure:
    """Return the figure: predictions as lines, measurements with thin total and thick statistical errors."""
    with matplotlib.rc_context(RC):
        figure = new_figure(6.4, 4.8)
        axes = figure.add_subplot()
        axes.plot(line.neutrons, line.coherent, color="0.5", lw=1.2, ls=(0, (5, 3)), label="full coherence, $F = 1$")
        axes.plot(line.neutrons, line.sm, color=CURVE_COLOUR, lw=1.6, label="Standard Model")
        axes.plot(line.neutrons, line.sm, color=CURVE_COLOUR, marker="o", ms=3.0, ls="")
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
        for number, point in enumerate(points):
            style = {"color": POINT_COLOURS[number % len(POINT_COLOURS)], "ls": ""}
            down, up = np.array(point.total)[:, None]
            marker, label = POINT_MARKERS[number % len(POINT_MARKERS)], plain(point.label)
            axes.errorbar(
                point.neutrons,
                point.value,
                [down, up],
                marker=marker,
                ms=6,
                elinewidth=1.0,
                label=label,
                **style,
            )
            down, up = np.array(point.statistical)[:, None]
            axes.errorbar(point.neutrons, point.value, [down, up], marker="", elinewidth=3.0, **style)
        axes.set(
            xlabel="number of neutrons",
            ylabel=r"flux-averaged cross section [$10^{-40}$ cm$^2$]",
            yscale="log",
            xlim=(0.0, 1.06 * float(line.neutrons[-1])),
        )
        axes.legend(loc="lower right", title="errors: total (thin), statistical (thick)", alignment="left")
        tidy(axes)
    return figure
