"""What a user works with: a likelihood of measurements, its fits, profiles and contours."""

import dataclasses
import math
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ._errors import InputError
from ._version import __version__
from .folding import FoldedMeasurement, fold
from .inference.evaluate import Evaluator
from .inference.fit import BestFit, Solver, best_fit
from .inference.intervals import LEVELS, Interval, delta_chi2, intervals, profile
from .inference.problem import Problem, Specification, pose, specify
from .interactions.standard_model import StandardModel, standard_model
from .likelihood import ChiSquare
from .measurement import Measurement
from .parameters import Gaussian, ParameterTable
from .prediction import component_counts, flux_averaged_cross_section, quadrature_error, signal_by_nuclide

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CONFIDENCE_LEVELS = tuple(LEVELS)
"""Levels [per cent] at which every fit reports its intervals."""
LOWER = 1e-6
"""How much lower than the best fit χ² must be on a profile for the fit to move there."""


@dataclasses.dataclass(frozen=True)
class Prediction:
    """Expected counts of one measurement at given parameters."""

    measurement: Measurement
    interaction: StandardModel
    params: dict[str, float]

    @cached_property
    def counts(self) -> dict[str, np.ndarray]:
        """Return the counts of each component in each bin, arrays (energy bin, time bin)."""
        folded = fold(self.measurement, self.interaction)
        return component_counts(folded, {name: np.float64(value) for name, value in self.params.items()})

    @cached_property
    def signal(self) -> np.ndarray:
        """Return the signal counts, an array (flavour, nuclide, energy bin, time bin)."""
        params = {name: np.float64(value) for name, value in self.params.items()}
        return signal_by_nuclide(self.measurement, self.interaction, params)

    @cached_property
    def quadrature_error(self) -> float:
        """Return the largest relative error of a signal bin that the quadrature leaves, measured by doubling it."""
        params = {name: np.float64(value) for name, value in self.params.items()}
        return quadrature_error(self.measurement, self.interaction, params)

    @cached_property
    def cross_section(self) -> float:
        """Return the flux-averaged cross section per nucleus [cm²], times the strength of the signal."""
        params = {name: np.float64(value) for name, value in self.params.items()}
        strength = params[self.measurement.strengths[0].parameter]
        return float(strength * flux_averaged_cross_section(self.measurement, self.interaction, params))

    def as_dict(self) -> dict[str, Any]:
        """Return the prediction as plain lists and numbers."""
        flavours, nuclides = self.measurement.source.flavours, self.measurement.target.nuclides
        return {
            "measurement": self.measurement.name,
            "total": {name: float(counts.sum()) for name, counts in self.counts.items()},
            "counts": {name: counts.tolist() for name, counts in self.counts.items()},
            "signal": {
                flavour: {nucleus.name: self.signal[k, i].tolist() for i, nucleus in enumerate(nuclides)}
                for k, flavour in enumerate(flavours)
            },
            "flux_averaged_cross_section": {"value": 1e40 * self.cross_section, "unit": "1e-40 cm^2"},
            "edges": {axis: edges.tolist() for axis, edges in self.measurement.axes.items()},
            "quadrature_error": self.quadrature_error,
            "observed": self.measurement.observed.tolist(),
        }

    def plot(self) -> "Figure":
        """Draw data and components against energy and against time."""
        from .plots.spectra import draw_spectra

        return draw_spectra(self.measurement.title, self.measurement.axes, self.measurement.observed, self.counts)


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

    def _chi2_function(self) -> ChiSquare:
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

    def problem(
        self,
        free: Sequence[str] = (),
        values: Mapping[str, float] | None = None,
        tie: Mapping[str, str] | None = None,
        require: Iterable[str] = (),
        constrain: Mapping[str, tuple[float, float]] | None = None,
    ) -> Problem:
        """Return χ² as a pure function of the vector of free parameters and nuisances, for jit, vmap and grad.

        ``problem.names`` are the coordinates, ``problem.coordinates(values)`` the vector of given values,
        ``problem(u)`` is χ². Everything that does not move is folded away. Arguments as in `fit`.
        """
        return pose(self._chi2_function(), self.specify(free, values, tie, require, constrain))

    def evaluator(
        self,
        free: Sequence[str] = (),
        values: Mapping[str, float] | None = None,
        tie: Mapping[str, str] | None = None,
        require: Iterable[str] = (),
        constrain: Mapping[str, tuple[float, float]] | None = None,
    ) -> Evaluator:
        """Return χ², gradient and Hessian of `problem` as compiled functions of one point or of many."""
        return Evaluator(self.problem(free, values, tie, require, constrain))

    def predict(self, values: Mapping[str, float] | None = None) -> tuple[Prediction, ...]:
        """Return the prediction of each measurement at the defaults with `values` in their place."""
        params = self.parameters.complete(values)
        return tuple(Prediction(measurement, self.interaction, params) for measurement in self.measurements)

    def chi2(self, values: Mapping[str, float] | None = None) -> float:
        """Return χ², constraints included, at the defaults with `values` in their place; nothing is profiled."""
        params = {name: np.float64(value) for name, value in self.parameters.complete(values).items()}
        constraints = self.constraints()
        function = dataclasses.replace(
            self._chi2_function(),
            constrained=tuple(constraints),
            centres=np.array([c.centre for c in constraints.values()]),
            widths=np.array([c.width for c in constraints.values()]),
        )
        return float(function(params))

    def fit(
        self,
        free: Sequence[str] = (),
        values: Mapping[str, float] | None = None,
        tie: Mapping[str, str] | None = None,
        require: Iterable[str] = (),
        constrain: Mapping[str, tuple[float, float]] | None = None,
    ) -> "FitResult":
        """Minimise χ² over the parameters `free` and the nuisances, from several starts.

        Args:
            free: parameters to fit; a pull on one of them is dropped.
            values: parameters to fix, or the starting values of free ones.
            tie: follower to leader: the follower takes the leader's value.
            require: orders such as ``"r_n_i<=r_n_cs"`` between parameters, or a parameter and a number.
            constrain: Gaussian constraints (centre, width) on further parameters, which become nuisances.

        """
        specification = self.specify(free, values, tie, require, constrain)
        solver = Solver(pose(self._chi2_function(), specification))
        start = solver.problem.coordinates(specification.values)
        found = best_fit(solver, start, np.isin(solver.problem.names, specification.free))
        return FitResult(self, specification, solver, found)

    def profile(
        self,
        names: Sequence[str],
        ranges: Mapping[str, tuple[float, float]] | None = None,
        points: int | None = None,
        **specification: Any,
    ) -> "ProfileResult":
        """Return χ² against one or two parameters, everything else that is free or a nuisance profiled.

        Args:
            names: the parameter, or the two parameters, to scan.
            ranges: interval to scan of each; by default what holds the 3σ interval.
            points: number of values of each; 101 for one parameter and 61 for two by default.
            specification: free, values, tie, require and constrain as in `fit`.

        """
        if not 1 <= len(names) <= 2 or len(set(names)) != len(names):
            raise InputError(f"expected one or two different parameters to profile, found {', '.join(names) or 'none'}")
        count = (101 if len(names) == 1 else 61) if points is None else points
        if count < 2:
            raise InputError(f"expected at least 2 points, found {count}")
        for name, (low, high) in (ranges or {}).items():
            if name not in names:
                raise InputError(f"a range is given for '{name}', which is not profiled")
            if not (math.isfinite(low) and math.isfinite(high) and low < high):
                raise InputError(f"{name}: expected a range from a lower to a higher number, found {low:g} to {high:g}")
            self.parameters.find(name).check(low)
            self.parameters.find(name).check(high)
        free = tuple(dict.fromkeys((*names, *specification.pop("free", ()))))
        fit = self.fit(free=free, **specification)
        return fit.profile(names, ranges, count)


