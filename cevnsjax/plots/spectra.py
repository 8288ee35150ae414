"""Data with the expected components, against each axis of a measurement."""

import dataclasses
from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from .profiles import Curve, draw_curve
from .style import RC, SIGNAL_COLOUR, component_colours, component_name, new_figure, plain, tidy

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


@dataclasses.dataclass(frozen=True)
class Panel:
    """What to draw of one measurement."""

    title: str
    edges: Mapping[str, np.ndarray]
    """Bin edges by axis, ``energy [keV]``; none for measured numbers."""
    observed: np.ndarray
    errors: np.ndarray
    counts: Mapping[str, np.ndarray]
    """Expected counts by component, shaped as `observed`."""
    labels: Sequence[str] = ()
    """What each measured number is, if there are no bins."""

    @property
    def rows(self) -> int:
        """Return how many rows of axes it needs."""
        return 2 if STEADY_STATE in self.counts else 1

    @property
    def columns(self) -> int:
        """Return how many columns of axes it needs."""
        return max(len(self.edges), 1)


def axis_labels(axis: str) -> tuple[str, str]:
    """Return the labels of an axis, and of the counts per its unit, of ``energy [PE]``."""
    name, _, unit = axis.partition(" [")
    unit = unit.rstrip("]").replace("us", "µs")
    label = AXIS_NAMES.get(name, name)
    return (f"{label} [{unit}]", f"counts / {unit}") if unit not in ("", "1") else (label, "counts / unit")


def _draw_stack(
    axes: Axes,
    edges: np.ndarray,
    observed: np.ndarray,
    errors: np.ndarray,
    counts: Mapping[str, np.ndarray],
    subtracted: Sequence[str],
) -> None:
    """Draw counts per unit of the axis: the components stacked, the `subtracted` ones taken from the data."""
    width = np.diff(edges)
    base = np.zeros(len(width))
    colours = component_colours(list(counts))
    for name in reversed([name for name in counts if name not in subtracted]):
        top = base + counts[name]
        label = component_name(name)
        axes.stairs(top / width, edges, baseline=base / width, fill=True, color=colours[name], label=label)
        base = top
    axes.stairs(base / width, edges, baseline=None, color="0.15", lw=0.9)
    data = observed - sum((counts[name] for name in subtracted), np.zeros(len(width)))
    many = len(width) > 40
    axes.errorbar(
        0.5 * (edges[1:] + edges[:-1]),
        data / width,
        yerr=errors / width,
        fmt="o",
        ms=2.0 if many else 3.5,
        color="black",
        elinewidth=0.6 if many else 1.0,
        label="data",
    )
    if subtracted or np.any(data < 0):
        axes.axhline(0.0, color="0.5", lw=0.7)
    else:
        axes.set_ylim(bottom=0.0)
    axes.set_xlim(edges[0], edges[-1])
    tidy(axes)


def _draw_numbers(axes: Axes, panel: Panel) -> None:
    """Draw how far each predicted number is from the measured one, in units of its error."""
    predicted = np.asarray(panel.counts["prediction"])
    places = np.arange(len(predicted))[::-1]
    axes.errorbar(np.zeros(len(places)), places, xerr=1.0, fmt="o", color="black", label="data")
    pulls = (predicted - panel.observed) / panel.errors
    axes.plot(pulls, places, marker="D", ls="", ms=7, color=SIGNAL_COLOUR, label="prediction")
    axes.set_yticks(places, panel.labels)
    reach = 1.3 * max(2.0, float(np.max(np.abs(pulls))))
    axes.set(xlabel="(number - measured) / error", xlim=(-reach, reach), ylim=(-0.7, len(places) - 0.3))
    axes.legend(loc="upper right")
    tidy(axes)


def _draw_panel(figure: Figure | SubFigure, panel: Panel, suffix: str) -> None:
    grid = figure.subplots(panel.rows, panel.columns, sharex="col", squeeze=False)
    figure.suptitle(f"{plain(panel.title)}{suffix}")
    if not panel.edges:
        _draw_numbers(grid[0, 0], panel)
        return
    for number, (axis, values) in enumerate(panel.edges.items()):
        others = tuple(k for k in range(panel.observed.ndim) if k != number)
        projected = {name: component.sum(axis=others) for name, component in panel.counts.items()}
        observed, errors = panel.observed.sum(axis=others), np.sqrt((panel.errors**2).sum(axis=others))
        xlabel, ylabel = axis_labels(axis)
        _draw_stack(grid[0, number], values, observed, errors, projected, ())
        grid[0, number].set_ylabel(ylabel)
        grid[-1, number].set_xlabel(xlabel)
        if panel.rows == 2:
            _draw_stack(grid[1, number], values, observed, errors, projected, (STEADY_STATE,))
            grid[1, number].set_ylabel(f"{ylabel}\nsteady state subtracted")
    grid[0, -1].legend(loc="upper right")


def _draw_panels(figure: Figure | SubFigure, panels: Sequence[Panel], suffix: str) -> None:
    if len(panels) == 1:
        _draw_panel(figure, panels[0], suffix)
        return
    parts = figure.subfigures(len(panels), 1, height_ratios=[panel.rows for panel in panels])
    for part, panel in zip(parts, panels, strict=True):
        _draw_panel(part, panel, suffix)


def _size(panels: Sequence[Panel]) -> tuple[float, float]:
    return WIDTH * max(panel.columns for panel in panels), ROW * sum(panel.rows for panel in panels)


def draw_spectra(panels: Sequence[Panel]) -> Figure:
    """Return the figure of data and components of each measurement, in all projections.

    A steady-state background is drawn on top, and subtracted below.
    """
    with matplotlib.rc_context(RC):
        figure = new_figure(*_size(panels))
        _draw_panels(figure, panels, "")
    return figure


def draw_fit(panels: Sequence[Panel], curves: Sequence[Curve]) -> Figure:
    """Return the figure of a fit: each measurement at the best fit, and Δχ² against each free parameter."""
    if not curves:
        return draw_spectra(panels)
    width, height = _size(panels)
    with matplotlib.rc_context(RC):
        figure = new_figure(width + CURVES_WIDTH, max(height, ROW * len(curves)))
        spectra, profiles = figure.subfigures(1, 2, width_ratios=[width, CURVES_WIDTH])
        _draw_panels(spectra, panels, ": best fit")
        places = max(len(curves), round(height / (2.0 * ROW)))
        grid = np.atleast_1d(profiles.subplots(places, 1))
        for axes, curve in zip(grid, curves, strict=False):
            draw_curve(axes, curve)
        for axes in grid[len(curves) :]:
            axes.set_axis_off()
    return figure
