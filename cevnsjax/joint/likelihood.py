"""The likelihood of measurements under an interaction: what fits, profiles and predictions start from."""

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from .._base import arguments
from .._base.clock import CLOCK
from .._base.errors import InputError
from .._base.levels import Level, check_levels, levels_of
from .._base.tables import Block, Shown
from .._base.typing import Names
from ..exports.export import Export, check_format, export
from ..folding.accuracy import Accuracy, RecoilIntegral, accuracy
from ..folding.fold import fold
from ..folding.folded import FoldedMeasurement
from ..inference.grid.axes import axis_of
from ..inference.minimise.best_fit import best_fit
from ..inference.minimise.minimisers import Minimiser, Newton, find_minimiser
from ..inference.minimise.minuit import to_minuit
from ..inference.minimise.solver import Solver
from ..inference.problem.chi_square import ChiSquare
from ..inference.problem.density import Density, build_density
from ..inference.problem.evaluate import Evaluator
from ..inference.problem.priors import apply_priors, check_priors
from ..inference.problem.problem import Problem, pose
from ..inference.problem.specification import Beside, Request, Specification, specify
from ..inference.sample.numpyro_model import numpyro_model
from ..inference.sample.run import check_method, find_sampler
from ..inference.sample.sampler import Sampler
from ..inference.toys.draw import check_numbers, check_seed
from ..interactions.combination import Combination, check_models, combine
from ..interactions.interaction import Interaction
from ..measuring.measurement import Measurement, data_name
from ..parameters.constraints import NO_CONSTRAINTS, build_constraints
from ..parameters.parameter import Gaussian
from ..results.feldman_cousins import FeldmanCousinsResult, check_construction, feldman_cousins
from ..results.fit import PROFILE, FitResult, scan_points
from ..results.grid import GridResult
from ..results.posterior import Posterior, sample_posterior
from ..results.prediction import Prediction
from ..results.rebuilt import makes_likelihoods
from ..results.scanning import Progress, scan
from ..results.toys import ToyStudy, study_toys
from .explain import Explanation, explain
from .joining import (
    check_datasets,
    check_measurements,
    check_reach,
    find_measurements,
    own_names,
    parameter_table,
    shared_widths,
    shares,
    takes_electrons,
    users_of_shared,
)
from .shown import likelihood_blocks

if TYPE_CHECKING:
    from iminuit import Minuit


ASKED = {
    "free": arguments.texts,
    "values": arguments.optional(arguments.numbers),
    "tie": arguments.optional(arguments.ties),
    "require": arguments.texts,
    "constrain": arguments.optional(arguments.constraints),
    "correlate": arguments.optional(arguments.correlations),
}
"""The checks of the arguments of a fit."""
RUN = {
    "engine": arguments.optional(arguments.function),
    "progress": arguments.optional(arguments.function),
}
"""The checks of where scans and toys run."""
TOYS = {
    "count": arguments.whole(),
    "seed": arguments.whole(),
    "checkpoint": arguments.optional(arguments.path),
}
"""The checks of how toys are drawn."""


def _path(path: str | Path | None) -> Path | None:
    return None if path is None else Path(path)