@dataclasses.dataclass
class FitResult:
    """The best fit, and what follows from it on request. Check `converged`."""

    likelihood: Likelihood
    specification: Specification
    solver: Solver
    found: BestFit

    def __post_init__(self) -> None:
        self._intervals: dict[tuple[str, float], Interval] = {}
        self._solvers: dict[tuple[str, ...], tuple[Solver, BestFit]] = {(): (self.solver, self.found)}

    @property
    def converged(self) -> bool:
        """Return whether the minimum was reached."""
        return self.found.converged

    @property
    def message(self) -> str:
        """Return how the minimisation ended."""
        return self.found.message

    @property
    def chi2(self) -> float:
        """Return χ² at the minimum."""
        return self.found.value

    @property
    def dof(self) -> int:
        """Return the number of bins less the number of free parameters."""
        bins = sum(measurement.observed.size for measurement in self.likelihood.measurements)
        return bins - len(self.specification.free)

    @cached_property
    def values(self) -> dict[str, float]:
        """Return the value of every parameter at the best fit."""
        moving = self.solver.problem.params(self.found.u)
        return self.specification.values | {name: float(value) for name, value in moving.items()}

    def _placed_first(self, names: Sequence[str]) -> tuple[Solver, BestFit]:
        """Return the solver, and the best fit in its coordinates, where `names` are coordinates of their own value."""
        ordered = {name for pair in self.specification.orders for name in pair}
        key = tuple(name for name in names if name in ordered)
        if key not in self._solvers:
            problem = pose(self.likelihood._chi2_function(), self.specification, first=key)
            solver = Solver(problem)
            free = np.isin(problem.names, self.specification.free)
            self._solvers[key] = solver, best_fit(solver, problem.coordinates(self.values), free)
        return self._solvers[key]

    def _leader(self, name: str) -> str:
        leader = self.specification.ties.get(name, name)
        if leader not in self.specification.coordinates:
            self.likelihood.parameters.find(name)
            raise InputError(f"'{name}' is not fitted: it is neither free nor a nuisance")
        return leader

    def _compute_intervals(self, name: str, deltas: Sequence[float]) -> None:
        missing = [delta for delta in deltas if (name, delta) not in self._intervals]
        while missing:
            solver, found = self._placed_first([name])
            free = np.isin(solver.problem.names, self.specification.free)
            results, scanned = intervals(solver, solver.problem.names.index(name), found, free, missing)
            lowest = int(np.argmin(scanned.chi2))
            if scanned.chi2[lowest] > found.value - LOWER:
                self._intervals |= {(name, delta): one for delta, one in zip(missing, results, strict=True)}
                return
            self._adopt(solver.problem.params(scanned.u[lowest]))

    def _adopt(self, params: Mapping[str, Any]) -> None:
        """Move to the lower minimum that a profile has come upon, and forget what was found about the other."""
        values = self.specification.values | {name: float(value) for name, value in params.items()}
        self.found = best_fit(self.solver, self.solver.problem.coordinates(values), np.zeros(len(self.found.u), bool))
        self._solvers = {(): (self.solver, self.found)}
        self._intervals.clear()
        self.__dict__.pop("values", None)

    def interval(self, name: str, cl: float = 0.6827) -> Interval:
        """Return where the parameter lies at confidence level `cl`, everything else profiled: all disjoint pieces.

        Δχ² is 1, 2.71, 4, 9 at `cl` 0.6827, 0.90, 0.9545, 0.9973, else the quantile of χ² with one degree of freedom.
        """
        leader = self._leader(name)
        level = delta_chi2(f"{100.0 * cl:g}")
        self._compute_intervals(leader, [*LEVELS.values(), level] if level in LEVELS.values() else [level])
        return self._intervals[leader, level]

    def error(self, name: str) -> float:
        """Return half of the width of the 68.27 % interval: of the piece that holds the best fit."""
        low, high = self.interval(name).around(self.values[name])
        return 0.5 * (high - low)

    def hessian_error(self, name: str) -> float:
        """Return the error of a coordinate from the curvature at the minimum; not a number at a bound."""
        k = self.solver.problem.names.index(self._leader(name))
        variance = self.found.covariance[k, k]
        return math.sqrt(variance) if variance > 0 else math.nan

    def derived(self, function: Callable[[Mapping[str, float]], float]) -> tuple[float, float]:
        """Return value and error of a function of the parameters at the best fit, by linear propagation.

        The derivatives are central differences over a hundredth of each coordinate's error.
        """
        u, names = self.found.u, self.solver.problem.names
        covariance = np.where(np.isfinite(self.found.covariance), self.found.covariance, 0.0)
        gradient = np.zeros(len(names))
        base = {name: np.float64(value) for name, value in self.specification.values.items()}
        for k in range(len(names)):
            step = 1e-2 * math.sqrt(covariance[k, k])
            if step > 0:
                ends = [
                    function(base | dict(self.solver.problem.params(u + sign * step * np.eye(len(u))[k])))
                    for sign in (1.0, -1.0)
                ]
                gradient[k] = (ends[0] - ends[1]) / (2.0 * step)
        value = function(base | dict(self.solver.problem.params(u)))
        return float(value), math.sqrt(float(gradient @ covariance @ gradient))

    def events(self, index: int = 0) -> dict[str, tuple[float, float]]:
        """Return the total of each component of measurement `index` at the best fit, and its error."""
        folded = self.solver.problem.chi2.measurements[index]
        return {
            component: self.derived(lambda params, c=component: float(np.sum(component_counts(folded, params)[c])))
            for component in folded.components
        }

    def flux_averaged_cross_section(self, index: int = 0) -> dict[str, float]:
        """Return the flux-averaged cross section per nucleus [cm²] of measurement `index`: value, error, SM value.

        The strength of the signal times the cross section of the best-fit parameters; ``sm`` is that of the defaults.
        """
        measurement, interaction = self.likelihood.measurements[index], self.likelihood.interaction
        strength = measurement.strengths[0].parameter
        value, error = self.derived(
            lambda params: float(params[strength] * flux_averaged_cross_section(measurement, interaction, params))
        )
        defaults = {name: np.float64(v) for name, v in self.likelihood.parameters.complete().items()}
        return {
            "value": value,
            "error": error,
            "sm": float(flux_averaged_cross_section(measurement, interaction, defaults)),
        }

    def profile(
        self,
        names: Sequence[str],
        ranges: Mapping[str, tuple[float, float]] | None = None,
        points: int | None = None,
    ) -> "ProfileResult":
        """Return χ² against one or two fitted parameters, everything else profiled; see `Likelihood.profile`."""
        count = (101 if len(names) == 1 else 61) if points is None else points
        leaders = [self._leader(name) for name in names]
        solver, found = self._placed_first(leaders)
        index = [solver.problem.names.index(name) for name in leaders]
        free = np.isin(solver.problem.names, self.specification.free)
        axes = []
        for name, leader in zip(names, leaders, strict=True):
            low, high = (ranges or {}).get(name) or self._natural_range(leader)
            axes.append(np.linspace(low, high, count))
        grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(names))
        scanned = profile(solver, index, grid, found, free)
        shape = tuple(len(axis) for axis in axes)
        return ProfileResult(
            fit=self,
            names=tuple(names),
            axes=tuple(axes),
            chi2=scanned.chi2.reshape(shape),
            converged=scanned.converged.reshape(shape),
        )

    def _natural_range(self, name: str) -> tuple[float, float]:
        """Return a range that holds the 3σ interval, with a margin, inside the bounds."""
        self._compute_intervals(name, list(LEVELS.values()))
        pieces = self._intervals[name, LEVELS["99.73"]].pieces
        low, high = pieces[0][0], pieces[-1][1]
        margin = 0.08 * (high - low)
        bounds = self.specification.bounds[name]
        return max(bounds[0], low - margin), min(bounds[1], high + margin)

    def _describe(self, name: str, levels: Sequence[str]) -> dict[str, Any]:
        leader = self._leader(name)
        found = {level: self.interval(leader, float(level) / 100.0) for level in levels}
        description: dict[str, Any] = {
            "value": self.values[leader],
            "error": self.error(leader),
            "unit": self.likelihood.parameters[name].unit,
            "interval": {level: [list(piece) for piece in one.pieces] for level, one in found.items()},
        }
        if any(one.at_bound for one in found.values()):
            description["at_bound"] = True
        return description

    def as_dict(self, levels: Sequence[str] = CONFIDENCE_LEVELS) -> dict[str, Any]:
        """Return the result as plain lists and numbers, the JSON of the command line."""
        asked = self.specification
        names = [*asked.free, *(name for name, leader in asked.ties.items() if leader in asked.free)]
        described = (
            {name: self._describe(name, levels) for name in names}
            if self.converged
            else {
                name: {
                    "value": self.values[name],
                    "error": None,
                    "unit": self.likelihood.parameters[name].unit,
                    "interval": {},
                }
                for name in names
            }
        )
        nuisances = {}
        for name in asked.nuisances:
            prior = asked.constraints.get(name)
            nuisances[name] = {
                "value": self.values[name],
                "error": _finite(self.hessian_error(name)),
                "prior": None if prior is None else [prior.centre, prior.width],
            }
        section = self.flux_averaged_cross_section()
        moving = asked.moving
        return {
            "measurements": [measurement.name for measurement in self.likelihood.measurements],
            "interactions": ["standard-model"],
            "free": list(asked.free),
            "fixed": {n: v for n, v in asked.values.items() if n not in moving and n not in asked.ties},
            "tied": dict(asked.ties),
            "required": [f"{a}<={b}" for a, b in asked.orders],
            "priors_dropped": list(asked.dropped),
            "parameters": described,
            "chi2_min": self.chi2,
            "dof": self.dof,
            "nuisances": nuisances,
            "shared": {},
            "events": {
                component: {"value": value, "error": error} for component, (value, error) in self.events().items()
            },
            "flux_averaged_cross_section": {k: 1e40 * v for k, v in section.items()} | {"unit": "1e-40 cm^2"},
            "converged": self.converged,
            "message": self.message,
            "seconds": self.seconds,
            "version": __version__,
        }

    @property
    def seconds(self) -> dict[str, float]:
        """Return the time spent so far on compiling and on running."""
        solvers = [solver for solver, _ in self._solvers.values()]
        return {
            "compile": sum(solver.compile_seconds for solver in solvers),
            "run": sum(solver.run_seconds for solver in solvers),
        }

    def prediction(self, index: int = 0) -> Prediction:
        """Return the prediction of measurement `index` at the best fit."""
        return Prediction(self.likelihood.measurements[index], self.likelihood.interaction, self.values)

    def plot(self, index: int = 0) -> "Figure":
        """Draw measurement `index` with the best fit, and Δχ² against each free parameter."""
        from .plots.spectra import draw_fit

        prediction = self.prediction(index)
        measurement = prediction.measurement
        profiles = [self.profile([name]).curve() for name in self.specification.free]
        return draw_fit(measurement.title, measurement.axes, measurement.observed, prediction.counts, profiles)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


