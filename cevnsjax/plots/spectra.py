"""Data with the expected components, against energy and against time."""

from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .profiles import Curve, draw_curve
from .style import COMPONENT_COLOURS, COMPONENT_NAMES, RC, new_figure, tidy

AXIS_LABELS = {
    "energy [PE]": ("reconstructed energy [PE]", "counts / PE"),
    "time [us]": ("reconstructed time [µs]", "counts / µs"),
}


def _draw_stack(
    axes: Axes, edges: np.ndarray, observed: np.ndarray, counts: Mapping[str, np.ndarray], subtracted: Sequence[str]
) -> None:
    """Draw counts per unit of the axis: the components stacked, the `subtracted` ones taken from the data."""
    width = np.diff(edges)
    base = np.zeros(len(width))
    shown = [name for name in counts if name not in subtracted]
    for name in sorted(shown, key=list(COMPONENT_NAMES).index, reverse=True):
        top = base + counts[name]
        axes.stairs(
            top / width,
            edges,
            baseline=base / width,
            fill=True,
            color=COMPONENT_COLOURS[name],
            label=COMPONENT_NAMES[name],
        )
        base = top
    axes.stairs(base / width, edges, baseline=None, color="0.15", lw=0.9)
    data = observed - sum((counts[name] for name in subtracted), np.zeros(len(width)))
    axes.errorbar(
        0.5 * (edges[1:] + edges[:-1]),
        data / width,
        yerr=np.sqrt(observed) / width,
        fmt="o",
        ms=3.5,
        color="black",
        elinewidth=1.0,
        label="data",
    )
    if subtracted:
        axes.axhline(0.0, color="0.5", lw=0.7)
    else:
        axes.set_ylim(bottom=0.0)
    axes.set_xlim(edges[0], edges[-1])
    tidy(axes)


def _draw_projections(
    top: Sequence[Axes],
    bottom: Sequence[Axes],
    edges: Mapping[str, np.ndarray],
    observed: np.ndarray,
    counts: Mapping[str, np.ndarray],
) -> None:
    for number, (axis, values) in enumerate(edges.items()):
        others = tuple(k for k in range(observed.ndim) if k != number)
        projected = {name: component.sum(axis=others) for name, component in counts.items()}
        xlabel, ylabel = AXIS_LABELS[axis]
        _draw_stack(top[number], values, observed.sum(axis=others), projected, ())
        _draw_stack(bottom[number], values, observed.sum(axis=others), projected, ("ss",))
        top[number].set_ylabel(ylabel)
        bottom[number].set(xlabel=xlabel, ylabel=f"{ylabel}\nsteady state subtracted")
    top[-1].legend(loc="upper right")


def draw_spectra(
    title: str, edges: Mapping[str, np.ndarray], observed: np.ndarray, counts: Mapping[str, np.ndarray]
) -> Figure:
    """Return the figure of data and components in both projections, below it with the steady state subtracted."""
    with matplotlib.rc_context(RC):
        figure = new_figure(9.0, 6.2)
        grid = figure.subplots(2, len(edges), sharex="col", squeeze=False)
        _draw_projections(list(grid[0]), list(grid[1]), edges, observed, counts)
        figure.suptitle(title)
    return figure


def draw_fit(
    title: str,
    edges: Mapping[str, np.ndarray],
    observed: np.ndarray,
    counts: Mapping[str, np.ndarray],
    curves: Sequence[Curve],
) -> Figure:
    """Return the figure of a fit: both projections at the best fit, and Δχ² against each free parameter."""
    if not curves:
        return draw_spectra(title, edges, observed, counts)
    with matplotlib.rc_context(RC):
        figure = new_figure(9.0 + 4.2, 6.2)
        spectra, profiles = figure.subfigures(1, 2, width_ratios=[9.0, 4.4])
        grid = spectra.subplots(2, len(edges), sharex="col", squeeze=False)
        _draw_projections(list(grid[0]), list(grid[1]), edges, observed, counts)
        spectra.suptitle(f"{title}: best fit")
        for axes, curve in zip(np.atleast_1d(profiles.subplots(len(curves), 1)), curves, strict=True):
            draw_curve(axes, curve)
    return figure
