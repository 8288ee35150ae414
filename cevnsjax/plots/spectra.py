"""Data with the expected components, against each axis of a measurement."""

import dataclasses
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from .._base.errors import InputError
from .profiles import Curve, draw_curve
from .style import (
    LEGEND,
    RC,
    SIGNAL_COLOUR,
    component_colours,
    component_name,
    describe,
    entries,
    legend_beside,
    new_figure,
    next_colour,
    plain,
    reach,
    tidy,
    title_above,
)

AXIS_NAMES = {
    "energy": "reconstructed energy",
    "time": "reconstructed time",
    "F90": "$F_{90}$",
    "window": "with beam | without beam",
}
STEADY_STATE = "ss"
"""Component that dwarfs the others: drawn once with it and once with it subtracted."""
WIDTH, CURVES_WIDTH, ROW = 4.5, 4.4, 3.1
"""Size [inch] of a projection, of the curves beside the spectra, and the height of a row."""
HEADROOM = 0.1
"""Of the counts, for each entry of a legend above them."""
MANY = 40
"""Bins of more than this are drawn with finer points and no lines between components."""


@dataclasses.dataclass(frozen=True)
class Panel:
    """What to draw of a measurement."""

    title: str
    edges: Mapping[str, np.ndarray]
    """Bin edges by axis, ``energy [keV]``; none for measured numbers."""
    observed: np.ndarray
    errors: np.ndarray
    counts: Mapping[str, np.ndarray]
    """Expected counts by component, shaped as `observed`."""
    labels: Sequence[str] = ()
    """What each measured number is, if there are no bins."""
    data: str = "data"
    """What the observed counts are called."""
    upper_limit: bool = False
    """The observed counts with their errors are an upper limit."""

    @property
    def rows(self) -> int:
        """Return how many rows of axes it needs."""
        return 2 if STEADY_STATE in self.counts else 1

    @property
    def columns(self) -> int:
        """Return how many columns of axes it needs."""
        return max(len(self.edges), 1)


def _numbered(axis: str, edges: np.ndarray) -> bool:
    """Return whether an axis only numbers its bins."""
    return axis.partition(" [")[2] in ("", "1]") and np.array_equal(edges, np.arange(len(edges)))


def _axis_texts(axis: str, edges: np.ndarray) -> tuple[str, str]:
    """Return the label of the axis ``energy [PE]`` with its unit, and that of the counts per unit of it."""
    name, _, unit = axis.partition(" [")
    unit = unit.rstrip("]").replace("us", "µs")
    label = AXIS_NAMES.get(name, name)
    if _numbered(axis, edges):
        return label, "counts"
    if unit in ("", "1"):
        return label, f"counts / unit of {label}"
    return f"{label} [{unit}]", f"counts / {unit}"


