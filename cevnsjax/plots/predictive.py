"""Data with the counts that a posterior predicts, against each axis of a measurement."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .spectra import ROW, WIDTH, describe_axis, label_axis
from .style import (
    LEGEND,
    LEVEL_COLOURS,
    RC,
    SIGNAL_COLOUR,
    entries,
    legend_beside,
    new_figure,
    next_colour,
    plain,
    tidy,
    title_above,
)


@dataclasses.dataclass(frozen=True)
class Band:
    """What to draw of a measurement."""

    title: str
    edges: Mapping[str, np.ndarray]
    observed: np.ndarray
    expected: np.ndarray
    """Expected counts at some draws, an array (draw, bins of each axis)."""
    counts: np.ndarray
    """The same with the fluctuations of counting."""
    errors: np.ndarray
    """Errors of the observed counts."""
    data: str = "data"
    """What the observed counts are called."""


def _draw_band(axes: Axes, band: Band, number: int) -> str:
    """Draw the projection on an axis of a measurement; return the label of the counts."""
    if _draw_parts(axes, band, number):
        axes.set_ylim(bottom=0.0)
    tidy(axes)
    return label_axis(axes, *list(band.edges.items())[number])


def _draw_data(axes: Axes, band: Band, edges: np.ndarray, others: tuple[int, ...]) -> bool:
    """Draw the observed counts, summed over `others`; return whether none is negative."""
    observed, errors = band.observed.sum(axis=others), np.sqrt((band.errors**2).sum(axis=others))
    centre, width = 0.5 * (edges[1:] + edges[:-1]), np.diff(edges)
    axes.errorbar(centre, observed / width, errors / width, fmt="o", ms=3, color="black", lw=0.8, label=band.data)
    return bool(np.all(observed >= 0.0))


def _draw_parts(axes: Axes, band: Band, number: int) -> bool:
    """Draw both bands with the data; return whether none of these is negative."""
    edges = list(band.edges.values())[number]
    others = tuple(k for k in range(band.observed.ndim) if k != number)
    width, summed = np.diff(edges), tuple(1 + k for k in others)
    expected, counts = band.expected.sum(axis=summed) / width, band.counts.sum(axis=summed) / width
    low, high = np.quantile(counts, [0.02275, 0.97725], axis=0)
    axes.stairs(high, edges, baseline=low, fill=True, color=LEVEL_COLOURS[3], label="counted, 95.45 %")
    low, middle, high = np.quantile(expected, [0.15865, 0.5, 0.84135], axis=0)
    axes.stairs(high, edges, baseline=low, fill=True, color=LEVEL_COLOURS[1], label="expected, 68.27 %")
    axes.stairs(middle, edges, baseline=None, color=SIGNAL_COLOUR, lw=1.0)
    return _draw_data(axes, band, edges, others)


def draw_band_on(axes: Axes, band: Band, number: int = 0, entry: str | None = None, colour: Any = None) -> None:
    """Draw the band of a measurement against its axis `number` on a user's `axes`.

    With an `entry` of the legend or a colour, what is expected alone, to lay over others: 68.27 % and the median.
    """
    below = bool(np.any(band.observed < 0.0))
    if entry is None and colour is None:
        _draw_parts(axes, band, number)
    else:
        axis, chosen = list(band.edges)[number], next_colour(axes, colour)
        edges, others = band.edges[axis], tuple(k for k in range(band.observed.ndim) if k != number)
        expected = band.expected.sum(axis=tuple(1 + k for k in others)) / np.diff(edges)
        low, middle, high = np.quantile(expected, [0.15865, 0.5, 0.84135], axis=0)
        axes.stairs(high, edges, baseline=low, fill=True, color=chosen, alpha=0.3, lw=0.0)
        axes.stairs(middle, edges, baseline=None, color=chosen, lw=1.6, label=entry)
        if band.data not in entries(axes):
            _draw_data(axes, band, edges, others)
    describe_axis(axes, *list(band.edges.items())[number], legend=True, below=below)


def draw_bands(bands: Sequence[Band]) -> Figure:
    """Return the figure of data, the 68.27 % band of what is expected, and the 95.45 % band of what may be counted."""
    width = WIDTH * max(len(band.edges) for band in bands) + LEGEND
    with matplotlib.rc_context(RC):
        figure = new_figure(width, ROW * len(bands))
        parts = figure.subfigures(len(bands), 1, squeeze=False)[:, 0] if len(bands) > 1 else [figure]
        for part, band in zip(parts, bands, strict=True):
            row = part.subplots(1, len(band.edges), squeeze=False)[0]
            for number, axes in enumerate(row):
                axes.set_ylabel(_draw_band(axes, band, number))
            title_above(part, plain(band.title), width)
            legend_beside(part, [row[0]])
    return figure
