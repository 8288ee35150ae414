"""Intervals and contours of Feldman and Cousins, with those of Wilks beside them."""

import dataclasses
import json
import time
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .._base import arguments
from .._base.cores import cores
from .._base.errors import InputError
from .._base.levels import Level, check_level, delta_chi2, level_of, ordered_levels, typed_level
from .._base.netcdf import write_netcdf
from .._base.tables import Block, Shown
from .._base.version import __version__
from ..folding.accuracy import Accuracy
from ..inference.grid.axes import Axis
from ..inference.grid.contours import Contour, contours
from ..inference.grid.intervals import Interval
from ..inference.toys.construction import Construction, Progress, construct, edges, pieces
from .drawing import LEVELS_DRAWN, ON_AXES, needs_axes
from .plane import oriented
from .rebuilt import arrays_of, check_likelihood, damaged, part, read
from .record import axis_settings, data_digest, record
from .report import plain, specification_report
from .saved_fit import fit_content, load_fit
from .tables.toys import construction_blocks
from .tables.words import doubts
from .toys import MOST_LOST, said_lost

if TYPE_CHECKING:
    import xarray
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..joint.likelihood import Likelihood
    from ..plots.toys import Critical
    from .fit import FitResult

EDGES, THREE_SIGMA = 16, 9.0
"""Points at which the error of the recoil integrals is measured, and the Δχ² within which they lie."""
BEYOND = 5.0
"""Toys that a level has to leave beyond it."""
CONSTRUCTION = (
    "toys drawn at the nuisances and other free parameters that fit the data best with the tested ones held, "
    "constraint centres drawn too; ordered by chi2(held) - chi2_min, everything else profiled in both"
)


