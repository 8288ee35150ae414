"""Toy experiments of a likelihood: p-values, goodness of fit, coverage of the intervals."""

import dataclasses
import json
import math
import time
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import chdtrc

from .._base import arguments
from .._base.cores import cores
from .._base.errors import InputError
from .._base.json_files import decoded, encoded, is_number
from .._base.levels import Level, check_level, check_levels, delta_chi2, level_of, levels_of
from .._base.netcdf import write_netcdf
from .._base.tables import Block, Shown
from .._base.typing import Names
from .._base.version import __version__
from ..folding.accuracy import Accuracy
from ..inference.grid.profile import profile
from ..inference.toys.construction import Progress, profile_minima
from ..inference.toys.frequencies import at_least, critical_value, fraction
from ..inference.toys.work import Finished, Work, joined, tasks
from .drawing import ON_AXES, needs_axes
from .rebuilt import arrays_of, check_likelihood, damaged, part, read
from .record import data_digest, record
from .report import plain, specification_report
from .saved_fit import fit_content, load_fit
from .tables.toys import toy_blocks
from .tables.words import doubts

if TYPE_CHECKING:
    import xarray
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..joint.likelihood import Likelihood
    from ..plots.toys import Histogram
    from .fit import FitResult


MOST_LOST = 0.05
"""Share of the toys that may not converge: those that do are a biased choice of all."""


def said_lost(lost: int, drawn: int, many: bool) -> str:
    """Return how toys ended, in words."""
    if not lost:
        return "converged"
    trust = f"not to be trusted, with more than {100 * MOST_LOST:g} % of the toys lost: " if many else ""
    return f"{trust}{lost} of {drawn} toys did not converge"