@makes_likelihoods
class Likelihood(Shown):
    """The joint likelihood of measurements under the same interaction; the same parameter name is the same parameter.

    A parameter that belongs to its measurement (a strength, a coefficient of a detector) is called NAME@MEASUREMENT
    where several measurements have a parameter of that name, and so is a parameter of a material that they know
    differently. What several measurements share of their uncertainties (the flux of a source) is a nuisance of its own
    that moves all their strengths together.
    """

    @arguments.checked(
        measurements=check_measurements,
        interaction=check_models,
        couplings=arguments.text,
        electrons=arguments.switch,
        free=arguments.texts,
        tie=arguments.optional(arguments.ties),
    )
    def __init__(
        self,
        measurements: Measurement | str | Sequence[Measurement | str],
        interaction: Combination | Interaction | Sequence[Interaction] | None = None,
        couplings: str = "2022",
        electrons: bool = False,
        free: Names = (),
        tie: Mapping[str, str] | None = None,
    ) -> None:
        """Combine `measurements` under the Standard Model with `couplings`, and what `interaction` adds to it.

        Args:
            measurements: a list or a single measurement: each itself, its name (``"coherent-csi-2021"``), or a path;
                or the name of a joint analysis (``"electroweak-direct"``), which has `free` and `tie` of its own.
            interaction: models beside the Standard Model, see `cevnsjax.MODELS`.
            couplings: radiative corrections of the Standard Model: ``"tree"``, ``"2020"``, ``"2022"`` or ``"2024"``.
            electrons: whether neutrinos scatter off atomic electrons too.
            free: parameters that every fit moves, beside those that it names and those of relations, unless it sets
                or ties them.
            tie: follower to leader of every fit, unless it frees or sets the follower.

        >>> import cevnsjax as cj
        >>> fit = cj.Likelihood(["coherent-csi-2021", "apv-cs"]).fit(["sin2_theta_w"])
        >>> f"{fit.values['sin2_theta_w']:.4f}"
        '0.2376'

        """
        self.measurements, analysis = find_measurements(measurements)
        related = (name for measurement in self.measurements for name in measurement.related)
        self.free = tuple(dict.fromkeys((*analysis.free, *free, *related)))
        self.tie = {**analysis.tie, **(tie or {})}
        check_datasets(self.measurements)
        self.interaction = combine(interaction, couplings, electrons)
        if self.interaction.electrons and not any(takes_electrons(measurement) for measurement in self.measurements):
            names = ", ".join(measurement.name for measurement in self.measurements)
            raise InputError(f"electrons: expected neutrinos that scatter off nuclei in one of {names}, found none")
        check_reach(self.measurements, self.interaction)
        self.parameters = parameter_table(self.measurements, self.interaction)
        self._shared_strengths = frozenset(shared_widths(self.measurements))
        self._aliases = own_names(self.measurements, self._shared_strengths)
        self.truth: dict[str, dict[str, Any]] | None = None
        """Of `asimov`, the `values` and the `tie` that the data are expected at."""

    @property
    def shared(self) -> dict[str, list[str]]:
        """Return the nuisances that several measurements share, with the names of these."""
        return users_of_shared(self.measurements, self._shared_strengths)

    @property
    def data_name(self) -> str:
        """Return what the numbers that are fitted are called: "data", or "expected counts (Asimov)"."""
        return data_name(self.measurements)

    def blocks(self) -> list[Block]:
        """Return its measurements, its models, and its parameters."""
        return likelihood_blocks(self)

    @cached_property
    @CLOCK.during("fold")
    def folded(self) -> tuple[FoldedMeasurement, ...]:
        """Return the measurements folded with the interaction, every parameter live."""
        return tuple(
            fold(measurement, self.interaction).join(aliases, self._shared_by_strength(measurement))
            for measurement, aliases in zip(self.measurements, self._aliases, strict=True)
        )

    def _shared_by_strength(self, measurement: Measurement) -> dict[str, tuple[str, ...]]:
        named = {strength: tuple(widths) for strength, widths in shares(measurement).items()}
        active = {s: tuple(name for name in names if name in self._shared_strengths) for s, names in named.items()}
        return {strength: names for strength, names in active.items() if names}

    @cached_property
    def _integrals(self) -> tuple[RecoilIntegral, ...]:
        return tuple(
            RecoilIntegral(measurement, self.interaction, folded)
            for measurement, folded in zip(self.measurements, self.folded, strict=True)
        )

    def accuracy(self, points: Iterable[Mapping[str, float]], specification: Specification) -> Accuracy:
        """Return the largest error of the recoil integrals at `points`, in error bars, and whose it is.

        Each point has the values of what moves in the fit that `specification` describes.
        """
        fixed, ties = specification.values, specification.ties
        moved = [fixed | dict(point) for point in points]
        complete = [values | {follower: values[leader] for follower, leader in ties.items()} for values in moved]
        return accuracy(self._integrals, complete, frozenset(specification.nuisances))

    def local(self, index: int, params: Mapping[str, float]) -> dict[str, float]:
        """Return `params` by the names that measurement `index` gives them."""
        return self.folded[index].local(params)

    def constraints(self, moving: Set[str] = frozenset()) -> dict[str, Gaussian | None]:
        """Return the constraints of the nuisances when the parameters `moving` are fitted, None for a flat prior."""
        shared = self._shared_strengths
        constraints: dict[str, Gaussian | None] = {name: self.parameters[name].constraint for name in sorted(shared)}
        for measurement, aliases in zip(self.measurements, self._aliases, strict=True):
            own = moving | {name for name, alias in aliases.items() if alias in moving}
            constraints |= {
                aliases.get(n, n): constraint for n, constraint in measurement.constraints(own, shared).items()
            }
        for measurement in self.measurements:  # what a table of Δχ² is a function of is a nuisance, flat but for it
            constraints |= {name: None for name in measurement.borrowed if name not in constraints}
        return constraints

    @property
    def domains(self) -> dict[str, tuple[float, float]]:
        """Return the ends between which parameters must be, of those of tables of Δχ²."""
        intervals: dict[str, tuple[float, float]] = {}
        for measurement in self.measurements:
            for name, (low, high) in measurement.domains.items():
                known = intervals.get(name, (low, high))
                intervals[name] = max(low, known[0]), min(high, known[1])
        return intervals

    def check_data(self) -> None:
        """Raise InputError if a measurement has no data behind it, as toys and forecasts need."""
        for measurement in self.measurements:
            measurement.term.check_data(measurement.name)

    def chi2_function(self) -> ChiSquare:
        """Return χ² of the folded measurements as a function of all parameters, without any constraint."""
        return ChiSquare(self.folded, NO_CONSTRAINTS)

    @arguments.checked(**ASKED)
    def specify(
        self,
        free: Names = (),
        values: Mapping[str, float] | None = None,
        tie: Mapping[str, str] | None = None,
        require: Names = (),
        constrain: Mapping[str, tuple[float, float]] | None = None,
        correlate: Mapping[tuple[str, str], float] | None = None,
    ) -> Specification:
        """Check a request and return it complete; see `fit` for the arguments."""
        extra = {name: Gaussian(*numbers) for name, numbers in (constrain or {}).items()}
        given = {*free, *(values or {}), *(tie or {})}
        ties = {follower: leader for follower, leader in self.tie.items() if follower not in given} | dict(tie or {})
        moved = (*free, *(name for name in self.free if name not in given))
        specification = specify(
            self.parameters, self.constraints, moved, values, ties, require, extra, correlate, self.domains
        )
        self.interaction.check(specification.values)
        return specification

    @arguments.checked(**ASKED)
    def problem(self, **request: Unpack[Request]) -> Problem:
        """Return χ² as a pure function of the vector of free parameters and nuisances, for jit, vmap and grad.

        ``problem.names`` are the coordinates, ``problem.coordinates(values)`` the vector of given values,
        ``problem(u)`` is χ². Everything that does not move is folded away. Arguments as in `fit`.
        """
        return pose(self.chi2_function(), self.specify(**request))

    @arguments.checked(**ASKED)
    def evaluator(self, **request: Unpack[Request]) -> Evaluator:
        """Return χ², gradient and Hessian of `problem` as compiled functions of a point or of many."""
        return Evaluator(self.problem(**request))

    def _complete(self, values: Mapping[str, float] | None) -> dict[str, float]:
        """Return the defaults with `values` in their place; raise InputError if they make no sense together."""
        params = self.parameters.complete(values)
        self.parameters.check_needs(list(values or {}))
        self.interaction.check(params)
        return params

    @arguments.checked(values=ASKED["values"])
    def predict(self, values: Mapping[str, float] | None = None) -> tuple[Prediction, ...]:
        """Return the prediction of each measurement at the defaults with `values` in their place."""
        params = self._complete(values)
        return tuple(
            Prediction(measurement, self.interaction, self.local(index, params))
            for index, measurement in enumerate(self.measurements)
        )

    @arguments.checked(values=ASKED["values"])
    def chi2(self, values: Mapping[str, float] | None = None) -> float:
        """Return χ², constraints included, at the defaults with `values` in their place; nothing is profiled."""
        params = self._complete(values)
        own = {name: constraint for name, constraint in self.constraints().items() if constraint is not None}
        measurements = tuple(folded.pull(frozenset(own)) for folded in self.folded)
        return float(ChiSquare(measurements, build_constraints(own))(params))

    @arguments.checked(**ASKED)
    def fit(
        self,
        free: Names = (),
        values: Mapping[str, float] | None = None,
        tie: Mapping[str, str] | None = None,
        require: Names = (),
        constrain: Mapping[str, tuple[float, float]] | None = None,
        correlate: Mapping[tuple[str, str], float] | None = None,
        minimiser: "str | Minimiser | Any" = "newton",
    ) -> FitResult:
        """Minimise χ² over the parameters `free` and the nuisances, from several starts.

        Args:
            free: parameters to fit; a pull on any of them is dropped.
            values: parameters to fix, or the starting values of free parameters.
            tie: follower to leader: the follower takes the leader's value.
            require: orders such as ``"r_n_i<=r_n_cs"`` between parameters, or a parameter and a number.
            constrain: Gaussian constraints (centre, width) on further parameters, which become nuisances, or on
                combinations such as ``"r_n_cs-r_n_i"``.
            correlate: correlations between the constraints of two parameters, by the pair of their names.
            minimiser: a `Minimiser` or its name (``"newton"``, ``"minuit"``, ``"optimistix"``, ``"optax"``), or an
                object of these two libraries. It finds the best fit; profiles and intervals are always Newton's.

        """
        chosen = find_minimiser(minimiser)
        return self._fit(self.specify(free, values, tie, require, constrain, correlate), chosen)

    @arguments.checked(**ASKED)
    def explain(self, **request: Unpack[Request]) -> Explanation:
        """Return what a fit folds to arrays and what it compiles, without fitting; arguments as in `fit`."""
        return explain(self, self.specify(**request))

    @arguments.checked(**ASKED, path=arguments.path, format=check_format, overwrite=arguments.switch)
    def export(self, path: str | Path, format: str, overwrite: bool = False, **request: Unpack[Request]) -> Export:
        """Write the likelihood in the format of another program, and return how it compares with the engine.

        Args:
            path: the file, or for HEPData the folder, to write; an existing one raises InputError unless `overwrite`.
            format: ``"pyhf"`` or ``"hs3"`` (Poisson counts that strengths alone move, at fixed physics; .json),
                ``"onnx"`` (χ² and expected numbers as functions of all that moves; .onnx, needs ``cevnsjax[export]``),
                or ``"hepdata"`` (tables; with free parameters those of the best fit).
            overwrite: whether an existing file is replaced.
            request: free, values, tie, require, constrain and correlate as in `fit`.

        Raises InputError, and writes nothing, where the format cannot carry the likelihood, or where numbers of the
        export differ from the engine's at random points by more than 1e-12 of χ² or of the largest count.

        >>> import json, tempfile, cevnsjax as cj
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     made = cj.Likelihood("coherent-csi-2021").export(f"{folder}/csi.json", "pyhf", free=["cevns_norm"])
        ...     workspace = json.loads(made.out.read_text())
        >>> workspace["measurements"][0]["config"]["poi"], made.check.difference <= made.check.tolerance
        ('cevns_norm', True)

        """
        return export(self, Path(path), format, overwrite, self.specify(**request))

    @arguments.checked(**ASKED)
    def to_minuit(self, **request: Unpack[Request]) -> "Minuit":
        """Return an `iminuit.Minuit` of χ² over the free parameters and the nuisances, with exact gradient and Hessian.

        Names, limits, steps and error definition are set: call ``migrad``, ``hesse``, ``minos``. It starts at `values`,
        or, where a free parameter has none, beside the minimum that a fit finds.
        Arguments as in `fit`; an order between two fitted parameters is what MINUIT has no limits for.
        """
        specification = self.specify(**request)
        if specification.orders:
            orders = ", ".join(f"{a}<={b}" for a, b in specification.orders)
            raise InputError(f"MINUIT holds no order between parameters that are both fitted: {orders}")
        problem = pose(self.chi2_function(), specification)
        start = problem.coordinates(specification.values)
        if not set(specification.free) <= set(request.get("values") or {}):
            start = best_fit(Solver(problem), start, specification.is_free).u
        return to_minuit(problem, start)

    @arguments.checked(values=ASKED["values"], tie=ASKED["tie"])
    def asimov(self, values: Mapping[str, float] | None = None, tie: Mapping[str, str] | None = None) -> "Likelihood":
        """Return the likelihood of the data expected at the defaults with `values` in their place, no fluctuations.

        Parameters in `tie` take the value of their leader.
        """
        self.check_data()
        specification = self.specify(values=values, tie=tie)
        params, nuisances = specification.values, frozenset(specification.nuisances)
        measurements = tuple(
            dataclasses.replace(measurement, term=folded.pull(nuisances).expecting(params).term, asimov=True)
            for measurement, folded in zip(self.measurements, self.folded, strict=True)
        )
        made = Likelihood(measurements, self.interaction, free=self.free, tie=self.tie)
        if self.truth is None:
            chosen = {name: float(value) for name, value in (values or {}).items()}
            made.truth = {"values": chosen, "tie": dict(tie or {})}
        return made

    @arguments.checked(**ASKED, minimiser=lambda name, value: find_minimiser(value))
    def forecast(self, minimiser: Any = "newton", **request: Unpack[Request]) -> FitResult:
        """Return the fit of the data expected at the truth: the sensitivity of the measurements.

        `values` moves the truth, of free parameters too; the other arguments as in `fit`. The errors from the curvature
        at the minimum are those of the Fisher information.
        """
        truth = self.asimov(request.get("values"), request.get("tie"))
        return truth.fit(minimiser=minimiser, **request)

    def _fit(self, specification: Specification, minimiser: Minimiser | None = None) -> FitResult:
        solver = Solver(pose(self.chi2_function(), specification))
        chosen = minimiser or Newton()
        search, start = chosen.search(solver), solver.problem.coordinates(specification.values)
        minimum = best_fit(search, start, specification.is_free)
        seconds = (0.0, 0.0) if search is solver else (search.compile_seconds, search.run_seconds)
        return FitResult(self, specification, solver, minimum, chosen.name, seconds)

    @arguments.checked(**ASKED, **PROFILE)
    def profile(
        self,
        names: Names,
        ranges: Mapping[str, tuple[float, float]] | None = None,
        points: int | None = None,
        **request: Unpack[Request],
    ) -> GridResult:
        """Return χ² against 1 or 2 parameters, everything else that is free or a nuisance profiled.

        Args:
            names: the parameter, or the two parameters, to scan.
            ranges: interval to scan of each; by default what holds the 3σ interval.
            points: number of values of each; 101 for 1 parameter and 61 for 2 by default.
            request: free, values, tie, require, constrain and correlate as in `fit`.

        """
        request["free"] = tuple(dict.fromkeys((*names, *request.get("free", ()))))
        specification = self.specify(**request)
        specification.check_scan(names, ranges or {}, scan_points(names, points))
        return self._fit(specification).profile(names, ranges, points)

    @arguments.checked(
        **ASKED,
        **RUN,
        grid=arguments.grid,
        out=arguments.optional(arguments.path),
        chunk=arguments.optional(arguments.whole()),
        memory=arguments.optional(arguments.positive),
    )
    def scan(
        self,
        grid: Mapping[str, str | Sequence[float] | np.ndarray],
        out: str | Path | None = None,
        chunk: int | None = None,
        memory: float | None = None,
        engine: Any = None,
        progress: Progress | None = None,
        overwrite: bool = False,
        **request: Unpack[Request],
    ) -> GridResult:
        """Return χ² on a grid of parameters, everything else that is free or a nuisance profiled.

        Args:
            grid: values of each parameter: ``"1e-6:1e-2:400:log"`` or increasing numbers.
            out: a store to write to, chunk by chunk; if it holds a part of this very scan, the scan goes on from there.
            chunk: points that are minimised and written at a time, 16384 by default.
            memory: most memory that the points of a chunk may take [bytes].
            engine: where the chunks run, by default in sequence in this process.
            progress: called with how many points are done, and of how many.
            overwrite: begin anew, in place of a scan at `out`; else that of another likelihood raises InputError.
            request: free, values, tie, require, constrain and correlate as in `fit`.

        """
        return scan(self, grid, out, chunk, memory, engine, progress, overwrite, **request)

    @arguments.checked(**ASKED, **TOYS, **RUN, test=ASKED["values"])
    def toys(
        self,
        count: int = 1000,
        seed: int = 1,
        test: Mapping[str, float] | None = None,
        engine: Any = None,
        progress: Progress | None = None,
        checkpoint: str | Path | None = None,
        **request: Unpack[Request],
    ) -> ToyStudy:
        """Draw toy experiments at the best fit and fit each: goodness of fit, coverage, p-value of a hypothesis.

        Args:
            count: number of toys.
            seed: of the random numbers; the same toys come out whatever their number and wherever they run.
            test: a hypothesis, values of parameters: toys are drawn at the best fit with these held.
            engine: where the toys are fitted, by default in this process.
            progress: called with how many toys are done, and of how many.
            checkpoint: file that keeps the toys of an unfinished run, from which the same call goes on with the same
                result; remove it once the result is saved.
            request: free, values, tie, require, constrain and correlate as in `fit`; what is tested is free.

        """
        check_numbers(count, seed)
        self.check_data()
        tested = dict(test or {})
        request["free"] = tuple(dict.fromkeys((*request.get("free", ()), *tested)))
        specification = self.specify(**request)
        for name, value in tested.items():
            low, high = specification.bounds[specification.leader(name)]
            if not low <= value <= high:
                raise InputError(f"{name}: expected a value to test within {low:g} to {high:g}, found {value:g}")
        return study_toys(self._fit(specification), tested, count, seed, engine, progress, _path(checkpoint))

    @arguments.checked(**ASKED, **TOYS, **RUN, grid=arguments.grid, levels=check_levels, refine=arguments.whole(0, 20))
    def feldman_cousins(
        self,
        grid: Mapping[str, str | Sequence[float] | np.ndarray],
        levels: Sequence[float | Level] = (0.6827, 0.90),
        count: int = 2000,
        seed: int = 1,
        refine: int = 2,
        engine: Any = None,
        progress: Progress | None = None,
        checkpoint: str | Path | None = None,
        **request: Unpack[Request],
    ) -> FeldmanCousinsResult:
        """Return which values of a parameter, or of two, toys do not exclude, with what Wilks says beside.

        Args:
            grid: values of each parameter: ``"0:1e-4:21"`` or increasing numbers.
            levels: confidence levels, fractions.
            count: most toys at a point; points that are clearly in or out get `inference.toys.BLOCK`.
            seed: of the random numbers; the same toys come out wherever they run.
            refine: how often a point is added at each edge of the interval of a single parameter.
            engine: where the toys are fitted, by default in this process.
            progress: called with how many blocks of toys are done, and of how many so far planned.
            checkpoint: as of `toys`.
            request: free, values, tie, require, constrain and correlate as in `fit`; those of the grid are free.

        """
        check_numbers(count, seed)
        self.check_data()
        axes = tuple(axis_of(name, values) for name, values in grid.items())
        chosen = levels_of(levels)
        check_construction(axes, chosen, count)
        request["free"] = tuple(dict.fromkeys((*grid, *request.get("free", ()))))
        specification = self.specify(**request)
        ranges = {axis.name: (float(axis.values[0]), float(axis.values[-1])) for axis in axes}
        specification.check_scan(list(ranges), ranges, 2)
        fit, store = self._fit(specification), _path(checkpoint)
        return feldman_cousins(fit, axes, chosen, count, seed, refine, engine, progress, store)

    @arguments.checked(**ASKED, widths=arguments.optional(arguments.sizes), priors=arguments.optional(check_priors))
    def log_density(
        self,
        widths: Sequence[float] | None = None,
        priors: Mapping[str, Any] | None = None,
        **request: Unpack[Request],
    ) -> Density:
        """Return ln of the posterior density as a pure function, with its transforms, for any sampler.

        ``density(z)`` is ln p of unbounded numbers z, Jacobian included; ``density.coordinates(z)`` are the coordinates
        within their bounds, ``density.unbounded(u)`` goes back, ``density.within(u)`` is ln p of the coordinates,
        ``density.values(u)`` names them. -∞ beyond the bounds, never NaN. The priors are ``density.priors``;
        ``density.log_likelihood(u)`` leaves them out, ``density.prior_transform(x)`` takes the unit cube to them.
        `widths` are rough widths of the density in each coordinate; `priors` as in `sample`, the other arguments as in
        `fit`.
        """
        problem = pose(self.chi2_function(), apply_priors(self.specify(**request), priors))
        if widths is not None and len(widths) != len(problem.names):
            raise InputError(f"widths: expected a width for each of {', '.join(problem.names)}, found {len(widths)}")
        return build_density(problem, widths)

    @arguments.checked(**ASKED, priors=arguments.optional(check_priors))
    def numpyro_model(self, priors: Mapping[str, Any] | None = None, **request: Unpack[Request]) -> Callable[[], None]:
        """Return a numpyro model: a ``sample`` statement for each prior, a ``factor`` for the data.

        `priors` as in `sample`, the other arguments as in `fit`.
        """
        return numpyro_model(pose(self.chi2_function(), apply_priors(self.specify(**request), priors)))

    @arguments.checked(
        **ASKED,
        draws=arguments.optional(arguments.whole()),
        method=check_method,
        seed=arguments.whole(),
        chains=arguments.optional(arguments.whole()),
        warm_up=arguments.optional(arguments.whole()),
        live=arguments.optional(arguments.whole()),
        checkpoint=arguments.optional(arguments.path),
        progress=RUN["progress"],
        priors=arguments.optional(check_priors),
    )
    def sample(
        self,
        free: Names = (),
        draws: int | None = None,
        method: str | Sampler = "auto",
        seed: int = 0,
        chains: int | None = None,
        warm_up: int | None = None,
        live: int | None = None,
        checkpoint: str | Path | None = None,
        progress: Callable[[int, int], None] | None = None,
        priors: Mapping[str, Any] | None = None,
        **request: Unpack[Beside],
    ) -> Posterior:
        """Return draws from the posterior of the parameters `free` and of the nuisances.

        Priors: flat within the bounds for the free parameters, the constraints for the nuisances, or what is given.

        Args:
            free: parameters with a flat prior; a pull on any of them is dropped.
            draws: number of draws of all chains together.
            method: "importance" (points of a mixture fitted to the posterior, weighted: the fastest, with the
                evidence), "hmc" (many short chains), "nuts" (a few chains of the No-U-Turn Sampler), or "nested"
                (nested sampling: separated modes, evidence); or a `Sampler` with its settings: ``cj.Nuts(chains=8)``.
                By default "importance" where its weights can be trusted, else "hmc": `Posterior.reason`.
            seed: the same seed gives the same draws.
            chains: number of chains; 4 of "nuts" and 128 of "hmc" by default. With `chains` or `warm_up` the default
                method is "nuts".
            warm_up: transitions of each chain of "nuts" that adapt it, 500 by default.
            live: live points of "nested", 500 by default: more resolve smaller modes.
            checkpoint: file that keeps an unfinished run, which the same call resumes with the same result; remove it
                once the result is saved.
            progress: called with how much is done and how much there is to do.
            priors: by parameter `cj.Flat`, `cj.LogFlat`, `cj.Normal` or a univariate distribution of numpyro, in place
                of its flat prior or its constraint.
            request: values, tie, require, constrain and correlate as in `fit`.

        """
        sampler = find_sampler(method, draws=draws, chains=chains, warm_up=warm_up, live=live)
        check_seed(seed)
        specification = apply_priors(self.specify(free=tuple(free), **request), priors)
        return sample_posterior(self, specification, sampler, seed, _path(checkpoint), progress)
