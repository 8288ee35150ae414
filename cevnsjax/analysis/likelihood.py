"""The likelihood of measurements under an interaction: what fits, profiles and predictions start from."""

from collections.abc import Iterable, Mapping, Sequence, Set
from functools import cached_property
from typing import Any

import numpy as np

from .._errors import InputError
from ..folding import FoldedMeasurement, fold
from ..inference.evaluate import Evaluator
from ..inference.fit import Solver, best_fit
from ..inference.problem import Problem, Specification, pose, specify
from ..interactions.standard_model import StandardModel, standard_model
from ..likelihood import ChiSquare
from ..measurement import Measurement
from ..parameters import Gaussian, ParameterTable
from .fit import FitResult, scan_points
from .prediction import Prediction
from .profile import ProfileResult


class Likelihood:
    """The joint likelihood of measurements under one interaction; the same parameter name is the same parameter."""

    def __init__(self, measurements: Sequence[Measurement], interaction: StandardModel | None = None) -> None:
        """Combine `measurements` under `interaction`, the Standard Model with the 2022 couplings by default."""
        if not measurements:
            raise InputError("expected at least one measurement, found none")
        bases = [measurement.name.partition(":")[0] for measurement in measurements]
        for base in bases:
            if bases.count(base) > 1:
                raise InputError(f"'{base}' is named more than once: its data would count twice")
        self.measurements = tuple(measurements)
        self.interaction = standard_model() if interaction is None else interaction
        self.parameters = ParameterTable(
            (*self.interaction.parameters(), *(p for measurement in measurements for p in measurement.parameters()))
        )

    @cached_property
    def folded(self) -> tuple[FoldedMeasurement, ...]:
        """Return the measurements folded with the interaction, every parameter live."""
        return tuple(fold(measurement, self.interaction) for measurement in self.measurements)

    def constraints(self, moving: Set[str] = frozenset()) -> dict[str, Gaussian]:
        """Return the constraints of the nuisances when the parameters `moving` are fitted."""
        found: dict[str, Gaussian] = {}
        for measurement in self.measurements:
            found |= measurement.constraints(moving)
        return found

    def chi2_function(self) -> ChiSquare:
        """Return χ² of the folded measurements as a function of all parameters, without any constraint."""
        return ChiSquare(self.folded, (), np.zeros(0), np.zeros(0))

    def specify(
        self,
        free: Sequence[str] = (),
        values: Mapping[str, float] | None = None,
        tie: Mapping[str, str] | None = None,
        require: Iterable[str] = (),
        constrain: Mapping[str, tuple[float, float]] | None = None,
    ) -> Specification:
        """Check what is asked for and return it complete; see `fit` for the arguments."""
        extra = {name: Gaussian(*numbers) for name, numbers in (constrain or {}).items()}
        return specify(self.parameters, self.constraints, free, values, tie, require, extra)

    def problem(self, **asked: Any) -> Problem:
        """Return χ² as a pure function of the vector of free parameters and nuisances, for jit, vmap and grad.

        ``problem.names`` are the coordinates, ``problem.coordinates(values)`` the vector of given values,
        ``problem(u)`` is χ². Everything that does not move is folded away. Arguments as in `fit`.
        """
        return pose(self.chi2_function(), self.specify(**asked))

    def evaluator(self, **asked: Any) -> Evaluator:
        """Return χ², gradient and Hessian of `problem` as compiled functions of one point or of many."""
        return Evaluator(self.problem(**asked))

    def predict(self, values: Mapping[str, float] | None = None) -> tuple[Prediction, ...]:
        """Return the prediction of each measurement at the defaults with `values` in their place."""
        params = self.parameters.complete(values)
        return tuple(Prediction(measurement, self.interaction, params) for measurement in self.measurements)

    def chi2(self, values: Mapping[str, float] | None = None) -> float:
        """Return χ², constraints included, at the defaults with `values` in their place; nothing is profiled."""
        return float(self.chi2_function().constrain(self.constraints())(self.parameters.complete(values)))

    def fit(
        self,
        free: Sequence[str] = (),
        values: Mapping[str, float] | None = None,
        tie: Mapping[str, str] | None = None,
        require: Iterable[str] = (),
        constrain: Mapping[str, tuple[float, float]] | None = None,
    ) -> FitResult:
        """Minimise χ² over the parameters `free` and the nuisances, from several starts.

        Args:
            free: parameters to fit; a pull on one of them is dropped.
            values: parameters to fix, or the starting values of free ones.
            tie: follower to leader: the follower takes the leader's value.
            require: orders such as ``"r_n_i<=r_n_cs"`` between parameters, or a parameter and a number.
            constrain: Gaussian constraints (centre, width) on further parameters, which become nuisances.

        """
        return self._fit(self.specify(free, values, tie, require, constrain))

    def _fit(self, specification: Specification) -> FitResult:
        solver = Solver(pose(self.chi2_function(), specification))
        start = solver.problem.coordinates(specification.values)
        return FitResult(self, specification, solver, best_fit(solver, start, specification.is_free))

    def profile(
        self,
        names: Sequence[str],
        ranges: Mapping[str, tuple[float, float]] | None = None,
        points: int | None = None,
        **asked: Any,
    ) -> ProfileResult:
        """Return χ² against one or two parameters, everything else that is free or a nuisance profiled.

        Args:
            names: the parameter, or the two parameters, to scan.
            ranges: interval to scan of each; by default what holds the 3σ interval.
            points: number of values of each; 101 for one parameter and 61 for two by default.
            asked: free, values, tie, require and constrain as in `fit`.

        """
        specification = self.specify(free=tuple(dict.fromkeys((*names, *asked.pop("free", ())))), **asked)
        specification.check_scan(names, ranges or {}, scan_points(names, points))
        return self._fit(specification).profile(names, ranges, points)
