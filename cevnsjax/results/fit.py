"""The best fit and what follows from it: intervals, profiles, derived quantities."""

import dataclasses
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import jax
import jax.numpy as jnp
import numpy as np

from .._base import arguments
from .._base.errors import InputError
from .._base.json_files import write_json
from .._base.levels import USUAL, Level, check_level, check_levels, delta_chi2, levels_of
from .._base.tables import Block, Shown
from .._base.typing import Array, Float, Names
from ..folding.accuracy import Accuracy
from ..folding.prediction import component_counts, flux_averaged, folded_cross_sections
from ..inference.grid.axes import Axis
from ..inference.grid.intervals import Interval, intervals
from ..inference.grid.profile import Profile, profile
from ..inference.minimise.best_fit import BestFit, best_fit
from ..inference.minimise.solver import Solver
from ..inference.problem.problem import Problem, pose
from ..inference.problem.specification import Specification
from ..measuring.measurement import ASIMOV, Measurement
from .drawing import LEVELS_DRAWN, ON_AXES, needs_axes
from .grid import GridResult
from .prediction import Prediction
from .rebuilt import check_likelihood, read
from .record import record
from .report import fit_report
from .saved_fit import fit_content, fit_state, load_fit
from .scanning import profile_grid
from .tables.fit import fit_blocks

if TYPE_CHECKING:
    import pandas
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..joint.likelihood import Likelihood

UNMOVED = 1e-3
"""Change along what the data do not constrain, of all changes of a function, up to which it does not depend on that."""
MOST_POINTS = 100_000
"""Points of a profile, which are minimised at once."""
PROFILE = {
    "names": arguments.texts,
    "ranges": arguments.optional(arguments.ranges),
    "points": arguments.optional(arguments.whole()),
}
"""The checks of the arguments of a profile."""
LOWER = 1e-6
"""How much lower than the best fit χ² must be on a profile for the fit to move there."""


def scan_points(names: Sequence[str], points: int | None) -> int:
    """Return how many values of each parameter to scan: `points`, or 101 for 1 parameter and 61 for 2."""
    count = (101 if len(names) == 1 else 61) if points is None else points
    if count < 2:
        raise InputError(f"expected at least 2 points, found {count}")
    if len(names) <= 2 and count ** len(names) > MOST_POINTS:
        most = MOST_POINTS if len(names) == 1 else math.isqrt(MOST_POINTS)
        raise InputError(f"expected at most {most} points of each parameter, found {count}: `scan` takes more")
    return count


@jax.jit
def _slopes(problem: Problem, u: Float[Array, " coordinate"]) -> Float[Array, "value coordinate"]:
    """Return the derivatives of the values of the coordinates' parameters by the coordinates."""

    def values(point: Array) -> Array:
        params = problem.params(point)
        return jnp.stack([jnp.asarray(params[name], float) for name in problem.names])

    return jax.jacfwd(values)(u)


