"""Densities of draws: of each parameter, and of each two of them."""

from collections.abc import Sequence

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from .._typing import Float
from .style import CURVE_COLOUR, RC

SIZE = 1.9
"""Size [inch] of one panel."""
MASS = (0.6827, 0.90)
"""Probability within each contour."""


def draw_corner(draws: Float[np.ndarray, "draw parameter"], labels: Sequence[str]) -> Figure:
    """Return the corner plot of `draws`, with contours that hold 68.27 and 90 % of them and the median of each."""
    import corner

    count = draws.shape[1]
    size = max(3.6, SIZE * count + 0.8)
    smooth = {"smooth": 1.0, "smooth1d": 1.0} if len(draws) > 1000 else {}
    with matplotlib.rc_context(RC):
        figure = Figure(figsize=(size, size), dpi=130)
        corner.corner(
            draws,
            fig=figure,
            labels=list(labels),
            bins=40 if len(draws) > 5000 else 20,
            levels=MASS,
            color=CURVE_COLOUR,
            plot_datapoints=False,
            fill_contours=True,
            quantiles=(0.15865, 0.5, 0.84135),
            show_titles=True,
            title_fmt=".3g",
            title_kwargs={"fontsize": 9},
            label_kwargs={"fontsize": 11},
            max_n_ticks=4,
            range=[_range(column) for column in draws.T],
            **smooth,
        )
    return figure


def _range(draws: Float[np.ndarray, " draw"]) -> tuple[float, float]:
    """Return the range that holds all but a thousandth of the draws, with a margin."""
    low, high = np.quantile(draws, [0.0005, 0.9995])
    margin = 0.03 * (high - low) + 1e-12 * max(1.0, abs(low), abs(high))
    return float(low - margin), float(high + margin)
