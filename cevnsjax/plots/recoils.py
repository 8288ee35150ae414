"""Recoil spectra before any detector."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .style import LINE_COLOURS, RC, component_name, describe, new_figure, next_colour, plain, tidy

X, Y = "recoil energy [keV]", "rate [1/keV/kg/day]"
DEEPEST = 1e-6
"""Part of the largest rate down to which rates are drawn."""
STYLES = ("-", (0, (5, 2)), (0, (1, 1.5)))
"""Lines of the components of a measurement."""


@dataclasses.dataclass(frozen=True)
class Rates:
    """Rates [1/keV/kg/day] of each component of a measurement at recoil energies [keV]."""

    title: str
    energy: np.ndarray
    rate: Mapping[str, np.ndarray]


def _floor(rates: Sequence[Rates]) -> float:
    """Return the rate below which nothing is drawn; 0 if there is no rate at all."""
    largest = max(float(rate.max()) for spectrum in rates for rate in spectrum.rate.values())
    return DEEPEST * largest


def _draw(axes: Axes, spectrum: Rates, floor: float, entry: str | None, colour: Any) -> None:
    """Draw the components, those that are nowhere above the `floor` in the legend alone."""
    for number, (name, rate) in enumerate(spectrum.rate.items()):
        label = component_name(name) if entry is None else entry if number == 0 else f"{entry}, {component_name(name)}"
        axes.plot(
            spectrum.energy,
            np.where(rate > floor, rate, np.nan),
            color=colour,
            ls=STYLES[number % len(STYLES)],
            lw=1.6,
            label=label,
        )


def draw_recoils_on(axes: Axes, spectrum: Rates, entry: str | None = None, colour: Any = None) -> None:
    """Draw the rates of a measurement on a user's `axes`."""
    _draw(axes, spectrum, _floor([spectrum]), entry, next_colour(axes, colour))
    describe(axes, X, Y, (True, True), legend=True)


def draw_recoils(rates: Sequence[Rates]) -> Figure:
    """Return the figure: the rates of each component of each measurement, in logarithms of both."""
    floor = _floor(rates)
    with matplotlib.rc_context(RC):
        figure = new_figure(6.4, 4.4)
        axes = figure.add_subplot()
        for number, spectrum in enumerate(rates):
            entry = plain(spectrum.title) if len(rates) > 1 else None
            _draw(axes, spectrum, floor, entry, LINE_COLOURS[number % len(LINE_COLOURS)])
        axes.set(xlabel=X, ylabel=Y, xscale="log", yscale="log")
        if len(rates) == 1:
            axes.set_title(plain(rates[0].title))
        axes.legend(loc="lower left")
        tidy(axes)
    return figure
