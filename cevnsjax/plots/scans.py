"""Contours of several scans over each other, or Δχ² of scans of a single parameter, with published curves."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from .._base.errors import InputError
from .contours import Region, draw_contour_on, draw_lines, draw_overlaid, draw_shade, shade_text
from .profiles import DELTA_CHI2, draw_curve_on, draw_levels, finite
from .style import (
    LEGEND,
    LINE_COLOURS,
    NARROW,
    RC,
    describe,
    legend_beside,
    legend_over,
    line_style,
    new_figure,
    next_colour,
    plain,
    tidy,
    wrapped,
)

if TYPE_CHECKING:
    from matplotlib.typing import RcKeyType

WIDTH, HEIGHT = 5.6, 4.6
"""Size [inch] of the axes with our settings alone."""
SHADE_ALONE, SHADE_EACH = 0.16, 0.10
"""Opacity of what is shaded of a single scan, and of each of several."""
NEUTRAL = "0.5"
"""Colour of the entry of the legend that says what is shaded, where several scans are."""
Range = tuple[float, float]


@dataclasses.dataclass(frozen=True)
class Overlay:
    """A scan to draw."""

    label: str
    axes: tuple[np.ndarray, ...]
    """Values of the parameters on the grid."""
    delta_chi2: np.ndarray | None
    """Of a scan of a single parameter."""
    regions: tuple[Region, ...]
    """Of two parameters, the narrowest first."""
    best: tuple[float, ...] | None
    shade: str | None = None
    """What is shaded of a single region: "allowed", "excluded" or nothing."""
    named: bool = True
    """Whether the legend has the label, even of a scan alone; its title has it else."""


@dataclasses.dataclass(frozen=True)
class Published:
    """A curve that others published, to draw."""

    label: str
    lines: tuple[np.ndarray, ...]
    """Its points, arrays (point, 2)."""


@dataclasses.dataclass(frozen=True)
class Frame:
    """What is around the scans of a figure."""

    labels: tuple[str, ...]
    """Of the axes."""
    log: tuple[bool, ...]
    heights: Mapping[str, float]
    """Δχ² of the levels by name."""
    title: str | None
    """Over the axes."""
    limits: tuple[Range | None, Range | None] = (None, None)
    """Of x and y, where they are not those of the grids."""
    settings: "dict[RcKeyType, Any]" = dataclasses.field(default_factory=lambda: dict(RC))
    """Settings of matplotlib: ours with style sheets."""

    def colours(self) -> list[Any]:
        """Return the colours of lines: ours, unless a style sheet has others."""
        cycle = self.settings.get("axes.prop_cycle")
        return list(LINE_COLOURS) if cycle is None else cycle.by_key().get("color", list(LINE_COLOURS))


def draw_overlay_on(
    axes: Axes,
    overlay: Overlay,
    labels: Sequence[str],
    log: Sequence[bool],
    heights: Mapping[str, float],
    entry: str | None = None,
    colour: Any = None,
) -> None:
    """Draw a scan on a user's `axes`: see `draw_curve_on` and `draw_contour_on`."""
    if overlay.delta_chi2 is None:
        draw_contour_on(axes, overlay.regions, overlay.best, labels, log, entry, colour, overlay.shade)
    else:
        draw_curve_on(axes, overlay.axes[0], overlay.delta_chi2, labels[0], heights, log[0], entry, colour)


def draw_published_on(axes: Axes, curve: Published, labels: Sequence[str], log: Sequence[bool]) -> None:
    """Draw a curve that others published on a user's `axes`, in the next of our colours, dashed."""
    colour = next_colour(axes)
    draw_lines(axes, curve.lines, colour, plain(curve.label), line_style(LINE_COLOURS.index(colour))[1])
    describe(axes, labels[0], labels[1], log, legend=True)


def _draw_one(axes: Axes, overlay: Overlay, style: tuple[Any, Any], entry: str | None, alpha: float) -> None:
    """Draw a scan of a figure with its colour and dashes, and what it excludes or allows with the opacity `alpha`."""
    colour, dashes = style
    if overlay.delta_chi2 is not None:
        axes.plot(overlay.axes[0], finite(overlay.delta_chi2), color=colour, ls=dashes, label=entry)
        return
    if overlay.shade is not None:
        draw_shade(axes, overlay.regions[0], overlay.shade, colour, alpha)
    draw_overlaid(axes, overlay.regions, colour, entry, dashes)
    if overlay.best is not None:
        axes.plot(*overlay.best, marker="+", ms=9, mew=1.4, ls="", color=colour)


def _shaded(overlays: Sequence[Overlay]) -> set[str]:
    """Return what is shaded of the scans, as the legend has it."""
    return {shade_text(overlay.regions[0], overlay.shade) for overlay in overlays if overlay.shade is not None}


