"""The likelihood of measurements under an interaction: what fits, profiles and predictions start from."""

import collections
import dataclasses
import itertools
from collections.abc import Iterable, Mapping, Sequence, Set
from functools import cached_property
from typing import Any

import numpy as np

from .._errors import InputError
from ..constraints import NO_CONSTRAINTS, build_constraints
from ..folding import FoldedMeasurement, fold
from ..inference.evaluate import Evaluator
from ..inference.fit import Solver, best_fit
from ..inference.problem import Problem, Specification, pose, specify
from ..interactions.standard_model import StandardModel, standard_model
from ..likelihood import ChiSquare
from ..measurement import Measurement, Observables
from ..parameters import Gaussian, Parameter, ParameterTable
from ..prediction import expected_counts
from ..systematics import shared_nuisance
from .fit import FitResult, scan_points
from .prediction import Prediction
from .profile import ProfileResult


class Likelihood:
    """The joint likelihood of measurements under one interaction; the same parameter name is the same parameter.

    A parameter that belongs to its measurement (a strength, a coefficient of a detector) is called NAME@MEASUREMENT
    where several measurements have one of that name, and so is one that they know differently, with another default or
    constraint. What several measurements share of their uncertainties (the flux
    of one source) is a nuisance of its own that moves all their strengths together.
    """

    def __init__(
        self, measurements: Sequence[Measurement | Observables], interaction: StandardModel | None = None
    ) -> None:
        """Combine `measurements` under `interaction`, the Standard Model with the 2022 couplings by default."""
        if not measurements:
            raise InputError("expected at least one measurement, found none")
        datasets: dict[str, str] = {}
        for measurement in measurements:
            base = measurement.name.partition(":")[0]
            other = datasets.get(measurement.dataset)
            if other == base:
                raise InputError(f"'{base}' is named more than once: its data would count twice")
            if other is not None:
                raise InputError(f"'{other}' and '{base}' hold the same data, which would count twice")
            datasets[measurement.dataset] = base
        self.measurements = tuple(measurements)
        self.interaction = standard_model() if interaction is None else interaction
        widths = self._shared_widths()
        self._aliases = self._own_names(frozenset(widths))
        self.parameters = ParameterTable(
            (
                *self.interaction.parameters(),
                *(shared_nuisance(name, width) for name, width in widths.items()),
                *(
                    dataclasses.replace(parameter, name=aliases.get(parameter.name, parameter.name))
                    for measurement, aliases in zip(self.measurements, self._aliases, strict=True)
                    for parameter in measurement.parameters(frozenset(widths))
                ),
            )
        )
        self._shared_strengths = frozenset(widths)

    def _shared_widths(self) -> dict[str, float]:
        """Return the width of each nuisance that two or more measurements share."""
        found: dict[str, dict[str, float]] = {}
        for measurement in self.measurements:
            for strength in measurement.strengths if isinstance(measurement, Measurement) else ():
                for nuisance, width in strength.shares().items():
                    found.setdefault(nuisance, {})[measurement.name] = width
        for nuisance, widths in found.items():
            if len(set(widths.values())) > 1:
                listed = ", ".join(f"{width:g} in {name}" for name, width in widths.items())
                raise InputError(f"{nuisance}: expected one width in all measurements, found {listed}")
        return {nuisance: next(iter(widths.values())) for nuisance, widths in found.items() if len(widths) > 1}

    def _own_names(self, shared: frozenset[str]) -> tuple[dict[str, str], ...]:
        """Return, for each measurement, the names here of its parameters that others have too but do not share."""
        parameters = [measurement.parameters(shared) for measurement in self.measurements]
        kinds: dict[str, set[Parameter]] = {}
        for parameter in itertools.chain(*parameters):
            kinds.setdefault(parameter.name, set()).add(parameter)
        owned = [[p.name for p in known if p.own or len(kinds[p.name]) > 1] for known in parameters]
        counts = collections.Counter(name for names in owned for name in names)
        return tuple(
            {name: f"{name}@{measurement.name.partition(':')[0]}" for name in names if counts[name] > 1}
            for measurement, names in zip(self.measurements, owned, strict=True)
        )

    @property
    def shared(self) -> dict[str, list[str]]:
        """Return the nuisances that several measurements share, with the names of these."""
        found: dict[str, list[str]] = {name: [] for name in self._shared_strengths}
        users: dict[str, list[str]] = {}
        for measurement, aliases in zip(self.measurements, self._aliases, strict=True):
            if isinstance(measurement, Measurement):
                named = {name for strength in measurement.strengths for name in strength.shares()}
                for name in named & self._shared_strengths:
                    found[name].append(measurement.name)
            for parameter in measurement.parameters(self._shared_strengths):
                if parameter.profiled and not parameter.own and parameter.name not in aliases:
                    users.setdefault(parameter.name, []).append(measurement.name)
        return found | {name: names for name, names in users.items() if len(names) > 1}

    @cached_property
    def folded(self) -> tuple[FoldedMeasurement, ...]:
        """Return the measurements folded with the interaction, every parameter live."""
        return tuple(
            fold(measurement, self.interaction).join(aliases, self._shared_by_strength(measurement))
            for measurement, aliases in zip(self.measurements, self._aliases, strict=True)
        )

    def _shared_by_strength(self, measurement: Measurement | Observables) -> dict[str, tuple[str, ...]]:
        strengths = measurement.strengths if isinstance(measurement, Measurement) else ()
        named = {s.parameter: tuple(n for n in s.shares() if n in self._shared_strengths) for s in strengths}
        return {name: nuisances for name, nuisances in named.items() if nuisances}

    def local(self, index: int, params: Mapping[str, float]) -> dict[str, float]:
        """Return `params` by the names that measurement `index` gives them."""
        return self.folded[index].local(params)

    def constraints(self, moving: Set[str] = frozenset()) -> dict[str, Gaussian | None]:
        """Return the constraints of the nuisances when the parameters `moving` are fitted, None for a flat one."""
        shared = self._shared_strengths
        found: dict[str, Gaussian | None] = {name: self.parameters[name].constraint for name in sorted(shared)}
        for measurement, aliases in zip(self.measurements, self._aliases, strict=True):
            own = moving | {name for name, alias in aliases.items() if alias in moving}
            found |= {aliases.get(n, n): constraint for n, constraint in measurement.constraints(own, shared).items()}
        return found

    def chi2_function(self) -> ChiSquare:
        """Return χ² of the folded measurements as a function of all parameters, without any constraint."""
        return ChiSquare(self.folded, NO_CONSTRAINTS)

    def specify(
        self,
        free: Sequence[str] = (),
        values: Mapping[str, float] | None = None,
        tie: Mapping[str, str] | None = None,
        require: Iterable[str] = (),
        constrain: Mapping[str, tuple[float, float]] | None = None,
        correlate: Mapping[tuple[str, str], float] | None = None,
    ) -> Specification:
        """Check what is asked for and return it complete; see `fit` for the arguments."""
        extra = {name: Gaussian(*numbers) for name, numbers in (constrain or {}).items()}
        return specify(self.parameters, self.constraints, free, values, tie, require, extra, correlate)

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
        return tuple(
            Prediction(measurement, self.interaction, self.local(index, params))
            for index, measurement in enumerate(self.measurements)
        )

    def chi2(self, values: Mapping[str, float] | None = None) -> float:
        """Return χ², constraints included, at the defaults with `values` in their place; nothing is profiled."""
        own = {name: constraint for name, constraint in self.constraints().items() if constraint is not None}
        measurements = tuple(folded.pull(frozenset(own)) for folded in self.folded)
        return float(ChiSquare(measurements, build_constraints(own))(self.parameters.complete(values)))

    def fit(
        self,
        free: Sequence[str] = (),
        values: Mapping[str, float] | None = None,
        tie: Mapping[str, str] | None = None,
        require: Iterable[str] = (),
        constrain: Mapping[str, tuple[float, float]] | None = None,
        correlate: Mapping[tuple[str, str], float] | None = None,
    ) -> FitResult:
        """Minimise χ² over the parameters `free` and the nuisances, from several starts.

        Args:
            free: parameters to fit; a pull on one of them is dropped.
            values: parameters to fix, or the starting values of free ones.
            tie: follower to leader: the follower takes the leader's value.
            require: orders such as ``"r_n_i<=r_n_cs"`` between parameters, or a parameter and a number.
            constrain: Gaussian constraints (centre, width) on further parameters, which become nuisances, or on
                combinations such as ``"r_n_cs-r_n_i"``.
            correlate: correlations between the constraints of two parameters, by the pair of their names.

        """
        return self._fit(self.specify(free, values, tie, require, constrain, correlate))

    def asimov(self, values: Mapping[str, float] | None = None, tie: Mapping[str, str] | None = None) -> "Likelihood":
        """Return the likelihood of the data expected at the defaults with `values` in their place, no fluctuations.

        Parameters in `tie` take the value of their leader.
        """
        params = self.specify(values=values, tie=tie).values
        measurements = tuple(
            dataclasses.replace(measurement, observed=np.asarray(expected_counts(folded, params)))
            for measurement, folded in zip(self.measurements, self.folded, strict=True)
        )
        return Likelihood(measurements, self.interaction)

    def forecast(
        self,
        free: Sequence[str] = (),
        values: Mapping[str, float] | None = None,
        tie: Mapping[str, str] | None = None,
        require: Iterable[str] = (),
        constrain: Mapping[str, tuple[float, float]] | None = None,
        correlate: Mapping[tuple[str, str], float] | None = None,
    ) -> FitResult:
        """Return the fit of the data expected at the truth: the sensitivity of the measurements.

        `values` moves the truth, of free parameters too; arguments as in `fit`. The errors from the curvature at the
        minimum are those of the Fisher information.
        """
        return self.asimov(values, tie).fit(free, values, tie, require, constrain, correlate)

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
            asked: free, values, tie, require, constrain and correlate as in `fit`.

        """
        specification = self.specify(free=tuple(dict.fromkeys((*names, *asked.pop("free", ())))), **asked)
        specification.check_scan(names, ranges or {}, scan_points(names, points))
        return self._fit(specification).profile(names, ranges, points)
