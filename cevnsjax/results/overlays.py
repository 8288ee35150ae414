"""Contours of several scans of the same axes over each other, with curves that others published."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .._base import arguments
from .._base.errors import InputError
from .._base.levels import Level, ordered_levels
from .._base.typing import Names
from .drawing import count_text, heights, without_axes
from .grid import GridResult, _height
from .plane import check_shade, is_limit
from .published import read_published

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..plots.scans import Frame, Overlay, Published, Range

DELTA_CHI2 = "delta_chi2"
"""The second column of a published curve of a single parameter."""


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


@arguments.checked(
    labels=arguments.optional(arguments.texts),
    names=arguments.optional(arguments.texts),
    swap=arguments.switch,
    shade=arguments.optional(check_shade),
    style=arguments.optional(arguments.texts),
    title=arguments.optional(arguments.text),
    xlim=arguments.optional(arguments.ends),
    ylim=arguments.optional(arguments.ends),
)
def draw_scans(
    scans: Sequence[GridResult],
    level: float | Level | Sequence[float | Level] = 0.90,
    parameters: int | None = None,
    labels: Names | None = None,
    reference: str = "best",
    names: Names | None = None,
    ax: "Axes | None" = None,
    colors: Names | None = None,
    *,
    swap: bool = False,
    shade: str | None = None,
    curves: Mapping[str, str | Path] | None = None,
    style: Names | None = None,
    title: str | None = None,
    xlim: "Range | None" = None,
    ylim: "Range | None" = None,
) -> "Figure":
    r"""Draw the contours of several scans of the same axes over each other, or their Δχ² if they have a single axis.

    Axes are known by their name, whatever their order: see `common_names`. Several levels are nested regions. With
    `ax` all is drawn on these axes, and only `labels` that are given are in their legend.

    Args:
        scans: scans or profiles.
        level: a confidence level or several.
        parameters: whose Δχ² a level means, by default as many as are drawn.
        labels: what the legend calls each scan.
        reference: what Δχ² counts from, "best" or "grid".
        names: the axes in the order x, y; by default a mass is on x.
        ax: axes of yours to draw on.
        colors: of each scan.
        swap: turns x and y round.
        shade: "allowed", "excluded" or "none" of a single level. By default what is excluded of a scan that only
            limits a coupling (its Δχ² allows the least coupling of the grid at every mass), else what is allowed;
            on `ax` nothing.
        curves: CSV files of published curves by what the legend calls them: see `cevnsjax.results.published`.
        style: style sheets by name (ours are "column" and "wide") or file; there is no title of ours then.
        title: in place of ours.
        xlim: where x begins and ends.
        ylim: likewise.

    Example:
        >>> import cevnsjax as cj
        >>> likelihood = cj.Likelihood(["csre-cs"])
        >>> scan = likelihood.scan({"r_n_cs": "4:6:21", "sin2_theta_w": "0.2:0.3:21"})
        >>> figure = draw_scans([scan], labels=["scattering"], swap=True)
        >>> figure.axes[0].get_xlabel(), [text.get_text() for text in figure.legends[0].get_texts()]
        ('$\\sin^2\\theta_W$', ['scattering', 'allowed at 90 %'])

    """
    from ..plots.scans import draw_overlay, draw_overlay_on, draw_published_on
    from ..plots.style import plain, root

    common_names(scans, names)
    names = scans[0]._on_axes(names, swap)
    count, levels = len(names) if parameters is None else parameters, ordered_levels(level)
    for chosen in levels:
        _height(chosen, count)
    shades = _shades(scans, names, levels, count, reference, shade, ax is not None)
    overlays = [
        _overlay(scan, labels[k] if labels else scan.title, names, levels, count, reference, shades[k])
        for k, scan in enumerate(scans)
    ]
    published = _published(scans[0], names, curves or {})
    if ax is not None:
        without_axes(style=style, title=title, xlim=xlim, ylim=ylim)
        frame = _frame(scans[0], names, levels, count, None)
        for number, overlay in enumerate(overlays):
            entry, colour = labels[number] if labels else None, colors[number] if colors else None
            draw_overlay_on(ax, overlay, frame.labels, frame.log, frame.heights, entry, colour)
        for curve in published:
            draw_published_on(ax, curve, frame.labels, frame.log)
        return root(ax)
    named = bool(labels) or len(overlays) > 1
    over = None if style else _title(levels, count, None if named else scans[0].title)
    frame = _frame(scans[0], names, levels, count, over if title is None else plain(title), style, (xlim, ylim))
    shown = [dataclasses.replace(overlay, named=named) for overlay in overlays]
    return draw_overlay(shown, frame, colors, published)


def _shades(
    scans: Sequence[GridResult],
    names: tuple[str, ...],
    levels: tuple[Level, ...],
    count: int,
    reference: str,
    shade: str | None,
    on_axes: bool,
) -> list[str | None]:
    """Return what is shaded of each scan: what is asked for, or, in a figure of our own, what its Δχ² shows."""
    if shade is not None and (len(names) != 2 or len(levels) != 1):
        raise InputError(
            f"shade: expected two axes and a single level, found {', '.join(names)} at {', '.join(map(str, levels))}"
        )
    if shade is not None or len(names) != 2 or len(levels) != 1 or on_axes:
        return [None if shade == "none" else shade for _ in scans]
    height = _height(levels[0], count)
    return [
        "excluded"
        if is_limit(scan.pair(names), scan.units(names), scan.delta_chi2(names, reference), height)
        else "allowed"
        for scan in scans
    ]


def _title(levels: tuple[Level, ...], count: int, scan: str | None) -> str:
    """Return the title of a figure: the levels, whose Δχ² they mean, and a scan that no legend names."""
    from ..plots.style import plain

    said = ", ".join([*map(str, levels), count_text(count)])
    return said if scan is None else f"{plain(scan)}\n{said}"


def _frame(
    scan: GridResult,
    names: tuple[str, ...],
    levels: tuple[Level, ...],
    count: int,
    title: str | None,
    style: Names | None = None,
    limits: "tuple[Range | None, Range | None]" = (None, None),
) -> "Frame":
    """Return what is around the scans of a figure."""
    from ..plots.look import settings
    from ..plots.scans import Frame

    labels, log = tuple(scan.label(name) for name in names), tuple(axis.log for axis in scan._axes_of(names))
    for name, logarithmic, limit in zip(("xlim", "ylim"), (*log, False), limits, strict=False):
        _check_limits(name, limit, logarithmic)
    return Frame(labels, log, heights(levels, count), title, limits, settings(style))


def _check_limits(name: str, limit: "Range | None", log: bool) -> None:
    """Raise InputError for limits of an axis that cannot be drawn."""
    if limit is None:
        return
    low, high = limit
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise InputError(f"{name}: expected a lower and a higher number, found {low:g} and {high:g}")
    if log and low <= 0.0:
        raise InputError(f"{name}: expected numbers above 0 on a logarithmic axis, found {low:g}")


def _published(scan: GridResult, names: tuple[str, ...], curves: Mapping[str, str | Path]) -> "list[Published]":
    """Return the published curves, in the order and the units of the axes."""
    units = dict(zip(names, scan.units(names), strict=True)) | ({} if len(names) == 2 else {DELTA_CHI2: "1"})
    log = [*(axis.log for axis in scan._axes_of(names)), False][:2]
    return [read_published(label, Path(path), units, log) for label, path in curves.items()]


def _overlay(
    scan: GridResult,
    text: str,
    names: tuple[str, ...],
    levels: tuple[Level, ...],
    count: int,
    reference: str,
    shade: str | None,
) -> "Overlay":
    """Return a scan to draw."""
    from ..plots.scans import Overlay

    axes = tuple(axis.values for axis in scan._axes_of(names))
    best = tuple(scan.best[name] for name in names) if scan.best else None
    if len(axes) == 1:
        return Overlay(text, axes, scan.delta_chi2(names, reference), (), best)
    return Overlay(text, axes, None, scan._regions(names, levels, count, reference), best, shade)
