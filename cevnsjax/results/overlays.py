"""Contours of several scans of the same axes over each other."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .._base.errors import InputError
from .._base.levels import Level, ordered_levels
from .._base.typing import Names
from .drawing import heights
from .grid import GridResult, _height

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..plots.scans import Overlay


def common_names(scans: Sequence[GridResult], names: Names | None = None) -> tuple[str, ...]:
    """Return the axes to show of several scans, 1 or 2: those named, else the first two of the first scan.

    Axes are known by their name, whatever their order. Scans of different axes raise InputError without `names`.
    """
    first, *others = scans
    chosen = first._chosen(names)
    for scan in others:
        if names:
            scan._chosen(names)
        elif set(scan.names) != set(first.names):
            raise InputError(
                f"expected scans of the same axes, found {', '.join(first.names)} and {', '.join(scan.names)}: "
                "name axes that all of them have"
            )
    return chosen


def draw_scans(
    scans: Sequence[GridResult],
    level: float | Level | Sequence[float | Level] = 0.90,
    parameters: int | None = None,
    labels: Names | None = None,
    reference: str = "best",
    names: Names | None = None,
    ax: "Axes | None" = None,
    colors: Names | None = None,
) -> "Figure":
    """Draw the contours of several scans of the same axes over each other, or their Δχ² if they have a single axis.

    Axes are known by their name, whatever their order: see `common_names`. Several levels are nested regions. With
    `ax` all is drawn on these axes, and only `labels` that are given are in their legend.
    """
    from ..plots.scans import draw_overlay, draw_overlay_on
    from ..plots.style import root

    names = common_names(scans, names)
    count, levels = len(names) if parameters is None else parameters, ordered_levels(level)
    for chosen in levels:
        _height(chosen, count)
    texts = labels or [scan.title for scan in scans]
    overlays = [_overlay(scan, text, names, levels, count, reference) for text, scan in zip(texts, scans, strict=True)]
    described = {
        "labels": tuple(scans[0].label(name) for name in names),
        "log": tuple(axis.log for axis in scans[0]._axes_of(names)),
        "heights": heights(levels, count),
    }
    if ax is not None:
        for number, overlay in enumerate(overlays):
            entry, colour = labels[number] if labels else None, colors[number] if colors else None
            draw_overlay_on(ax, overlay, **described, entry=entry, colour=colour)
        return root(ax)
    whose = "one parameter" if count == 1 else f"{count} parameters"
    title = ", ".join([*map(str, levels), whose])
    return draw_overlay(overlays, **described, title=title, colours=colors)


def _overlay(
    scan: GridResult, text: str, names: tuple[str, ...], levels: tuple[Level, ...], count: int, reference: str
) -> "Overlay":
    """Return a scan to draw."""
    from ..plots.scans import Overlay

    axes = tuple(axis.values for axis in scan._axes_of(names))
    best = tuple(scan.best[name] for name in names) if scan.best else None
    if len(axes) == 1:
        return Overlay(text, axes, scan.delta_chi2(names, reference), (), best)
    return Overlay(text, axes, None, scan._regions(names, levels, count, reference), best)
