"""Recoil spectra before any detector."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .style import (
    LEGEND,
    LINE_COLOURS,
    RC,
    component_name,
    describe,
    legend_beside,
    new_figure,
    next_colour,
    plain,
    tidy,
)

X, Y = "recoil energy [keV]", "rate [1/keV/kg/day]"
WIDTH, HEIGHT = 5.6, 4.2
"""Size [inch] without the legend."""
DEEPEST = 1e-4
"""Part of its largest rate down to which a component is drawn."""
STYLES = ("-", (0, (5, 2)), (0, (1, 1.5)))
"""Lines of the components of a measurement."""


@dataclasses.dataclass(frozen=True)
class Rates:
    """Rates [1/keV/kg/day] of each component of a measurement at recoil energies [keV]."""

    name: str
    title: str
    energy: np.ndarray
    rate: Mapping[str, np.ndarray]


def _draw(axes: Axes, spectrum: Rates, entry: str | None, colour: Any) -> None:
    """Draw the components, each down to a part of its largest rate: none ends at zero, which has no logarithm."""
    for number, (name, rate) in enumerate(spectrum.rate.items()):
        label = component_name(name) if entry is None else entry if number == 0 else f"{entry}, {component_name(name)}"
        axes.plot(
            spectrum.energy,
            np.where(rate > DEEPEST * rate.max(), rate, np.nan),
            color=colour,
            ls=STYLES[number % len(STYLES)],
            lw=1.6,
            label=label,
        )


def draw_recoils_on(axes: Axes, spectrum: Rates, entry: str | None = None, colour: Any = None) -> None:
    """Draw the rates of a measurement on a user's `axes`."""
    _draw(axes, spectrum, entry, next_colour(axes, colour))
    describe(axes, X, Y, (True, True), legend=True)


def draw_recoils(rates: Sequence[Rates]) -> Figure:
    """Return the figure: the rates of each component of each measurement, in logarithms of both."""
    with matplotlib.rc_context(RC):
        figure = new_figure(WIDTH + LEGEND, HEIGHT)
        axes = figure.add_subplot()
        for number, spectrum in enumerate(rates):
            entry = spectrum.name if len(rates) > 1 else None
            _draw(axes, spectrum, entry, LINE_COLOURS[number % len(LINE_COLOURS)])
        axes.set(xlabel=X, ylabel=Y, xscale="log", yscale="log")
        if len(rates) == 1:
            axes.set_title(plain(rates[0].title))
        legend_beside(figure, [axes])
        tidy(axes)
    return figure