@dataclasses.dataclass(frozen=True)
class ProfileResult:
    """χ² against one or two parameters, everything else profiled."""

    fit: FitResult
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

    def curve(self, name: str | None = None) -> "Any":
        """Return the Δχ² curve of one parameter, to draw."""
        from .plots.profiles import Curve

        chosen = name or self.names[0]
        points, chi2 = (self.axes[0], self.chi2) if len(self.names) == 1 else self._marginal(chosen)
        pieces = {level: self.fit.interval(chosen, float(level) / 100.0).pieces for level in LEVELS}
        return Curve(self.label(chosen), points, chi2 - self.fit.chi2, self.fit.values[chosen], pieces)

    def _marginal(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        axis = self.names.index(name)
        one = self.fit.profile([name], {name: (self.axes[axis][0], self.axes[axis][-1])})
        return one.axes[0], one.chi2

    def as_dict(self, levels: Sequence[str] = CONFIDENCE_LEVELS) -> dict[str, Any]:
        """Return the profile as plain lists and numbers, the JSON of the command line."""
        found = {
            name: {
                level: [list(piece) for piece in self.fit.interval(name, float(level) / 100.0).pieces]
                for level in levels
            }
            for name in self.names
        }
        return {
            "parameters": list(self.names),
            "points": self.axes[0].tolist() if len(self.names) == 1 else [axis.tolist() for axis in self.axes],
            "chi2": np.where(np.isfinite(self.chi2), self.chi2.astype(object), None).tolist(),
            "interval": found[self.names[0]] if len(self.names) == 1 else found,
            "best": {name: self.fit.values[name] for name in self.names},
            "chi2_min": self.fit.chi2,
            "not_converged": int(np.sum(~self.converged)),
            "converged": self.fit.converged,
            "message": self.fit.message,
            "seconds": self.fit.seconds,
            "version": __version__,
        }

    def plot(self) -> "Figure":
        """Draw Δχ² against the parameter, or the contours of two with the curve of each."""
        if len(self.names) == 1:
            from .plots.profiles import draw_profile

            return draw_profile(self.curve())
        from .plots.contours import draw_contour

        return draw_contour(self.axes, self.chi2 - self.fit.chi2, self.curve(self.names[0]), self.curve(self.names[1]))