def _number_bins(axes: Axes, axis: str, edges: np.ndarray) -> None:
    """Number the bins where the axis only does that."""
    if _numbered(axis, edges):
        step = -(-(len(edges) - 1) // 12)
        axes.set_xticks(edges[:-1:step] + 0.5, [f"{number + 1:.0f}" for number in edges[:-1:step]])


def label_axis(axes: Axes, axis: str, edges: np.ndarray) -> str:
    """Label the axis ``energy [PE]`` with name, unit and limits; return the label of the counts per unit of it."""
    label, counts = _axis_texts(axis, edges)
    axes.set_xlim(edges[0], edges[-1])
    axes.set_xlabel(label)
    _number_bins(axes, axis, edges)
    return counts


def describe_axis(axes: Axes, axis: str, edges: np.ndarray, legend: bool, below: bool) -> None:
    """Label the axis of a user's `axes` and the counts, where they have no labels, and draw the legend above them.

    Counts begin at 0 unless some are `below`.
    """
    _number_bins(axes, axis, edges)
    free = axes.get_autoscaley_on()
    if free and legend:
        axes.margins(y=HEADROOM * max(len(entries(axes)), 1))
    reach(axes, edges[:1], edges[-1:])
    if free and not below and axes.dataLim.y0 >= 0.0:
        axes.set_ylim(bottom=0.0, auto=None)
    describe(axes, *_axis_texts(axis, edges), legend=legend)


def axis_named(edges: Mapping[str, np.ndarray], name: str | None) -> int:
    """Return the number of an axis by its name with or without the unit, the first by default."""
    names = [axis.partition(" [")[0] for axis in edges]
    if name is None:
        return 0
    for known in (names, list(edges)):
        if name in known:
            return known.index(name)
    raise InputError(f"axis: expected {' or '.join(names) or 'none, of measured numbers'}, found '{name}'")


def _draw_stack(
    axes: Axes, panel: Panel, edges: np.ndarray, others: tuple[int, ...], subtracted: Sequence[str]
) -> bool:
    """Draw counts per unit of the axis: the components stacked, those `subtracted` taken from the data.

    Return whether the data may lie below zero.
    """
    counts = {name: component.sum(axis=others) for name, component in panel.counts.items()}
    observed, errors = panel.observed.sum(axis=others), np.sqrt((panel.errors**2).sum(axis=others))
    width = np.diff(edges)
    base = np.zeros(len(width))
    colours = component_colours(list(counts))
    for name in reversed([name for name in counts if name not in subtracted]):
        top = base + counts[name]
        label = component_name(name)
        axes.stairs(top / width, edges, baseline=base / width, fill=True, color=colours[name], label=label)
        if len(width) <= MANY:
            axes.stairs(top / width, edges, baseline=None, color="white", lw=0.5)
        base = top
    axes.stairs(base / width, edges, baseline=None, color="0.15", lw=0.9)
    data = observed - sum((counts[name] for name in subtracted), np.zeros(len(width)))
    many = len(width) > MANY
    style: dict[str, Any] = {"color": "black", "elinewidth": 0.6 if many else 1.0, "label": panel.data}
    centres = 0.5 * (edges[1:] + edges[:-1])
    if panel.upper_limit:
        top = (data + errors) / width
        axes.errorbar(centres, top, yerr=0.2 * top, uplims=True, fmt="none", capsize=6.0, **style)
    else:
        axes.errorbar(centres, data / width, yerr=errors / width, fmt="o", ms=2.0 if many else 3.5, **style)
    below = bool(subtracted) or bool(np.any(data < 0))
    if below:
        axes.axhline(0.0, color="0.5", lw=0.7)
    return below


def _draw_projection(
    axes: Axes, panel: Panel, edges: np.ndarray, others: tuple[int, ...], subtracted: Sequence[str]
) -> None:
    """Draw a projection on axes of our own."""
    if not _draw_stack(axes, panel, edges, others, subtracted):
        axes.set_ylim(bottom=0.0)
    tidy(axes)


def _draw_numbers(axes: Axes, panel: Panel, entry: str = "prediction", colour: Any = SIGNAL_COLOUR) -> None:
    """Draw how far each predicted number is from the measured number, in units of its error."""
    predicted = np.asarray(panel.counts["prediction"])
    places = np.arange(len(predicted))[::-1]
    if panel.data not in entries(axes):
        axes.errorbar(np.zeros(len(places)), places, xerr=1.0, fmt="o", color="black", label=panel.data)
    pulls = (predicted - panel.observed) / panel.errors
    axes.plot(pulls, places, marker="D", ls="", ms=7, color=colour, label=entry)
    axes.set_yticks(places, [textwrap.fill(label, 20) for label in panel.labels])
    furthest = max(float(np.max(np.abs(line.get_xdata()), initial=2.0)) for line in axes.lines)
    end = 1.3 * furthest
    axes.set(xlabel=f"(prediction $-$ {_short(panel)}) / error", xlim=(-end, end), ylim=(-0.7, len(places) - 0.3))


def draw_panel_on(axes: Axes, panel: Panel, number: int = 0, entry: str | None = None, colour: Any = None) -> None:
    """Draw a measurement against its axis `number` on a user's `axes`: data, and components stacked.

    With an `entry` of the legend or a colour the sum of the components alone, a line to lay over others.
    """
    alone = entry is not None or colour is not None
    if not panel.edges:
        known = {"entry": entry or "prediction", "colour": next_colour(axes, colour)} if alone else {}
        _draw_numbers(axes, panel, **known)
        axes.legend()
        return
    axis, edges = list(panel.edges.items())[number]
    others = tuple(k for k in range(panel.observed.ndim) if k != number)
    if alone:
        total = sum(component.sum(axis=others) for component in panel.counts.values())
        style: dict[str, Any] = {"color": next_colour(axes, colour), "lw": 1.6, "label": entry}
        axes.stairs(total / np.diff(edges), edges, baseline=None, **style)
        below = bool(np.any(total < 0.0))
    else:
        below = _draw_stack(axes, panel, edges, others, ())
    describe_axis(axes, axis, edges, entry is not None or not alone, below)


def _short(panel: Panel) -> str:
    return panel.data if len(panel.data) < 10 else "expected"


def _draw_panel(figure: Figure | SubFigure, panel: Panel, suffix: str, width: float) -> None:
    grid = figure.subplots(panel.rows, panel.columns, sharex="col", squeeze=False)
    title_above(figure, f"{plain(panel.title)}{suffix}", width)
    if not panel.edges:
        _draw_numbers(grid[0, 0], panel)
        tidy(grid[0, 0])
    for number, (axis, edges) in enumerate(panel.edges.items()):
        others = tuple(k for k in range(panel.observed.ndim) if k != number)
        _draw_projection(grid[0, number], panel, edges, others, ())
        label = label_axis(grid[-1, number], axis, edges)
        grid[0, number].set_ylabel(label)
        if panel.rows == 2:
            _draw_projection(grid[1, number], panel, edges, others, (STEADY_STATE,))
            grid[1, number].set_ylabel(f"{label}\nsteady state subtracted")
    legend_beside(figure, [grid[0, -1]])


def _draw_panels(figure: Figure | SubFigure, panels: Sequence[Panel], suffix: str) -> None:
    width, _ = _size(panels)
    if len(panels) == 1:
        _draw_panel(figure, panels[0], suffix, width)
        return
    parts = figure.subfigures(len(panels), 1, squeeze=False, height_ratios=[panel.rows for panel in panels])
    for part, panel in zip(parts[:, 0], panels, strict=True):
        _draw_panel(part, panel, suffix, width)


def _size(panels: Sequence[Panel]) -> tuple[float, float]:
    return WIDTH * max(panel.columns for panel in panels) + LEGEND, ROW * sum(panel.rows for panel in panels)


def draw_spectra(panels: Sequence[Panel]) -> Figure:
    """Return the figure of data and components of each measurement, in all projections.

    A steady-state background is drawn on top, and subtracted below.
    """
    return draw_fit(panels, ())


def draw_fit(panels: Sequence[Panel], curves: Sequence[Curve], suffix: str = "") -> Figure:
    """Return the figure of a fit: each measurement at the best fit, and Δχ² against each free parameter.

    The `suffix` follows each title and states what is drawn.
    """
    width, height = _size(panels)
    with matplotlib.rc_context(RC):
        if not curves:
            figure = new_figure(width, height)
            _draw_panels(figure, panels, suffix)
            return figure
        figure = new_figure(width + CURVES_WIDTH, max(height, ROW * len(curves)))
        spectra, profiles = figure.subfigures(1, 2, squeeze=False, width_ratios=[width, CURVES_WIDTH])[0]
        _draw_panels(spectra, panels, suffix)
        places = max(len(curves), round(height / (2.0 * ROW)))
        grid = np.atleast_1d(profiles.subplots(places, 1))
        for axes, curve in zip(grid, curves, strict=False):
            draw_curve(axes, curve)
        for axes in grid[len(curves) :]:
            axes.set_axis_off()
    return figure
