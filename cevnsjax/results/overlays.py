"""Contours of several scans of the same axes over each other."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .._base.errors import InputError
from .._base.levels import Level, level_of
from ..inference.grid.contours import contours, finer_grid, unscaled
from .grid import GridResult, _height

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def common_names(scans: Sequence[GridResult], names: Sequence[str] | None = None) -> tuple[str, ...]:
    """Return the one or two axes to show of several scans: those named, else the first two of the first scan.

    Axes are known by their name, whatever their order. Scans of different axes are refused but where they are named.
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
    level: float | Level = 0.90,
    parameters: int | None = None,
    labels: Sequence[str] | None = None,
    reference: str = "best",
    names: Sequence[str] | None = None,
) -> "Figure":
    """Draw the contours of several scans of the same axes over each other, or their Δχ² if they have one axis.

    Axes are known by their name, whatever their order: see `common_names`.
    """
    from ..plots.scans import Overlay, draw_overlay

    names = common_names(scans, names)
    count = len(names) if parameters is None else parameters
    texts = labels or [scan.title for scan in scans]
    height_of = _height(level, count)
    overlays = []
    for text, scan in zip(texts, scans, strict=True):
        axes, delta = scan._axes_of(names), scan.delta_chi2(names, reference)
        best = tuple(scan.best[name] for name in names) if scan.best else None
        if len(axes) == 1:
            overlays.append(Overlay(text, (axes[0].values,), delta, (), best))
            continue
        pair = (axes[0], axes[1])
        x, y, height = finer_grid(pair, delta, height_of)
        lines = tuple(line.points for line in contours(pair, delta, height_of))
        overlays.append(Overlay(text, (unscaled(pair[0], x), unscaled(pair[1], y)), height, lines, best))
    return draw_overlay(
        overlays,
        labels=tuple(scans[0].label(name) for name in names),
        log=tuple(axis.log for axis in scans[0]._axes_of(names)),
        level=height_of,
        title=f"{level_of(level)}, {'one parameter' if count == 1 else f'{count} parameters'}",
    )
