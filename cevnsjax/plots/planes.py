"""A Δχ² of two parameters of any origin, as plain arrays, on a user's axes."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from .._base import arguments
from .._base.errors import InputError
from .._base.levels import Level, check_one_or_more, ordered_levels
from .._base.typing import Float
from ..inference.grid.axes import Axis, axis_of
from ..inference.grid.contours import surface
from .contours import ALLOWED, EXCLUDED, Region, draw_contour_on
from .style import check_axes, check_colour, level_name


def regions_of(
    axes: tuple[Axis, Axis], delta_chi2: Float[np.ndarray, "x y"], levels: Sequence[Level], count: int
) -> tuple[Region, ...]:
    """Return where Δχ² on two axes lies below levels of `count` parameters, to draw."""
    regions = []
    for level in levels:
        (x, y, height), lines = surface(axes, delta_chi2, level.delta_chi2(count))
        regions.append(Region(level_name(level), (x, y), height, tuple(line.points for line in lines)))
    return tuple(regions)


def _check_shade(name: str, value: Any) -> None:
    if value not in (ALLOWED, EXCLUDED):
        raise InputError(f"{name}: expected {ALLOWED} or {EXCLUDED}, found {arguments.shown(value)}")


@arguments.checked(
    ax=check_axes,
    x=arguments.array,
    y=arguments.array,
    delta_chi2=arguments.array,
    level=check_one_or_more,
    parameters=arguments.whole(1, 2),
    label=arguments.optional(arguments.text),
    color=arguments.optional(check_colour),
    shade=arguments.optional(_check_shade),
)
def draw_plane(
    ax: Axes,
    x: Float[np.ndarray, " value"],
    y: Float[np.ndarray, " other"],
    delta_chi2: Float[np.ndarray, "..."],
    level: float | Level | Sequence[float | Level] = 0.90,
    parameters: int = 2,
    *,
    log: tuple[bool, bool] = (False, False),
    labels: tuple[str, str] = ("", ""),
    label: str | None = None,
    color: str | None = None,
    shade: str | None = None,
) -> None:
    """Draw the contours of Δχ² on a grid: a single level as a line, several as nested regions.

    Args:
        ax: axes to draw on, over what is there.
        x: increasing values.
        y: likewise.
        delta_chi2: at each pair of them, an array (x, y); points where it is not finite are outside.
        level: a confidence level or several, as fractions.
        parameters: whose Δχ² a level means, 1 or 2.
        log: whether x and y are logarithmic.
        labels: of x and y, where the axes have none.
        label: what the legend calls it.
        color: of the lines; by default the next of ours that is not there.
        shade: "allowed" or "excluded" is shaded, of a single level.

    Example:
        >>> import numpy as np
        >>> from matplotlib.figure import Figure
        >>> from cevnsjax.plots.planes import draw_plane
        >>> ax, x = Figure().subplots(), np.linspace(-5.0, 5.0, 41)
        >>> draw_plane(ax, x, x, x[:, None] ** 2 + x**2, label="a circle", shade="allowed")
        >>> radius = np.hypot(*ax.lines[0].get_data())  # 90 % of two parameters: -2 ln 0.1
        >>> bool(np.allclose(radius**2, -2.0 * np.log(0.1), rtol=1e-3))
        True
        >>> ax.get_legend_handles_labels()[1]
        ['a circle: allowed at 90 %']

    """
    levels = ordered_levels(level)
    if shade is not None and len(levels) > 1:
        raise InputError(f"shade: expected a single level, found {', '.join(map(str, levels))}")
    axes = _axis("x", x, log[0]), _axis("y", y, log[1])
    if delta_chi2.shape != (len(x), len(y)):
        raise InputError(f"delta_chi2: expected an array of {len(x)} x {len(y)}, found {delta_chi2.shape}")
    regions = regions_of(axes, np.asarray(delta_chi2, float), levels, parameters)
    draw_contour_on(ax, regions, None, labels, log, label, color, shade)


def _axis(name: str, values: Float[np.ndarray, " value"], log: bool) -> Axis:
    """Return the axis of increasing numbers."""
    axis = axis_of(name, values)
    if log and axis.values[0] <= 0.0:
        raise InputError(f"{name}: expected values above 0 on a logarithmic axis, found {axis.values[0]:g}")
    return dataclasses.replace(axis, log=log)
