"""The fit that every benchmark runs: COHERENT CsI 2021, weak mixing angle and one neutron radius, four pulls."""

import dataclasses
from functools import cached_property

import numpy as np

import cevnsjax as cj
from cevnsjax.folding.fold import BIN_ORDER, fold
from cevnsjax.folding.nodes import RECOIL_ORDER
from cevnsjax.inference.minimise.starts import even_points
from cevnsjax.inference.problem.chi_square import ChiSquare
from cevnsjax.inference.problem.evaluate import Evaluator
from cevnsjax.inference.problem.problem import Problem, pose
from cevnsjax.measuring.measurement import Measurement
from cevnsjax.parameters.constraints import NO_CONSTRAINTS

FREE = ("sin2_theta_w", "r_n_cs")
TIE = {"r_n_i": "r_n_cs"}


@dataclasses.dataclass(frozen=True)
class Case:
    """The measurement and its likelihood; coordinates are (sin²θ_W [1], R_n [fm], four pulls [1])."""

    measurement: Measurement = dataclasses.field(default_factory=cj.measurements.coherent_csi_2021)
    quick: bool = False
    """Whether blocks that can be small are: for trying them out."""

    @cached_property
    def likelihood(self) -> cj.Likelihood:
        """Return the likelihood of the measurement under the Standard Model."""
        return cj.Likelihood([self.measurement])

    def problem(self, recoil_order: int = RECOIL_ORDER, bin_order: int = BIN_ORDER) -> Problem:
        """Return χ² with `recoil_order` nodes between kinks and `bin_order` in each photo-electron bin."""
        folded = fold(self.measurement, self.likelihood.interaction, recoil_order, bin_order)
        function = ChiSquare((folded,), NO_CONSTRAINTS)
        return pose(function, self.likelihood.specify(free=FREE, tie=TIE))

    def evaluator(self) -> Evaluator:
        """Return the engine's compiled functions, as a user gets them."""
        return self.likelihood.evaluator(free=FREE, tie=TIE)

    @cached_property
    def centre(self) -> np.ndarray:
        """Return the coordinates of the defaults."""
        return self.problem().coordinates(self.likelihood.parameters.complete())

    @cached_property
    def box(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the bounds of the coordinates."""
        return self.problem().box

    def points(self, count: int, width: float = 0.2) -> np.ndarray:
        """Return `count` rows of coordinates, spread evenly within ±`width` of the defaults (relative)."""
        return self.centre * (1.0 + width * (2.0 * even_points(count, len(self.centre)) - 1.0))

    def starts(self, count: int) -> np.ndarray:
        """Return `count` starts: sin²θ_W and R_n spread evenly over their bounds, the pulls at 1."""
        low, high = (bound[: len(FREE)] for bound in self.box)
        starts = np.ones((count, len(self.centre)))
        starts[:, : len(FREE)] = low + (high - low) * even_points(count, len(FREE))
        return starts