@dataclasses.dataclass(frozen=True, repr=False)
class ToyStudy(Shown):
    """Toy experiments drawn at the same truth and fitted, and what follows from them. Check `converged`.

    The truth is the best fit to the data, or the best fit with the parameters tested held at the values of the
    hypothesis. Data and constraint centres are drawn.
    """

    fit: "FitResult"
    tested: dict[str, float]
    """The hypothesis: values of parameters; empty if none is tested."""
    truth: dict[str, float]
    """The parameters at which the toys are drawn."""
    statistic: float
    """t of the data: χ² with the parameters tested at the hypothesis, less χ² at the best fit."""
    held: tuple[tuple[str, ...], ...]
    """Parameters held at the truth, for each column of the toys' t."""
    values: dict[str, np.ndarray]
    """Fitted value of each coordinate in each toy."""
    errors: dict[str, np.ndarray]
    """Error of each from the curvature of χ²; not a number at a bound, or where the toy does not constrain it."""
    chi2: np.ndarray
    """Lowest χ² of each toy."""
    statistics: np.ndarray
    """t of each toy for each of `held`, an array (toy, held)."""
    toy_converged: np.ndarray
    count: int
    seed: int
    seconds: Mapping[str, float]

    @cached_property
    def accuracy(self) -> Accuracy:
        """Return the largest error of the recoil integrals: at the truth and at the outer fits, see `outer_rows`."""
        specification = self.fit.specification
        rows = outer_rows(self.values, specification.free, self.toy_converged)
        points = [{name: float(values[row]) for name, values in self.values.items()} for row in rows]
        return self.fit.likelihood.accuracy([self.truth, *points], specification)

    @property
    def converged(self) -> bool:
        """Return whether the data were fitted, and all but few toys, with recoil integrals that are accurate."""
        fitted = self.fit.converged and math.isfinite(self.statistic)
        return fitted and not self._many_lost and self.accuracy.trusted

    @property
    def _many_lost(self) -> bool:
        return bool(np.mean(~self.toy_converged) > MOST_LOST)

    @property
    def message(self) -> str:
        """Return how the fits ended, in words."""
        if not self.fit.converged:
            return self.fit.message
        if not math.isfinite(self.statistic):
            return "did not converge: the data were not fitted at the hypothesis"
        lost = int(np.sum(~self.toy_converged))
        return self.accuracy.added_to(said_lost(lost, self.count, self._many_lost))

    def t(self, *names: str) -> np.ndarray:
        """Return t = χ²(held at the truth) - χ²_min of the toys that converged, for parameters held together."""
        chosen = tuple(names) or tuple(self.tested)
        if chosen not in self.held:
            listed = "; ".join(", ".join(group) for group in self.held)
            raise InputError(f"no toys were fitted with {', '.join(chosen) or 'nothing'} held, only with {listed}")
        return self.statistics[self.toy_converged, self.held.index(chosen)]

    def p_value(self) -> tuple[float, float, float]:
        """Return the share of toys with t as large as that of the data, and the ends of its 68.27 % interval.

        The interval is that of Clopper and Pearson, for the number of toys.
        """
        if not self.tested:
            raise InputError("there is no p-value: no parameter was tested")
        statistics = self.t()
        return fraction(at_least(statistics, self.statistic), len(statistics))

    def wilks_p_value(self) -> float:
        """Return the p-value if t were distributed as χ² with as many degrees of freedom as parameters are tested."""
        return float(chdtrc(len(self.tested), self.statistic))

    def goodness_of_fit(self) -> tuple[float, float, float]:
        """Return the share of toys with χ²_min as large as that of the data, and the ends of its 68.27 % interval.

        Raises InputError if there are unbinned events.
        """
        if self.fit.dof is None:
            raise InputError("there is no goodness of fit: χ² of unbinned events does not measure it")
        minima = self.chi2[self.toy_converged]
        return fraction(at_least(minima, self.fit.chi2), len(minima))

    @arguments.checked(name=arguments.text, cl=check_level)
    def coverage(self, name: str, cl: float | Level = 0.6827) -> tuple[float, float, float]:
        """Return how often the interval of `name` at `cl` holds the truth, with the 68.27 % interval of that share.

        The interval is that of `FitResult.interval`: all values with Δχ² below 1, 2.71, …
        """
        statistics = self.t(name)
        return fraction(int(np.sum(statistics <= delta_chi2(cl))), len(statistics))

    @arguments.checked(cl=check_level)
    def critical(self, cl: float | Level = 0.90) -> tuple[float, float]:
        """Return the t that a share `cl` of the toys does not exceed, for the parameters tested, and its error.

        Not a number where less than 1 toy would lie beyond.
        """
        statistics, level = self.t(), level_of(cl)
        if len(statistics) * level.tail < 1.0 - 1e-9:
            return math.nan, math.nan
        return critical_value(statistics, level.fraction)

    @arguments.checked(levels=check_levels)
    def as_dict(self, levels: Sequence[float | Level] = (0.6827, 0.90, 0.9545)) -> dict[str, Any]:
        """Return the study as plain lists and numbers, the JSON of the command line."""
        chosen = levels_of(levels)
        content = specification_report(self.fit) | {
            "count": self.count,
            "seed": self.seed,
            "test": None,
            "truth": self.truth,
            "chi2_min": self.fit.chi2,
            "quadrature_error": self.accuracy.error if self.fit.converged else self.fit.quadrature_error,
            "converged": self.converged,
            "message": self.message,
            "not_converged": int(np.sum(~self.toy_converged)),
            "data": data_digest(self.fit.likelihood.measurements),
            "seconds": dict(self.seconds),
            "version": __version__,
        }
        if not self.converged:
            return plain(content)

        def share(estimate: tuple[float, float, float]) -> dict[str, Any]:
            return {"value": estimate[0], "interval": list(estimate[1:])}

        if self.fit.dof is not None:
            content["goodness_of_fit"] = {
                "p_value": share(self.goodness_of_fit()),
                "chi2": self.fit.chi2,
                "toys": {"mean": float(self.chi2[self.toy_converged].mean()), "degrees_of_freedom": self.fit.dof},
            }
        if self.tested:
            criticals = [(level, *self.critical(level)) for level in chosen]
            content["test"] = {
                "values": self.tested,
                "statistic": self.statistic,
                "p_value": share(self.p_value()),
                "wilks_p_value": self.wilks_p_value(),
                "critical": {
                    level.label: {"value": value, "error": error, "wilks": level.delta_chi2(len(self.tested))}
                    for level, value, error in criticals
                },
            }
        parameters: dict[str, dict[str, Any]] = {}
        for name in self.fit.specification.free:
            value = self.values[name][self.toy_converged]
            described: dict[str, Any] = {
                "truth": self.truth[name],
                "mean": float(value.mean()),
                "standard_deviation": float(value.std(ddof=1)) if len(value) > 1 else None,
                "median": float(np.median(value)),
                "unit": self.fit.likelihood.parameters[name].unit,
            }
            if (name,) in self.held:
                described["coverage"] = {level.label: share(self.coverage(name, level)) for level in chosen}
            parameters[name] = described
        return plain(content | {"parameters": parameters})

    def blocks(self) -> list[Block]:
        """Return what `cevnsjax toys` prints of it."""
        content = self.as_dict((0.6827, 0.90))
        return [*toy_blocks(content, self.fit.likelihood.data_name), *doubts(content)]

    def dataset(self) -> "xarray.Dataset":
        """Return the toys as an xarray dataset."""
        import xarray

        names = list(self.values)

        def table(columns: Mapping[str, np.ndarray]) -> np.ndarray:
            return np.array([columns[name] for name in names]).reshape(len(names), len(self.chi2)).T

        return xarray.Dataset(
            {
                "value": (("toy", "coordinate"), table(self.values)),
                "error": (("toy", "coordinate"), table(self.errors)),
                "chi2": ("toy", self.chi2),
                "t": (("toy", "held"), self.statistics),
                "converged": ("toy", self.toy_converged),
                "truth": ("coordinate", np.array([self.truth[n] for n in names])),
            },
            {"coordinate": names, "held": [",".join(group) for group in self.held]},
            {
                "chi2_min": self.fit.chi2,
                "statistic": self.statistic,
                "test": [f"{name}={value!r}" for name, value in self.tested.items()],
                "measurements": [measurement.name for measurement in self.fit.likelihood.measurements],
                "interactions": list(self.fit.likelihood.interaction.names),
                "seed": self.seed,
                "version": __version__,
                "cevnsjax": json.dumps(self._record()),
            },
        )

    def _record(self) -> dict[str, Any]:
        run = {"count": self.count, "seed": self.seed, "test": self.tested}
        study = {"statistic": self.statistic, "held": self.held, "truth": self.truth, "coordinates": list(self.values)}
        about = record("toys", self.fit.likelihood, self.fit.specification, run)
        return {**about, "fit": fit_content(self.fit), "study": encoded({**study, "toys": len(self.chi2)})}

    def save(self, path: str | Path, overwrite: bool = False) -> None:
        """Write the toys to a netCDF file; an existing file raises InputError unless `overwrite`."""
        write_netcdf(self.dataset(), Path(path), overwrite)

    @staticmethod
    @arguments.checked(path=arguments.path, likelihood=arguments.optional(check_likelihood))
    def load(path: str | Path, likelihood: "Likelihood | None" = None) -> "ToyStudy":
        """Return the study that `save` wrote; for `likelihood` see `FitResult.load`."""
        held = read(path, "toys")
        fit, study = load_fit(held, likelihood), part(held, "study")
        names, sets = study.get("coordinates"), study.get("held")
        texts = isinstance(names, list) and all(isinstance(name, str) for name in names)
        if not texts or sorted(names) != sorted(fit.specification.coordinates):
            raise damaged(held, "coordinates")
        if not isinstance(sets, list) or not all(
            isinstance(group, list) and all(isinstance(name, str) and name in fit.values for name in group)
            for group in sets
        ):
            raise damaged(held, "held")
        truth, count = study.get("truth"), study.get("toys")
        if not isinstance(truth, dict) or set(truth) != set(names) or not all(map(is_number, truth.values())):
            raise damaged(held, "truth")
        if not is_number(study.get("statistic")) or type(count) is not int or not 0 <= count <= held.run["count"]:
            raise damaged(held, "statistic")
        table = (count, len(names))
        shapes = {"value": table, "error": table, "chi2": (count,), "t": (count, len(sets)), "converged": (count,)}
        arrays = arrays_of(held, shapes)
        return ToyStudy(
            fit=fit,
            tested={name: float(value) for name, value in held.run["test"].items()},
            truth={name: decoded(value) for name, value in truth.items()},
            statistic=decoded(study["statistic"]),
            held=tuple(map(tuple, sets)),
            values={name: arrays["value"][:, k] for k, name in enumerate(names)},
            errors={name: arrays["error"][:, k] for k, name in enumerate(names)},
            chi2=arrays["chi2"],
            statistics=arrays["t"],
            toy_converged=arrays["converged"].astype(bool),
            count=held.run["count"],
            seed=held.run["seed"],
            seconds={},
        )

    @arguments.checked(names=arguments.optional(arguments.texts), **ON_AXES)
    def plot(
        self,
        names: Names | None = None,
        ax: "Axes | None" = None,
        label: str | None = None,
        color: str | None = None,
    ) -> "Figure":
        """Draw the distribution of χ²_min, and of t for each set of parameters held, beside those of Wilks.

        Not χ²_min, where it is no measure of how good the fit is: of unbinned events.

        Args:
            names: the parameters held together whose t is drawn on `ax`; χ²_min by default.
            ax: axes of yours to draw on, over what is there.
            label: what the legend calls the toys.
            color: of the toys and of the line at the data; by default the next of ours that is not on the axes.

        """
        from ..plots.style import root
        from ..plots.toys import Histogram, draw_study, draw_toys_on

        if ax is None:
            needs_axes(names=names, label=label, color=color)
        elif names:
            self.t(*names)  # raises if they were not held
        latex = {name: f"${self.fit.likelihood.parameters[name].latex}$" for held in self.held for name in held}
        good = self.toy_converged
        histograms = [] if self.fit.dof is None else [self._minima(self.fit.dof)]
        first = len(histograms)
        for k, held in enumerate(self.held):
            tested = held == tuple(self.tested)
            histograms.append(
                Histogram(
                    label="t of " + ", ".join(latex[name] for name in held),
                    values=self.statistics[good, k],
                    observed=self.statistic if tested else None,
                    degrees_of_freedom=len(held),
                    text=f"p = {self.p_value()[0]:.3f}" if tested else "",
                    data=self.fit.likelihood.data_name,
                )
            )
        if not names and (ax is not None or not histograms):
            self.goodness_of_fit()  # raises if there is none
        if ax is None:
            return draw_study(histograms)
        draw_toys_on(ax, histograms[first + self.held.index(tuple(names)) if names else 0], label, color)
        return root(ax)

    def _minima(self, dof: int) -> "Histogram":
        """Return χ²_min of the toys, to draw."""
        from ..plots.toys import Histogram

        return Histogram(
            label=r"$\chi^2_\mathrm{min}$",
            values=self.chi2[self.toy_converged],
            observed=self.fit.chi2,
            degrees_of_freedom=dof,
            text=f"p = {self.goodness_of_fit()[0]:.3f}",
            data=self.fit.likelihood.data_name,
        )


