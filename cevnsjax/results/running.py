"""The running of sin²θ_W as a user holds it: the curve, and what was measured."""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .._base.data_files import DataFile, data_root
from .._base.tables import Block, Shown
from .._base.typing import Float
from ..interactions.couplings import DEFAULT_SIN2
from ..interactions.running import FILE, running_sin2
from ..interactions.weak_charge import PROTON_WEAK_CHARGE_SLOPE
from .tables.running import running_blocks

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LITERATURE, OURS = "literature", "fit"
"""Kinds of points: a number of a paper, or a fit of this package."""
MOMENTA = np.geomspace(1e-4, 300.0, 261)
"""Where the curve is given [GeV]."""


@dataclasses.dataclass(frozen=True)
class RunningPoint:
    """A measurement of sin²θ_W at a momentum transfer."""

    name: str
    q: float
    """Momentum transfer [GeV]."""
    value: float
    """MS-bar sin²θ_W at Q = `q`."""
    error: float
    """Half of the 1σ interval."""
    kind: str
    source: str
    """Paper, or the command of the fit."""

    @property
    def at_zero(self) -> float:
        """Return the value moved to Q = 0 along the curve."""
        return self.value - shift(self.q)


def shift(q: float) -> float:
    """Return how much sin²θ_W at a momentum transfer [GeV] is above that at Q = 0."""
    return float(running_sin2(np.array(q)) - DEFAULT_SIN2)


@dataclasses.dataclass(frozen=True, repr=False)
class Running(Shown):
    """The curve of sin²θ_W against the momentum transfer, and measurements beside it."""

    q: Float[np.ndarray, " q"]
    """Momentum transfers [GeV]."""
    sin2_theta_w: Float[np.ndarray, " q"]
    points: tuple[RunningPoint, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return plain lists and numbers, the JSON of the command line."""
        return {
            "curve": {"q": self.q.tolist(), "sin2_theta_w": self.sin2_theta_w.tolist()},
            "points": [dataclasses.asdict(point) | {"at_zero": point.at_zero} for point in self.points],
        }

    def blocks(self) -> list[Block]:
        """Return what ``cevnsjax running`` prints of it."""
        return running_blocks(self.as_dict())

    def plot(self) -> "Figure":
        """Draw the curve with the points; return the figure."""
        from ..plots.running import Point, draw_running

        points = [Point(f"{p.name} ({p.kind})", p.q, p.value, p.error, p.kind == OURS) for p in self.points]
        return draw_running(self.q, self.sin2_theta_w, points)


def literature(root: Path | None = None) -> tuple[RunningPoint, ...]:
    """Return the numbers of papers; a weak charge of the proton is turned into sin²θ_W by its slope."""
    data = DataFile(FILE, root or data_root())
    sources, points = data.get("sources", dict), []
    for name, entry in data.get("literature", dict).items():
        key, q = f"literature.{name}", data.number(f"literature.{name}.q", "GeV")
        if "sin2_theta_w" in entry:
            value, error = data.number(f"{key}.sin2_theta_w", "1"), data.uncertainty(f"{key}.sin2_theta_w")
        else:
            charge = f"{key}.weak_charge_of_the_proton"
            above = data.number(charge, "1") - data.number(f"{key}.standard_model", "1")
            value = DEFAULT_SIN2 + above / PROTON_WEAK_CHARGE_SLOPE + shift(q)
            error = data.uncertainty(charge) / abs(PROTON_WEAK_CHARGE_SLOPE)
        points.append(RunningPoint(name, q, value, error, LITERATURE, sources[entry["q"]["source"]]))
    return tuple(points)


def fitted_momenta(root: Path | None = None) -> dict[str, float]:
    """Return the momentum transfer [GeV] of each fit of this package, by what is fitted."""
    data = DataFile(FILE, root or data_root())
    return {name: data.number(f"fits.{name}.q", "GeV") for name in data.get("fits", dict)}
