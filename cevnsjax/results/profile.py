"""χ² against one or two parameters, as a user holds it."""

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .._base import arguments
from .._base.levels import LEVELS, USUAL, Level, check_levels, levels_of
from .._base.tables import Block, Shown
from .report import profile_report
from .tables.grid import profile_blocks
from .tables.words import doubts

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..plots.profiles import Curve
    from .fit import FitResult


@dataclasses.dataclass(frozen=True, repr=False)
class ProfileResult(Shown):
    """χ² against one or two parameters, everything else profiled."""

    fit: "FitResult"
    names: tuple[str, ...]
    axes: tuple[np.ndarray, ...]
    """Values of each parameter."""
    chi2: np.ndarray
    """Minimum of χ² at each point, an array with one axis per parameter; infinite where the requirements forbid it."""
    converged: np.ndarray

    def label(self, name: str) -> str:
        """Return the LaTeX label of a parameter, with those that are tied to it and the unit."""
        parameters = self.fit.likelihood.parameters
        followers = [follower for follower, leader in self.fit.specification.ties.items() if leader == name]
        symbols = " = ".join(parameters[one].latex for one in (name, *followers))
        unit = parameters[name].unit
        return f"${symbols}$" + ("" if unit == "1" else f" [{unit}]")

    def curve(self, name: str | None = None) -> "Curve":
        """Return the Δχ² curve of one parameter, to draw."""
        from ..plots.profiles import Curve

        chosen = name or self.names[0]
        points, chi2 = (self.axes[0], self.chi2) if len(self.names) == 1 else self._marginal(chosen)
        pieces = {label: self.fit.interval(chosen, level).pieces for label, level in LEVELS.items()}
        return Curve(self.label(chosen), points, chi2 - self.fit.chi2, self.fit.values[chosen], pieces)

    def _marginal(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        axis = self.names.index(name)
        one = self.fit.profile([name], {name: (self.axes[axis][0], self.axes[axis][-1])})
        return one.axes[0], one.chi2

    @arguments.checked(levels=check_levels)
    def as_dict(self, levels: Sequence[float | Level] = USUAL) -> dict[str, Any]:
        """Return the profile as plain lists and numbers, the JSON of the command line; see `report`."""
        return profile_report(self, levels_of(levels))

    def blocks(self) -> list[Block]:
        """Return what `cevnsjax profile` prints of it."""
        content = self.as_dict()
        return [*profile_blocks(content, self.fit.likelihood.data_name), *doubts(content)]

    def plot(self) -> "Figure":
        """Draw Δχ² against the parameter, or the contours of two with the curve of each."""
        if len(self.names) == 1:
            from ..plots.profiles import draw_profile

            return draw_profile(self.curve())
        from ..plots.contours import draw_contour

        return draw_contour(self.axes, self.chi2 - self.fit.chi2, self.curve(self.names[0]), self.curve(self.names[1]))