def outer_rows(values: Mapping[str, np.ndarray], names: Sequence[str], chosen: np.ndarray) -> list[int]:
    """Return the rows, of those `chosen`, where each of `names` is at the ends of its central 95.45 %."""
    rows = np.flatnonzero(chosen)
    ends = [round(share * (len(rows) - 1)) for share in (0.02275, 0.97725)] if len(rows) else []
    return [int(rows[np.argsort(values[name][rows])[end]]) for name in names for end in ends]


def study_toys(
    fit: "FitResult",
    test: Mapping[str, float],
    count: int,
    seed: int,
    engine: Any = None,
    progress: Progress | None = None,
    checkpoint: Path | None = None,
) -> ToyStudy:
    """Draw toys at the best fit, or at that with the parameters `test` held, and fit them; see `Likelihood.toys`."""
    specification = fit.specification
    leaders = [specification.leader(name) for name in test]
    solver, minimum = fit.placed_first(leaders)
    problem, free = solver.problem, specification.is_free
    started = time.perf_counter()
    u, statistic = minimum.u, 0.0
    if test and fit.converged:
        positions, allowed = problem.positions(leaders, np.array([list(test.values())]))
        if not allowed.all():
            raise InputError("the values to test are not in the required order")
        null = profile(solver, [problem.names.index(name) for name in leaders], positions, minimum.u, free)
        u = null.u[0]
        statistic = max(float(null.chi2[0]) - minimum.value, 0.0) if null.converged[0] else math.nan
    ordered = {name for pair in specification.orders for name in pair}
    held: list[tuple[str, ...]] = [(name,) for name in specification.free if name not in ordered]
    if test and tuple(test) not in held:
        held.append(tuple(test))
    index = tuple(tuple(problem.names.index(specification.leader(name)) for name in group) for group in held)
    batches = tasks(u, count) if fit.converged and math.isfinite(statistic) else []
    starts = profile_minima(solver, minimum, free) if batches else minimum.u[None]
    work = Work(problem, index, starts, free, seed, cores() if engine is None else 1)
    blocks = [
        {
            "u": np.empty((0, len(u))),
            "error": np.empty((0, len(u))),
            "chi2": np.empty(0),
            "null": np.empty((0, len(held))),
            "converged": np.empty(0, bool),
        }
    ] * (len(batches) or 1)
    done = 0
    with Finished(work, checkpoint) as finished:
        for k, block in finished.run(batches, engine):
            blocks[k], done = block, done + batches[k].count
            if progress is not None:
                progress(done, count)
    toys = joined(blocks)
    return ToyStudy(
        fit=fit,
        tested=dict(test),
        truth={name: float(value) for name, value in problem.params(u).items() if name in problem.names},
        statistic=statistic,
        held=tuple(held),
        values=problem.values(toys["u"]),
        errors={
            name: np.full(len(toys["chi2"]), np.nan) if name in ordered else toys["error"][:, k]
            for k, name in enumerate(problem.names)
        },
        chi2=toys["chi2"],
        statistics=np.maximum(toys["null"] - toys["chi2"][:, None], 0.0),
        toy_converged=toys["converged"],
        count=count,
        seed=seed,
        seconds={"fit": sum(fit.seconds.values()), "toys": time.perf_counter() - started},
    )