def _entries(overlays: Sequence[Overlay]) -> list[str | None]:
    """Return what the legend has of each scan; of scans that differ in what is shaded, it says that of each."""
    texts = [plain(overlay.label) if overlay.named else None for overlay in overlays]
    if len(_shaded(overlays)) < 2:
        return texts
    return [
        text if overlay.shade is None else f"{text}: {shade_text(overlay.regions[0], overlay.shade)}"
        for text, overlay in zip(texts, overlays, strict=True)
    ]


def _draw_scans(axes: Axes, overlays: Sequence[Overlay], styles: Sequence[tuple[Any, Any]]) -> None:
    """Draw the scans, each in its style, with the entries of the legend."""
    alpha = SHADE_ALONE if len(overlays) == 1 else SHADE_EACH
    for overlay, style, entry in zip(overlays, styles, _entries(overlays), strict=True):
        _draw_one(axes, overlay, style, entry, alpha)


def _name_shade(axes: Axes, overlays: Sequence[Overlay], colour: Any) -> None:
    """Give the legend an entry that says what is shaded, if that is the same of all scans."""
    shaded = _shaded(overlays)
    if len(shaded) == 1:
        box: dict[str, Any] = {"marker": "s", "ms": 9, "ls": "", "markerfacecolor": to_rgba(colour, SHADE_ALONE)}
        axes.plot([], [], color=colour, label=shaded.pop(), **box)


def _grids(overlays: Sequence[Overlay]) -> list[Range]:
    """Return from where to where the grids of all scans are."""
    every = zip(*(overlay.axes for overlay in overlays), strict=True)
    return [(min(values[0] for values in axis), max(values[-1] for values in axis)) for axis in every]


def _window(overlays: Sequence[Overlay], frame: Frame) -> tuple[Range, Range]:
    """Return from where to where x and y are drawn."""
    x, *rest = _grids(overlays)
    y = rest[0] if rest else (0.0, 2.5 * max(frame.heights.values()))
    return frame.limits[0] or x, frame.limits[1] or y


def _check_seen(curve: Published, window: tuple[Range, Range]) -> None:
    """Raise InputError for a curve of which no point is in the figure."""
    (left, right), (bottom, top) = window
    for x, y in (line.T for line in curve.lines):
        if np.any((x >= left) & (x <= right) & (y >= bottom) & (y <= top)):
            return
    raise InputError(
        f"curve '{curve.label}': expected points within the figure, x from {left:g} to {right:g} and "
        f"y from {bottom:g} to {top:g}, found none there"
    )


def _set_frame(axes: Axes, frame: Frame, window: tuple[Range, Range]) -> None:
    """Give `axes` the labels, the scales and the limits, and the lines of levels where Δχ² is drawn."""
    scales = ["log" if logarithmic else "linear" for logarithmic in frame.log]
    axes.set(xlabel=frame.labels[0], xscale=scales[0])
    if len(frame.labels) == 2:
        axes.set(ylabel=frame.labels[1], yscale=scales[1])
    else:
        axes.set(ylabel=DELTA_CHI2)
        draw_levels(axes, frame.heights)
    axes.set(xlim=window[0], ylim=window[1])
    tidy(axes)


def _new_figure(frame: Frame, beside: bool) -> Figure:
    """Return an empty figure: of the size of the style sheet, else with room for a legend `beside` the axes."""
    size = frame.settings.get("figure.figsize", (WIDTH + LEGEND if beside else WIDTH, HEIGHT))
    return new_figure(*size)


def draw_overlay(
    overlays: Sequence[Overlay],
    frame: Frame,
    colours: Sequence[Any] | None = None,
    curves: Sequence[Published] = (),
) -> Figure:
    """Return the figure of scans of the same parameter or two, and of published curves; a cross is a best fit."""
    window = _window(overlays, frame)
    for curve in curves:
        _check_seen(curve, window)
    with matplotlib.rc_context(frame.settings):
        several = len(overlays) + len(curves) > 1 or (len(frame.labels) == 2 and len(frame.heights) > 1)
        figure = _new_figure(frame, several)
        axes = figure.add_subplot()
        styles = [line_style(number, frame.colours()) for number in range(len(overlays) + len(curves))]
        chosen = styles[: len(overlays)] if colours is None else [(colour, "-") for colour in colours]
        _draw_scans(axes, overlays, chosen)
        for curve, style in zip(curves, styles[len(overlays) :], strict=True):
            draw_lines(axes, curve.lines, style[0], plain(curve.label), style[1])
        _name_shade(axes, overlays, chosen[0][0] if len(overlays) == 1 else NEUTRAL)
        _set_frame(axes, frame, window)
        if frame.title is not None:
            size = matplotlib.rcParams["axes.titlesize"]
            axes.set_title(wrapped(frame.title, 0.8 * min(figure.get_figwidth(), WIDTH), size))
        if axes.get_legend_handles_labels()[1]:
            (legend_beside if several and figure.get_figwidth() > NARROW else legend_over)(figure, [axes])
    return figure
