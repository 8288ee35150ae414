"""The recoil spectrum of a measurement before its detector, as a user holds it."""

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from .._base import arguments
from .._base.tables import Block, Shown
from .._base.typing import Float
from .drawing import ON_AXES, needs_axes
from .tables.recoil import recoil_blocks

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..plots.recoils import Rates

UNIT = "1/keV/kg/day"


@dataclasses.dataclass(frozen=True, repr=False)
class RecoilRates(Shown):
    """dR/dT of the source of a measurement on its target, per kilogram of the target and day."""

    name: str
    title: str
    energy: Float[np.ndarray, " energy"]
    """Recoil energies [keV]."""
    rate: dict[str, Float[np.ndarray, " energy"]]
    """Rates [1/keV/kg/day] of the signal, and of electrons where these are added, with their strengths."""
    day: str
    """What a day is: of the live time, or of a beam at a given power where the live time is not published."""

    def as_dict(self) -> dict[str, Any]:
        """Return plain lists and numbers: what the JSON of ``predict --axis recoil`` has under "recoil"."""
        return {
            "energy": self.energy.tolist(),
            "rate": {name: rate.tolist() for name, rate in self.rate.items()},
            "unit": UNIT,
            "day": self.day,
        }

    def blocks(self) -> list[Block]:
        """Return what ``cevnsjax predict --axis recoil`` prints of it."""
        return recoil_blocks(self.as_dict())

    def rates(self) -> "Rates":
        """Return what to draw of it."""
        from ..plots.recoils import Rates

        return Rates(self.name, self.title, self.energy, self.rate)

    @arguments.checked(**ON_AXES)
    def plot(self, ax: "Axes | None" = None, label: str | None = None, color: str | None = None) -> "Figure":
        """Draw the rates against the recoil energy; return the figure.

        Args:
            ax: axes of yours to draw on, with `label` and `color` of your own.
            label: what the legend calls the signal, the name of the component by default.
            color: of the lines; by default the first of ours that is not on the axes.

        """
        from ..plots.recoils import draw_recoils, draw_recoils_on
        from ..plots.style import root

        if ax is None:
            needs_axes(label=label, color=color)
            return draw_recoils([self.rates()])
        draw_recoils_on(ax, self.rates(), label, color)
        return root(ax)
