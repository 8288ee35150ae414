"""Fitted neutron radii beside those of nuclear models."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from .contours import Region, draw_nested
from .style import CURVE_COLOUR, LEVEL_COLOURS, LEVEL_NAMES, RC, new_figure, tidy

MODEL_COLOURS = ("#c0392b", "#e08a2c", "#4c8c4a", "#8c5aa8")
MODEL_MARKERS = ("o", "^", "s", "D")

ALONE_COLOURS = ("#3b6ea5", "#4c8c4a", "#8c5aa8")
BAND_COLOUR = "#9a9a9a"
LIMITS = (-0.05, 0.42)
"""Skins that are drawn on the second axis [fm]."""


@dataclasses.dataclass(frozen=True)
class Plane:
    """A fit of two radii and the same radii in nuclear models."""

    labels: tuple[str, str]
    regions: Sequence[Region]
    """Where Δχ² of the fit is below the levels, the narrowest first."""
    best: tuple[float, float]
    models: Mapping[str, tuple[np.ndarray, np.ndarray]]
    """The two radii in the models of each family [fm]."""


@dataclasses.dataclass(frozen=True)
class Skin:
    """A fitted neutron skin and the same skin in nuclear models."""

    label: str
    best: float
    """Best fit [fm]."""
    intervals: Mapping[str, tuple[float, float]]
    """Interval at each confidence level [per cent], the widest last."""
    names: Sequence[str]
    values: np.ndarray
    """Skin in each model [fm]."""
    families: Sequence[int]
    """Number of the family of each model, in the order of `Plane.models`."""


def _draw_plane(axes: Axes, plane: Plane) -> None:
    shades = LEVEL_COLOURS[1 : 1 + len(plane.regions)]
    draw_nested(axes, plane.regions, shades, CURVE_COLOUR)
    axes.plot(*plane.best, marker="+", ms=10, mew=1.6, color="black")
    handles = [
        Line2D([], [], marker="s", ls="", ms=9, color=colour, label=region.name)
        for region, colour in zip(plane.regions, shades, strict=True)
    ]
    for number, (family, (first, second)) in enumerate(plane.models.items()):
        style: dict[str, Any] = {"marker": MODEL_MARKERS[number], "color": MODEL_COLOURS[number], "ls": "", "ms": 4}
        axes.plot(first, second, **style)
        handles.append(Line2D([], [], label=family, **style))
    axes.set(xlabel=plane.labels[0], ylabel=plane.labels[1])
    axes.legend(handles=handles, loc="lower left")
    tidy(axes)


def _draw_skin(axes: Axes, skin: Skin) -> None:
    for level, (low, high) in reversed(list(skin.intervals.items())):
        axes.axvspan(low, high, color=CURVE_COLOUR, alpha=0.16, lw=0, label=LEVEL_NAMES[level])
    axes.axvline(skin.best, color=CURVE_COLOUR, lw=1.2)
    places = np.arange(len(skin.values))[::-1]
    for value, place, family in zip(skin.values, places, skin.families, strict=True):
        axes.plot(value, place, marker=MODEL_MARKERS[family], color=MODEL_COLOURS[family], ms=4)
    axes.set_yticks(places, skin.names, fontsize=7)
    axes.set(xlabel=skin.label, ylim=(-0.7, len(places) - 0.3))
    tidy(axes)


@dataclasses.dataclass(frozen=True)
class Line:
    """A linear relation of two skins with its spread, the models it is of, and what was measured of both."""

    labels: tuple[str, str]
    skins: tuple[np.ndarray, np.ndarray]
    """The two skins in the models [fm]."""
    families: Mapping[str, np.ndarray]
    """Which models belong to each family."""
    across: np.ndarray
    """Values of the first skin where the line is drawn [fm]."""
    expected: np.ndarray
    spread: np.ndarray
    """The second skin there, and its standard deviation [fm]."""
    regions: Sequence[Region]
    """Where Δχ² of the fit is below the levels, the narrowest first, in the skins."""
    best: tuple[float, float]
    alone: Sequence[tuple[str, int, tuple[float, float]]]
    """What was measured without the relation: entry of the legend, which of the skins, 0 or 1, and its interval."""


def draw_line(line: Line) -> Figure:
    """Return the figure of a relation of two skins: models, line and band, what was measured alone, and the fit."""
    with matplotlib.rc_context(RC):
        figure = new_figure(6.6, 4.6)
        axes = figure.subplots()
        for (label, which, (low, high)), colour in zip(line.alone, ALONE_COLOURS, strict=False):
            span = (axes.axvspan, axes.axhspan)[which]
            span(low, high, color=colour, alpha=0.14, lw=0, label=label)
        band = (line.expected - line.spread, line.expected + line.spread)
        axes.fill_between(line.across, *band, color=BAND_COLOUR, alpha=0.45, lw=0, label="relation, 1σ")
        axes.plot(line.across, line.expected, color="black", lw=0.9)
        shades = LEVEL_COLOURS[1 : 1 + len(line.regions)]
        draw_nested(axes, line.regions, shades, CURVE_COLOUR)
        for region, shade in zip(line.regions, shades, strict=True):
            axes.plot([], [], marker="s", ls="", ms=9, color=shade, label=f"together, {region.name}")
        axes.plot(*line.best, marker="+", ms=10, mew=1.6, color="black")
        for number, (family, of) in enumerate(line.families.items()):
            style: dict[str, Any] = {"marker": MODEL_MARKERS[number], "color": MODEL_COLOURS[number], "ls": "", "ms": 5}
            axes.plot(line.skins[0][of], line.skins[1][of], label=family, **style)
        axes.set(xlabel=line.labels[0], ylabel=line.labels[1], xlim=(line.across[0], line.across[-1]))
        axes.set_ylim(*LIMITS)
        figure.legend(loc="outside right upper")
        tidy(axes)
    return figure


def draw_radii(plane: Plane, skins: Sequence[Skin]) -> Figure:
    """Return the figure of a fit of two radii beside nuclear models: the plane of the radii, and each neutron skin."""
    with matplotlib.rc_context(RC):
        figure = new_figure(4.6 + 2.6 * len(skins), 4.2)
        axes = figure.subplots(1, 1 + len(skins), width_ratios=[1.7, *(1.0 for _ in skins)], squeeze=False)[0]
        _draw_plane(axes[0], plane)
        for panel, skin in zip(axes[1:], skins, strict=True):
            _draw_skin(panel, skin)
    return figure