@dataclasses.dataclass(repr=False)
class FitResult(Shown):
    """The best fit, and what follows from it on request. Check `converged`."""

    likelihood: "Likelihood"
    specification: Specification
    solver: Solver
    minimum: BestFit
    minimiser: str = "newton"
    """Name of the minimiser of the best fit; minima along a profile are the package's own."""
    search_seconds: tuple[float, float] = (0.0, 0.0)
    """Time that another minimiser took to compile and to run."""

    def __post_init__(self) -> None:
        self._intervals: dict[tuple[str, float], Interval] = {}
        self._solvers: dict[tuple[str, ...], tuple[Solver, BestFit]] = {(): (self.solver, self.minimum)}
        self._edges: list[dict[str, float]] = []
        self._accuracy: Accuracy | None = None
        self._lower: FitResult | None = None

    @property
    def lower(self) -> "FitResult | None":
        """Return the fit at a lower minimum that an interval or a profile of this fit came upon; None if none did.

        This fit stays what it is, and says so in `message`; the intervals that it gives are those of the lower minimum.
        """
        return self._lower

    @property
    def lowest(self) -> "FitResult":
        """Return the lowest minimum known so far: this fit, or what `lower` leads to."""
        return self if self._lower is None else self._lower.lowest

    @property
    def minima(self) -> "tuple[FitResult, ...]":
        """Return this fit and the lower fits that it leads to."""
        return (self,) if self._lower is None else (self, *self._lower.minima)

    def with_intervals(self, levels: Sequence[Level] = USUAL) -> "FitResult":
        """Return the fit of the lowest minimum that the intervals at `levels` come upon, all of them computed."""
        fit = self
        while fit.settled:
            for name in fit.specification.free:
                for level in (USUAL[0], *levels):
                    fit.interval(name, level)
            if fit.lower is None:
                break
            fit = fit.lowest
        return fit

    @property
    def known_intervals(self) -> dict[tuple[str, float], Interval]:
        """Return the intervals computed so far, by parameter and Δχ²."""
        return dict(self._intervals)

    def remember(
        self,
        known_intervals: Mapping[tuple[str, float], Interval],
        accuracy: Accuracy | None,
        lower: "FitResult | None",
    ) -> None:
        """Take what is known of this very fit: intervals, the error of the integrals, a lower minimum."""
        self._intervals |= known_intervals
        self._accuracy, self._lower = accuracy, lower

    def save(self, path: str | Path, overwrite: bool = False) -> None:
        """Write the fit to a JSON file (.json), with the intervals computed so far.

        An existing file raises InputError unless `overwrite`. The file holds no times: equal fits make equal files.

        >>> import tempfile, cevnsjax as cj
        >>> fit = cj.Likelihood("apv-cs").fit(["sin2_theta_w"])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     fit.save(f"{folder}/fit.json")
        ...     again = cj.FitResult.load(f"{folder}/fit.json")
        >>> again.values == fit.values
        True

        """
        run = {"minimiser": self.minimiser}
        about = record("fit", self.likelihood, self.specification, run)
        write_json({**about, "state": fit_state(self), "fit": fit_content(self)}, Path(path), overwrite)

    @staticmethod
    @arguments.checked(path=arguments.path, likelihood=arguments.optional(check_likelihood))
    def load(path: str | Path, likelihood: "Likelihood | None" = None) -> "FitResult":
        """Return the fit that `save` wrote: with all its results, and able to compute more.

        Its likelihood is made again from the names of measurements and models, or the files that describe them; any
        other likelihood is to be passed. It must be the likelihood that was fitted: digests in the file tell.
        """
        return load_fit(read(path, "fit"), likelihood)

    @property
    def settled(self) -> bool:
        """Return whether the minimum was reached."""
        return self.minimum.converged

    @property
    def accuracy(self) -> Accuracy:
        """Return the largest error of the recoil integrals: at the best fit and at the edges of intervals so far."""
        if self._accuracy is None:
            self._accuracy = self.likelihood.accuracy([self.values], self.specification)
        if self._edges:
            at_edges = self.likelihood.accuracy(self._edges, self.specification)
            self._edges.clear()
            self._accuracy = max(self._accuracy, at_edges, key=lambda entry: entry.error)
        return self._accuracy

    @property
    def quadrature_error(self) -> float | None:
        """Return by how many error bars the recoil integrals are off at most, None without a minimum."""
        return self.accuracy.error if self.settled else None

    @property
    def converged(self) -> bool:
        """Return whether the lowest minimum known was reached, with recoil integrals that are accurate there."""
        return self.settled and self._lower is None and self.accuracy.trusted

    @property
    def message(self) -> str:
        """Return how the minimisation ended, what the data do not constrain, and how accurate the integrals are."""
        unseen = ", ".join(self.unconstrained)
        ended = self.minimum.message + (f"; the data do not constrain {unseen}" if unseen else "")
        if self._lower is not None:
            other = f"profiling reached a lower minimum, chi2 = {self.lowest.chi2:.6g}: see `lower`"
            return f"not the lowest minimum: {other}; {ended}"
        return self.accuracy.added_to(ended) if self.settled else ended

    @property
    def chi2(self) -> float:
        """Return χ² at the minimum."""
        return self.minimum.value

    @property
    def dof(self) -> int | None:
        """Return the number of bins less the number of free parameters and of nuisances without a constraint.

        None if there are unbinned events, whose χ² says nothing of how good the fit is.
        """
        if not all(measurement.term.judges for measurement in self.likelihood.measurements):
            return None
        bins = sum(measurement.observed.size for measurement in self.likelihood.measurements)
        flat = [name for name in self.specification.nuisances if name not in self.specification.constraints]
        return bins - len(self.specification.free) - len(flat)

    @cached_property
    def values(self) -> dict[str, float]:
        """Return the value of every parameter at the best fit."""
        moving = self.solver.problem.params(self.minimum.u)
        return self.specification.values | {name: float(value) for name, value in moving.items()}

    def placed_first(self, names: Sequence[str]) -> tuple[Solver, BestFit]:
        """Return the solver, and the best fit in its coordinates, where `names` are coordinates of their own value."""
        ordered = {name for pair in self.specification.orders for name in pair}
        key = tuple(name for name in names if name in ordered)
        if key not in self._solvers:
            problem = pose(self.likelihood.chi2_function(), self.specification, first=key)
            solver = Solver(problem)
            minimum = best_fit(solver, problem.coordinates(self.values), self.specification.is_free)
            self._solvers[key] = solver, minimum
        return self._solvers[key]

    def _compute_intervals(self, name: str, deltas: Sequence[float]) -> None:
        missing = [delta for delta in deltas if (name, delta) not in self._intervals]
        if missing and self._lower is None:
            solver, minimum = self.placed_first([name])
            index = solver.problem.names.index(name)
            results, scanned = intervals(solver, index, minimum, self.specification.is_free, missing)
            lowest = int(np.argmin(scanned.chi2))
            if scanned.chi2[lowest] > minimum.value - LOWER:
                self._intervals |= {(name, delta): interval for delta, interval in zip(missing, results, strict=True)}
                self._edges += self._at_edges(solver, index, results, scanned)
                return
            self._leave(solver.problem.params(scanned.u[lowest]))

    def _at_edges(
        self, solver: Solver, index: int, interval_list: Sequence[Interval], scanned: Profile
    ) -> list[dict[str, float]]:
        """Return the parameters at the edges of intervals, the others as at the nearest point that was scanned."""
        bounds = solver.lower[index], solver.upper[index]
        edges = {
            edge for interval in interval_list for piece in interval.pieces for edge in piece if edge not in bounds
        }
        points = []
        for edge in sorted(edges):
            u = scanned.u[np.argmin(np.abs(scanned.points[:, 0] - edge))].copy()
            u[index] = edge
            params = solver.problem.params(u)
            points.append({name: float(value) for name, value in params.items()})
        return points

    def _leave(self, params: Mapping[str, Any]) -> None:
        """Keep the fit at the lower minimum that a profile has come upon: `lower`."""
        values = self.specification.values | {name: float(value) for name, value in params.items()}
        start = self.solver.problem.coordinates(values)
        minimum = best_fit(self.solver, start, np.zeros(len(start), bool))
        self._lower = dataclasses.replace(self, minimum=minimum)

    @arguments.checked(name=arguments.text, cl=check_level)
    def interval(self, name: str, cl: float | Level = 0.6827) -> Interval:
        """Return where the parameter lies at confidence level `cl`, everything else profiled: all disjoint pieces.

        Δχ² is 1, 2.71, 4, 9 at `cl` 0.6827, 0.90, 0.9545, 0.9973, else the quantile of χ² with 1 degree of freedom.
        """
        leader, level = self.specification.leader(name), delta_chi2(cl)
        if not self.settled:
            raise InputError(f"there is no interval of '{name}': the fit {self.message}")
        usual = [entry.of_one for entry in USUAL]
        self._compute_intervals(leader, [*usual, level] if level in usual else [level])
        return self._intervals[leader, level] if self._lower is None else self._lower.interval(name, cl)

    @arguments.checked(name=arguments.text)
    def error(self, name: str) -> float:
        """Return half of the width of the 68.27 % interval: of the piece that holds the best fit."""
        interval = self.interval(name)
        low, high = interval.around(self.lowest.values[name])
        return 0.5 * (high - low)

    @arguments.checked(name=arguments.text)
    def hessian_error(self, name: str) -> float:
        """Return the error of a fitted parameter from the curvature at the minimum.

        Not a number at a bound, where χ² has no curvature, and where the data do not constrain it.
        """
        leader = self.specification.leader(name)
        if not self.minimum.curvature.known[self.solver.problem.names.index(leader)]:
            return math.nan
        k = self.solver.problem.names.index(leader)
        return float(np.sqrt(self.covariance[k, k]))

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of what was fitted: the free parameters, then the nuisances."""
        return self.specification.coordinates

    @property
    def errors(self) -> dict[str, float]:
        """Return the error of each free parameter, half of its 68.27 % interval, and of each nuisance.

        That of a nuisance is from the curvature at the minimum: not a number where there is none.
        """
        free = {name: self.error(name) if self.settled else math.nan for name in self.specification.free}
        return free | {name: self.lowest.hessian_error(name) for name in self.specification.nuisances}

    @cached_property
    def covariance(self) -> Float[np.ndarray, "coordinate coordinate"]:
        """Return the covariance of the `names` from the curvature at the minimum.

        Not a number for those that have no error there: at a bound, or where the data do not constrain them. Where an
        order is required between parameters it is that of their values, by linear propagation.
        """
        minimum, problem = self.minimum, self.solver.problem
        if not problem.orders:
            return minimum.covariance
        turn = np.asarray(_slopes(problem, minimum.u))
        known = minimum.curvature.known
        turned = turn @ minimum.curvature.covariance @ turn.T
        whole = ~np.any((turn != 0.0) & ~known, axis=1)
        return np.where(whole[:, None] & whole, turned, np.nan)

    @property
    def correlation(self) -> Float[np.ndarray, "coordinate coordinate"]:
        """Return the correlations of the `names` from the curvature at the minimum; see `covariance`."""
        errors = np.sqrt(np.diag(self.covariance))
        with np.errstate(invalid="ignore", divide="ignore"):
            return self.covariance / np.outer(errors, errors)

    @arguments.checked(levels=check_levels)
    def summary(self, levels: Sequence[float | Level] = (0.6827, 0.90)) -> "pandas.DataFrame":
        """Return a table with a row for each name: value, error, intervals of free parameters at `levels`, unit, kind.

        The interval of a parameter with several pieces is their list.
        """
        chosen = levels_of(levels)
        fit = self.with_intervals(chosen)
        errors, rows = fit.errors, dict[str, dict[str, Any]]()
        for name in fit.names:
            free = name in fit.specification.free
            row = {"value": fit.values[name], "error": errors[name]}
            for level in chosen:
                pieces = fit.interval(name, level).pieces if free and fit.settled else ()
                row[f"{level.label} %"] = pieces[0] if len(pieces) == 1 else list(pieces) or None
            unit = fit.likelihood.parameters[name].unit
            rows[name] = row | {"unit": "" if unit == "1" else unit, "kind": "free" if free else "nuisance"}
        import pandas

        return pandas.DataFrame.from_dict(rows, orient="index")

    @property
    def unconstrained(self) -> tuple[str, ...]:
        """Return what the data do not constrain at the best fit: parameters, or linear combinations of some."""
        ordered = [name for pair in self.specification.orders for name in pair]
        return self.minimum.curvature.named(self.solver.problem.names, ordered)

    @property
    def held(self) -> dict[str, str]:
        """Return the parameters that are held for the errors of derived quantities, and why."""
        curvature = self.minimum.curvature
        reasons = (("at a bound", curvature.at_bound), ("chi2 has no curvature there", curvature.flat))
        names = self.solver.problem.names
        return {names[k]: reason for reason, marked in reasons for k in np.flatnonzero(marked)}

    def derived(self, function: Callable[[Mapping[str, float]], float]) -> tuple[float, float]:
        """Return value and error of a function of the parameters at the best fit, by linear propagation.

        Parameters at a bound, or in which χ² has no curvature (`held`), are held. The error is not a number if the
        function depends on nothing else, or on what the data do not constrain. The derivatives are central differences
        over a hundredth of each coordinate's error.
        """
        (derived,) = self._propagated(lambda params: [function(params)], range(len(self.minimum.u)))
        return derived

    def _propagated(
        self, function: Callable[[Mapping[str, float]], Sequence[float]], columns: Iterable[int]
    ) -> list[tuple[float, float]]:
        """Return value and error of several functions of the parameters, as `derived` does.

        They depend on no other coordinates than `columns`.
        """
        curvature, problem, u = self.minimum.curvature, self.solver.problem, self.minimum.u
        base, own = self.specification.values, np.isin(np.arange(len(u)), list(columns))

        def at(point: np.ndarray) -> np.ndarray:
            moved = cast(dict[str, float], problem.params(point))  # NumPy numbers, as those of `point` are
            return np.array(function(base | moved), float)

        spread = np.sqrt(np.diag(curvature.covariance))
        reach = np.abs(curvature.unseen).max(axis=0, initial=0.0)
        values = at(u)
        gradients = np.zeros((len(values), len(u)))
        for k in np.flatnonzero(own & ((spread > 0) | (reach > 0))):
            step = 1e-2 * (spread[k] if spread[k] > 0 else reach[k]) * np.eye(len(u))[k]
            gradients[:, k] = (at(u + step) - at(u - step)) / (2.0 * step[k])
        scales = np.abs(gradients) @ np.maximum(spread, reach)
        variances = np.einsum("vi,ij,vj->v", gradients, curvature.covariance, gradients)
        errors = np.sqrt(np.maximum(variances, 0.0))
        errors[np.any(np.abs(gradients @ curvature.unseen.T) > UNMOVED * scales[:, None], axis=1)] = math.nan
        if np.any(errors == 0.0):
            errors[(errors == 0.0) & self._moved(at, values, own & (curvature.at_bound | curvature.flat))] = math.nan
        return [(float(value), float(error)) for value, error in zip(values, errors, strict=True)]

    def _moved(
        self, function: Callable[[np.ndarray], np.ndarray], values: np.ndarray, marked: np.ndarray
    ) -> np.ndarray:
        """Return which functions of the coordinates, of these `values`, change with any of those `marked`."""
        u, middle = self.minimum.u, 0.5 * (self.solver.lower + self.solver.upper)
        changed = np.zeros(len(values), bool)
        for k in np.flatnonzero(marked):
            changed |= function(np.where(np.arange(len(u)) == k, u + 1e-3 * (middle - u), u)) != values
        return changed

    def _measurement(self, index: int) -> Measurement:
        measurements = self.likelihood.measurements
        arguments.whole(0, len(measurements) - 1)("index", index)
        return measurements[index]

    @arguments.checked(index=arguments.whole())
    def events(self, index: int = 0) -> dict[str, tuple[float, float]]:
        """Return the total of each component of measurement `index` at the best fit, and its error [counts]."""
        if not (measurement := self._measurement(index)).axes:
            measurement.counted()
        problem = self.solver.problem
        folded = problem.chi2.measurements[index]

        def totals(params: Mapping[str, float]) -> list[float]:
            return [float(np.sum(counts)) for counts in component_counts(folded, params).values()]

        columns = problem.moved_by(folded.parameters())
        return dict(zip(folded.components, self._propagated(totals, columns), strict=True))

    @arguments.checked(index=arguments.whole())
    def flux_averaged_cross_section(self, index: int = 0) -> dict[str, float]:
        """Return the flux-averaged cross section per nucleus [cm²] of measurement `index`: value, error, SM value.

        The strength of the signal times the cross section of the best-fit parameters; ``sm`` is that of the defaults.
        """
        measurement, whole = self._measurement(index), self.likelihood.folded[index]
        measurement.counted()
        problem = self.solver.problem
        factor, recoils = problem.chi2.measurements[index].factors[0], whole.recoils
        if recoils is None:
            raise InputError(f"{measurement.name} has no recoils")

        def section(params: Mapping[str, float]) -> list[float]:
            local = whole.local(params)
            mean = flux_averaged(measurement, folded_cross_sections(measurement, recoils, local))
            return [float(factor(local) * mean)]

        columns = problem.moved_by(whole.renamed(factor.names() | recoils.parameters()))
        ((value, error),) = self._propagated(section, columns)
        return {"value": value, "error": error, "sm": section(self.likelihood.parameters.complete())[0]}

    @arguments.checked(**PROFILE)
    def profile(
        self,
        names: Names,
        ranges: Mapping[str, tuple[float, float]] | None = None,
        points: int | None = None,
    ) -> GridResult:
        """Return χ² against 1 or 2 fitted parameters, everything else profiled; see `Likelihood.profile`."""
        count = scan_points(names, points)
        self.specification.check_scan(names, ranges or {}, count)
        leaders = [self.specification.leader(name) for name in names]
        solver, minimum = self.placed_first(leaders)
        axes = []
        for name, leader in zip(names, leaders, strict=True):
            low, high = ranges[name] if ranges and name in ranges else self._natural_range(leader)
            axes.append(Axis(name, np.linspace(low, high, count), False))
        if self._lower is not None:
            return self.lowest.profile(names, ranges, points)
        shape = tuple(len(axis.values) for axis in axes)
        values = np.stack(np.meshgrid(*(axis.values for axis in axes), indexing="ij"), axis=-1).reshape(-1, len(names))
        positions, allowed = solver.problem.positions(leaders, values)
        index = [solver.problem.names.index(name) for name in leaders]
        scanned = profile(solver, index, positions, minimum.u, self.specification.is_free, shape, allowed)
        lowest = int(np.argmin(scanned.chi2))
        if self.settled and scanned.chi2[lowest] < minimum.value - LOWER:
            self._leave(solver.problem.params(scanned.u[lowest]))
            return self.lowest.profile(names, ranges, points)
        return profile_grid(self, solver.problem, axes, scanned, allowed)

    def _natural_range(self, name: str) -> tuple[float, float]:
        """Return a range that holds the 3σ interval, with a margin, inside the bounds."""
        if not self.settled:
            return self.specification.bounds[name]
        pieces = self.interval(name, 0.9973).pieces
        low, high = pieces[0][0], pieces[-1][1]
        margin = 0.08 * (high - low)
        bounds = self.specification.bounds[name]
        return max(bounds[0], low - margin), min(bounds[1], high + margin)

    @arguments.checked(levels=check_levels)
    def as_dict(self, levels: Sequence[float | Level] = USUAL) -> dict[str, Any]:
        """Return the result as plain lists and numbers, the JSON of the command line; see `report`.

        Where its intervals come upon a lower minimum it is that of `lower`: all numbers are of the same minimum.
        """
        return fit_report(self, levels_of(levels))

    def blocks(self) -> list[Block]:
        """Return what `cevnsjax fit` prints of it; intervals that are not known yet are computed first."""
        return fit_blocks(self.as_dict(), self.likelihood.data_name)

    @property
    def seconds(self) -> dict[str, float]:
        """Return the time spent so far on compiling and on running."""
        solvers = [solver for solver, _ in self._solvers.values()]
        return {
            "compile": self.search_seconds[0] + sum(solver.compile_seconds for solver in solvers),
            "run": self.search_seconds[1] + sum(solver.run_seconds for solver in solvers),
        }

    @arguments.checked(index=arguments.whole())
    def prediction(self, index: int = 0) -> Prediction:
        """Return the prediction of measurement `index` at the best fit."""
        measurement, local = self._measurement(index), self.likelihood.local(index, self.values)
        factors = self.solver.problem.chi2.measurements[index].factors
        return Prediction(measurement, self.likelihood.interaction, local, factors)

    @arguments.checked(name=arguments.optional(arguments.text), level=LEVELS_DRAWN, **ON_AXES)
    def plot(
        self,
        name: str | None = None,
        level: float | Level | Sequence[float | Level] | None = None,
        ax: "Axes | None" = None,
        label: str | None = None,
        color: str | None = None,
    ) -> "Figure":
        """Draw each measurement with the best fit, and Δχ² against each free parameter; return the figure.

        With a `name`, or `ax`, Δχ² of that parameter alone: what `profile([name]).plot` draws; `prediction` draws
        spectra.

        Args:
            name: the free parameter; it may be left out where there is no other.
            level: confidence levels that are drawn across, the usual levels by default.
            ax: axes of yours to draw on, over what is there.
            label: what the legend calls the curve.
            color: of the curve; by default the next of ours that is not on the axes.

        """
        from ..plots.spectra import draw_fit

        if name is not None or ax is not None:
            free = self.specification.free
            if name is None and len(free) != 1:
                raise InputError(f"name: expected a free parameter to draw on ax: {', '.join(free) or 'none'}")
            return self.profile([name or free[0]]).plot(level, ax=ax, label=label, color=color)
        needs_axes(level=level, label=label, color=color)
        fit = self.with_intervals()
        spectra = [fit.prediction(index).panel() for index in range(len(fit.likelihood.measurements))]
        suffix = ": forecast" if fit.likelihood.data_name == ASIMOV else ": best fit"
        return draw_fit(spectra, [fit.profile([name]).curve() for name in fit.specification.free], suffix)
