"""What every plot takes: axes of the user's, an entry of the legend, a colour, confidence levels."""

from typing import Any

from .._base import arguments
from .._base.errors import InputError
from .._base.levels import Level, check_one_or_more


def _axes(name: str, value: Any) -> None:
    from ..plots.style import check_axes

    check_axes(name, value)


def _colour(name: str, value: Any) -> None:
    from ..plots.style import check_colour

    check_colour(name, value)


ON_AXES: dict[str, arguments.Check] = {
    "ax": arguments.optional(_axes),
    "label": arguments.optional(arguments.text),
    "color": arguments.optional(_colour),
}
"""The checks of ``ax``, ``label`` and ``color``."""
LEVELS_DRAWN = arguments.optional(check_one_or_more)
"""The check of a level or several."""


def needs_axes(**given: Any) -> None:
    """Raise InputError for options of a single drawing where the figure has several."""
    for name, value in given.items():
        if value is not None:
            raise InputError(f"{name}: expected with ax, the axes to draw on: the figure without has several drawings")


def without_axes(**given: Any) -> None:
    """Raise InputError for options of a figure of ours where the user has axes."""
    for name, value in given.items():
        if value is not None:
            raise InputError(f"{name}: expected without ax: axes of yours have it from you")


def without_shade(shade: str | None) -> None:
    """Raise InputError for a choice of what is shaded where levels are nested."""
    if shade is not None:
        raise InputError("shade: expected with ax, or of a scan: the figure of a profile has nested levels")


def heights(levels: tuple[Level, ...], parameters: int = 1) -> dict[str, float]:
    """Return the Δχ² of levels, by what figures call them."""
    from ..plots.style import level_name

    return {level_name(level): level.delta_chi2(parameters) for level in levels}


def count_text(parameters: int) -> str:
    """Return whose Δχ² a level means, as figures have it."""
    return {1: "one parameter", 2: "two parameters"}[parameters]