@dataclasses.dataclass(frozen=True, repr=False)
class FeldmanCousinsResult(Shown):
    """The construction of Feldman and Cousins for a parameter or two, with what Wilks says of the same data.

    The parameters are within `axes`: an interval may go on beyond. Nothing else is assumed than that the toys are drawn
    at the right nuisances, which are those that fit the data best at each value.
    """

    fit: "FitResult"
    axes: tuple[Axis, ...]
    construction: Construction
    levels: tuple[Level, ...]
    """Confidence levels for which the toys were drawn."""
    count: int
    seed: int
    seconds: Mapping[str, float]
    refine: int = 2
    """How often a point was added at each edge of the interval of a single parameter."""

    @property
    def names(self) -> tuple[str, ...]:
        """Return the parameters."""
        return tuple(axis.name for axis in self.axes)

    @cached_property
    def accuracy(self) -> Accuracy:
        """Return the largest error of the recoil integrals: at the points within 3σ, `EDGES` of them at most."""
        inside = np.flatnonzero(self.construction.observed <= THREE_SIGMA)
        chosen = inside[np.unique(np.linspace(0, len(inside) - 1, min(EDGES, len(inside))).astype(int))]
        problem = self.fit.placed_first([self.fit.specification.leader(name) for name in self.names])[0].problem
        points = [{name: float(x) for name, x in problem.params(u).items()} for u in self.construction.u[chosen]]
        return self.fit.likelihood.accuracy([self.fit.values, *points], self.fit.specification)

    @property
    def _drawn(self) -> np.ndarray:
        """Return the number of toys at each point, with those that did not converge."""
        return np.array([len(toys) for toys in self.construction.statistics]) + self.construction.lost

    @property
    def converged(self) -> bool:
        """Return whether data and toys were fitted, at every point, with recoil integrals that are accurate."""
        fitted = self.fit.converged and bool(np.isfinite(self.construction.observed).all())
        return fitted and not self._many_lost and self.accuracy.trusted

    @property
    def _many_lost(self) -> bool:
        """Return whether more toys were lost than a study may do without, at any point."""
        return bool(np.any(self.construction.lost > MOST_LOST * self._drawn))

    @property
    def message(self) -> str:
        """Return how the fits ended, in words."""
        if not self.fit.converged:
            return self.fit.message
        if not np.isfinite(self.construction.observed).all():
            return "did not converge: the data were not fitted at every point"
        lost = said_lost(int(self.construction.lost.sum()), int(self._drawn.sum()), self._many_lost)
        return self.accuracy.added_to(lost)

    def _fraction(self, cl: float | Level) -> float:
        """Return a level as a fraction; raise InputError if the toys are too few for it."""
        level = level_of(cl)
        check_enough(level, int(min(self._drawn, default=0)))
        return level.fraction

    @arguments.checked(cl=check_level)
    def interval(self, cl: float | Level = 0.90) -> Interval:
        """Return the pieces of the parameter that are not excluded at `cl`; `at_bound` if they reach an end."""
        self._check_one()
        ranges, ends = pieces(self.construction, self._fraction(cl))
        return Interval(ranges, any(ends))

    @arguments.checked(cl=check_level)
    def edges(self, cl: float | Level = 0.90) -> list[tuple[float, float]]:
        """Return the edges of the interval at `cl` that are not its ends, with the error that so many toys leave."""
        self._check_one()
        return edges(self.construction, self._fraction(cl))

    @arguments.checked(cl=check_level)
    def wilks(self, cl: float | Level = 0.90) -> Interval:
        """Return the interval of Δχ² = 1, 2.71, 4, … within the same range."""
        self._check_one()
        low, high = self.axes[0].values[[0, -1]]
        whole = self.fit.interval(self.names[0], cl)
        inside = tuple((max(a, low), min(b, high)) for a, b in whole.pieces if b >= low and a <= high)
        return Interval(inside, any(a <= low or b >= high for a, b in inside))

    def _check_one(self) -> None:
        if len(self.axes) != 1:
            raise InputError(f"{', '.join(self.names)}: two parameters have contours, not an interval")

    def _grid(self, values: np.ndarray) -> np.ndarray:
        return values.reshape(tuple(len(axis.values) for axis in self.axes))

    @arguments.checked(cl=check_level)
    def contours(self, cl: float | Level = 0.90) -> list[Contour]:
        """Return the lines of two parameters beyond which values are excluded at `cl`."""
        critical, _ = self.construction.critical(self._fraction(cl))
        return self._lines(self.construction.observed / np.maximum(critical, 1e-12), 1.0)

    @arguments.checked(cl=check_level)
    def wilks_contours(self, cl: float | Level = 0.90) -> list[Contour]:
        """Return the lines of Δχ² = 2.30, 4.61, 6.18, … of two parameters."""
        return self._lines(self.construction.observed, delta_chi2(cl, 2))

    def _lines(self, height: np.ndarray, level: float) -> list[Contour]:
        if len(self.axes) != 2:
            raise InputError(f"{self.names[0]}: a single parameter has an interval, not contours")
        return contours((self.axes[0], self.axes[1]), self._grid(height), level)

    def as_dict(self) -> dict[str, Any]:
        """Return the construction as plain lists and numbers, the JSON of the command line."""
        wilks = {}
        if self.fit.converged and len(self.axes) == 1:
            wilks = {level.label: self.wilks(level) for level in self.levels}  # whose edges the fit has to be right at
        content = specification_report(self.fit) | {
            "count": self.count,
            "seed": self.seed,
            "construction": CONSTRUCTION,
            "parameters": list(self.names),
            "chi2_min": self.fit.chi2,
            "best": {name: self.fit.values[name] for name in self.names},
            "quadrature_error": self.accuracy.error if self.fit.converged else self.fit.quadrature_error,
            "converged": self.converged,
            "message": self.message,
            "not_converged": int(self.construction.lost.sum()),
            "data": data_digest(self.fit.likelihood.measurements),
            "seconds": dict(self.seconds),
            "version": __version__,
        }
        if not self.converged:
            return plain(content)
        share, error = self.construction.p_values()
        content["points"] = {name: self.construction.points[:, k].tolist() for k, name in enumerate(self.names)} | {
            "t": self.construction.observed.tolist(),
            "p_value": share.tolist(),
            "p_value_error": error.tolist(),
            "toys": [len(toys) for toys in self.construction.statistics],
        }
        levels: dict[str, dict[str, Any]] = {}
        for level in self.levels:
            critical, spread = self.construction.critical(level.fraction)
            entry: dict[str, Any] = {
                "critical": critical.tolist(),
                "critical_error": spread.tolist(),
                "wilks_critical": level.delta_chi2(len(self.axes)),
            }
            if len(self.axes) == 1:
                entry |= {
                    "interval": [list(piece) for piece in self.interval(level).pieces],
                    "at_end": self.interval(level).at_bound,
                    "edges": [{"value": edge, "error": noise} for edge, noise in self.edges(level)],
                    "wilks": [list(piece) for piece in wilks[level.label].pieces],
                }
            else:
                entry |= {
                    "contours": [{"points": c.points.tolist(), "closed": c.closed} for c in self.contours(level)],
                    "wilks": [{"points": c.points.tolist(), "closed": c.closed} for c in self.wilks_contours(level)],
                }
            levels[level.label] = entry
        return plain(content | {"levels": levels})

    def blocks(self) -> list[Block]:
        """Return what `cevnsjax toys --feldman-cousins` prints of it."""
        content = self.as_dict()
        return [*construction_blocks(content, self.fit.likelihood.data_name), *doubts(content)]

    def dataset(self) -> "xarray.Dataset":
        """Return every point with t of the data and of its toys as an xarray dataset."""
        import xarray

        construction = self.construction
        most = max(map(len, construction.statistics), default=0)
        padded = np.full((len(construction.statistics), most), np.nan)
        for row, toys in zip(padded, construction.statistics, strict=True):
            row[: len(toys)] = toys
        share, error = construction.p_values()
        criticals = np.array([construction.critical(level.fraction) for level in self.levels])
        profiled = self.fit.solver.problem.values(construction.u)
        variables: dict[str, Any] = {
            "t": ("point", construction.observed),
            "toys": (("point", "toy"), padded),
            "not_converged": ("point", construction.lost),
            "p_value": ("point", share),
            "p_value_error": ("point", error),
            "critical": (("level", "point"), criticals[:, 0]),
            "critical_error": (("level", "point"), criticals[:, 1]),
        }
        variables |= {name: ("point", values) for name, values in profiled.items()}
        variables |= {
            "u": (("point", "coordinate"), construction.u),
            "tested": (("point", "axis"), construction.points),
        }
        variables |= {f"axis_{k}": (f"value_{k}", axis.values) for k, axis in enumerate(self.axes)}
        return xarray.Dataset(
            variables,
            {"level": ("level", [level.per_cent for level in self.levels], {"units": "percent"})},
            {
                "parameters": list(self.names),
                "construction": CONSTRUCTION,
                "chi2_min": self.fit.chi2,
                "measurements": [measurement.name for measurement in self.fit.likelihood.measurements],
                "interactions": list(self.fit.likelihood.interaction.names),
                "seed": self.seed,
                "version": __version__,
                "cevnsjax": json.dumps(self._record()),
            },
        )

    def _record(self) -> dict[str, Any]:
        run = {
            "grid": {axis.name: axis_settings(axis) for axis in self.axes},
            "levels": [level.label for level in self.levels],
            "count": self.count,
            "seed": self.seed,
            "refine": self.refine,
        }
        about = record("feldman-cousins", self.fit.likelihood, self.fit.specification, run, self.names)
        lengths = [len(toys) for toys in self.construction.statistics]
        return {**about, "fit": fit_content(self.fit), "construction": {"toys": lengths, "log": self.construction.log}}

    def save(self, path: str | Path, overwrite: bool = False) -> None:
        """Write the construction to a netCDF file; an existing file raises InputError unless `overwrite`."""
        write_netcdf(self.dataset(), Path(path), overwrite)

    @staticmethod
    @arguments.checked(path=arguments.path, likelihood=arguments.optional(check_likelihood))
    def load(path: str | Path, likelihood: "Likelihood | None" = None) -> "FeldmanCousinsResult":
        """Return the construction that `save` wrote; for `likelihood` see `FitResult.load`."""
        held = read(path, "feldman-cousins")
        fit, content, run = load_fit(held, likelihood), part(held, "construction"), held.run
        names, lengths = list(run["grid"]), content.get("toys")
        if not 1 <= len(names) <= 2 or type(content.get("log")) is not bool:
            raise damaged(held, "axes")
        if not isinstance(lengths, list) or not all(type(n) is int and n >= 0 for n in lengths):
            raise damaged(held, "toys")
        try:
            levels = tuple(map(typed_level, run["levels"]))
        except InputError:
            raise damaged(held, "levels") from None
        points, most = len(lengths), max(lengths, default=0)
        shapes = {"t": (points,), "toys": (points, most), "not_converged": (points,), "tested": (points, len(names))}
        shapes |= {"u": (points, len(fit.names))}
        shapes |= {f"axis_{k}": (run["grid"][name]["values"],) for k, name in enumerate(names)}
        arrays = arrays_of(held, shapes)
        axes = tuple(Axis(name, arrays[f"axis_{k}"], run["grid"][name]["log"]) for k, name in enumerate(names))
        if any(axis_settings(axis) != run["grid"][axis.name] for axis in axes):
            raise damaged(held, "axes")
        drawn = tuple(row[:n] for row, n in zip(arrays["toys"], lengths, strict=True))
        construction = Construction(
            arrays["tested"], arrays["u"], arrays["t"], drawn, arrays["not_converged"], content["log"]
        )
        return FeldmanCousinsResult(fit, axes, construction, levels, run["count"], run["seed"], {}, run["refine"])

    def label(self, name: str) -> str:
        """Return the LaTeX label of a parameter, with its unit."""
        parameter = self.fit.likelihood.parameters[name]
        return f"${parameter.latex}$" + ("" if parameter.unit == "1" else f" [{parameter.unit}]")

    def panel(self, shown: Sequence[Level] = ()) -> "tuple[str, bool, np.ndarray, np.ndarray, list[Critical]]":
        """Return what is drawn of the construction of a parameter: the arguments of `plots.toys.draw_statistic`."""
        from ..plots.toys import Critical

        levels = []
        for level in shown or self.levels:
            critical, error = self.construction.critical(level.fraction)
            levels.append(Critical(str(level), critical, error, level.of_one, self.interval(level).pieces))
        points = self.construction.points[:, 0]
        return self.label(self.names[0]), self.axes[0].log, points, self.construction.observed, levels

    @arguments.checked(level=LEVELS_DRAWN, **ON_AXES)
    def plot(
        self,
        level: float | Level | Sequence[float | Level] | None = None,
        ax: "Axes | None" = None,
        label: str | None = None,
        color: str | None = None,
    ) -> "Figure":
        """Draw t of the data with the critical values against a parameter, or the contours of two, a mass on x.

        Args:
            level: a confidence level or several, by default `levels`.
            ax: axes of yours to draw on, over what is there.
            label: what the legend of `ax` has before the names of the lines.
            color: on `ax`, all is in shades of it.

        """
        from ..plots.style import root
        from ..plots.toys import Plane, draw_construction, draw_plane, draw_plane_on, draw_statistic_on

        if ax is None:
            needs_axes(label=label, color=color)
        levels = self.levels if level is None else ordered_levels(level)
        for entry in levels if level is not None else ():
            self._fraction(entry)
        if len(self.axes) == 1:
            panel = (*self.panel(levels), self.fit.likelihood.data_name)
            if ax is None:
                return draw_construction(*panel)
            draw_statistic_on(ax, *panel, label, color)
            return root(ax)
        known = self.fit.likelihood.parameters
        order = oriented(self.names, [known[name].unit for name in self.names])
        columns = [self.names.index(name) for name in order]
        planes = [
            Plane(str(entry), *([c.points[:, columns] for c in lines] for lines in (toys, wilks)))
            for entry in levels
            for toys, wilks in [(self.contours(entry), self.wilks_contours(entry))]
        ]
        best = tuple(self.fit.values[name] for name in order)
        labels = tuple(self.label(name) for name in order)
        ranges = [(a.log, a.values[0], a.values[-1]) for a in (self.axes[column] for column in columns)]
        if ax is None:
            return draw_plane(labels, ranges, planes, best)
        draw_plane_on(ax, labels, ranges, planes, best, label, color)
        return root(ax)


