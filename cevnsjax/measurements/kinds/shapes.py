"""Kinds of nuisances that change the shape of a component: by its templates at ±1σ."""

import numpy as np

from ...parameters.parameter import Gaussian, Parameter
from ...stages.distortions import distorted
from ...stages.morphing import Variation
from ...stages.stage import Stage
from .kind import Place, kind, number, numbers, text
from .observed import in_bins
from .setting import Setting

REACH = 5.0
"""Standard deviations that a shape may move."""


@kind("shape nuisance", "templates", """\
component = "cevns"
nominal = { table = "signal.csv", column = "nominal" }
up = { table = "signal.csv", column = "up" }
down = { table = "signal.csv", column = "down" }""")
class Templates:
    """Templates of a component at +1σ and -1σ beside the nominal one, for all bins, in any common unit.

    Each bin is multiplied by their ratio at ±1 of the parameter; between, its logarithm is smooth. Each bin of the
    component is moved, not its total alone: templates of the same sum move the shape alone.
    """

    component: str = text("the signal, cevns, or a background")
    nominal: np.ndarray = numbers({"counts": 1.0, "1": 1.0, "fraction": 1.0}, "nominal template", negative=False)
    up: np.ndarray = numbers({"counts": 1.0, "1": 1.0, "fraction": 1.0}, "template at +1σ", negative=False)
    down: np.ndarray | None = numbers({"counts": 1.0, "1": 1.0, "fraction": 1.0}, "at -1σ; mirrored by default", None, negative=False)
    form: str = text("how a bin moves between them", "log", ("log", "linear"))
    width: float | None = number("1", "width of the prior of the parameter", 1.0)

    def variation(self, place: Place, setting: Setting) -> tuple[np.ndarray, Variation]:
        """Return the nominal template and the variation."""
        down = None if self.down is None else in_bins(place, "down", self.down, setting)
        return in_bins(place, "nominal", self.nominal, setting), (in_bins(place, "up", self.up, setting), down)

    def parameter(self, name: str) -> Parameter:
        """Return the nuisance."""
        what = f"shape of {self.component}, ±1 at its templates of ±1σ"
        prior = None if self.width is None else Gaussian(0.0, self.width)
        return Parameter(name, "1", 0.0, (-REACH, REACH), rf"\xi_\mathrm{{{name.replace('_', ' ')}}}", what, prior, own=True)

    def moved(self, place: Place, name: str, stage: Stage, setting: Setting, shape: tuple[int, ...]) -> Stage:
        """Return a component of that `shape` with the variation."""
        nominal, (up, down) = self.variation(place, setting)
        rows = (up.reshape(shape), None if down is None else down.reshape(shape))
        return distorted(stage, nominal.reshape(shape), {name: rows}, self.form == "linear")
