"""Data with the counts that a posterior predicts, against each axis of a measurement."""

import dataclasses
from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from .spectra import ROW, WIDTH, axis_labels
from .style import LEVEL_COLOURS, RC, SIGNAL_COLOUR, new_figure, plain, tidy


@dataclasses.dataclass(frozen=True)
class Band:
    """What to draw of one measurement."""

    title: str
    edges: Mapping[str, np.ndarray]
    observed: np.ndarray
    expected: np.ndarray
    """Expected counts at some draws, an array (draw, bins of each axis)."""
    counts: np.ndarray
    """The same with the fluctuations of counting."""


def draw_bands(bands: Sequence[Band]) -> Figure:
    """Return the figure of data, the 68.27 % band of what is expected, and the 95.45 % band of what may be counted."""
    columns = max(len(band.edges) for band in bands)
    with matplotlib.rc_context(RC):
        figure = new_figure(WIDTH * columns, ROW * len(bands))
        grid = figure.subplots(len(bands), columns, squeeze=False)
        for row, band in zip(grid, bands, strict=True):
            for axes in row[len(band.edges) :]:
                axes.set_axis_off()
            for number, (axis, edges) in enumerate(band.edges.items()):
                others = tuple(k for k in range(band.observed.ndim) if k != number)
                width = np.diff(edges)
                summed = tuple(1 + k for k in others)
                expected, counts = band.expected.sum(axis=summed) / width, band.counts.sum(axis=summed) / width
                observed = band.observed.sum(axis=others)
                axes = row[number]
                low, high = np.quantile(counts, [0.02275, 0.97725], axis=0)
                axes.stairs(high, edges, baseline=low, fill=True, color=LEVEL_COLOURS[3], label="counted, 95.45 %")
                low, middle, high = np.quantile(expected, [0.15865, 0.5, 0.84135], axis=0)
                axes.stairs(high, edges, baseline=low, fill=True, color=LEVEL_COLOURS[1], label="expected, 68.27 %")
                axes.stairs(middle, edges, baseline=None, color=SIGNAL_COLOUR, lw=1.0)
                centre, errors = 0.5 * (edges[1:] + edges[:-1]), np.sqrt(np.maximum(observed, 0.0))
                axes.errorbar(
                    centre, observed / width, errors / width, fmt="o", ms=3, color="black", lw=0.8, label="data"
                )
                xlabel, ylabel = axis_labels(axis)
                axes.set(xlabel=xlabel, ylabel=ylabel, xlim=(edges[0], edges[-1]))
                if np.all(observed >= 0.0):
                    axes.set_ylim(bottom=0.0)
                axes.set_title(plain(band.title) if number == 0 else "")
                tidy(axes)
            row[len(band.edges) - 1].legend(loc="upper right")
    return figure