def check_enough(level: Level, count: int) -> None:
    """Raise InputError if `count` toys at a point are too few for a level."""
    if count * level.tail < BEYOND:
        raise InputError(
            f"{count} toys at a point say nothing of {level}: fewer than {BEYOND:g} would lie beyond; "
            "draw more toys, or take a lower level"
        )


def check_construction(axes: Sequence[Axis], levels: Sequence[Level], count: int) -> None:
    """Raise InputError if no construction can be made."""
    if not 1 <= len(axes) <= 2 or len({axis.name for axis in axes}) != len(axes):
        raise InputError(f"expected one or two different parameters, found {', '.join(a.name for a in axes) or 'none'}")
    if not levels:
        raise InputError("expected at least one confidence level, found none")
    for level in levels:
        check_enough(level, count)


def feldman_cousins(
    fit: "FitResult",
    axes: tuple[Axis, ...],
    levels: tuple[Level, ...],
    count: int,
    seed: int,
    refine: int = 2,
    engine: Any = None,
    progress: Progress | None = None,
    checkpoint: Path | None = None,
) -> FeldmanCousinsResult:
    """Return the construction on the grid of `axes`; see `Likelihood.feldman_cousins`."""
    started = time.perf_counter()
    specification = fit.specification
    leaders = [specification.leader(axis.name) for axis in axes]
    solver, minimum = fit.placed_first(leaders)
    scanned = [solver.problem.names.index(name) for name in leaders]
    grid = np.stack(np.meshgrid(*(axis.values for axis in axes), indexing="ij"), axis=-1).reshape(-1, len(axes))
    if any(name in pair for pair in specification.orders for name in leaders):
        raise InputError(f"{', '.join(leaders)}: no construction of parameters whose order is required")
    best = minimum.u[scanned]
    if len(axes) == 1 and axes[0].values[0] <= best[0] <= axes[0].values[-1]:
        grid = np.unique(np.append(grid[:, 0], best))[:, None]
    if fit.converged:
        construction = construct(
            solver,
            minimum,
            specification.is_free,
            scanned,
            grid,
            [level.fraction for level in levels],
            count,
            seed,
            refine,
            axes[0].log,
            engine,
            progress,
            cores() if engine is None else 1,
            checkpoint,
        )
    else:
        construction = Construction(
            np.empty((0, len(axes))), np.empty((0, len(minimum.u))), np.empty(0), (), np.empty(0)
        )
    seconds = {"fit": sum(fit.seconds.values()), "toys": time.perf_counter() - started}
    return FeldmanCousinsResult(fit, axes, construction, levels, count, seed, seconds, refine)
