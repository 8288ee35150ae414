"""The posterior of a likelihood: draws, whether they can be trusted, intervals, figures, files that ArviZ reads."""

import dataclasses
import json
import math
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from .._base import arguments
from .._base.errors import InputError
from .._base.levels import LEVELS, Level, check_level, level_of, ordered_levels
from .._base.netcdf import ENGINE, read_record, write_netcdf
from .._base.tables import Block, Shown
from .._base.typing import Array, Float, Names
from .._base.version import __version__
from ..folding.accuracy import TOO_LARGE, WORTH_A_WORD, Accuracy
from ..folding.prediction import component_counts
from ..inference.problem.problem import Problem
from ..inference.problem.specification import Specification
from ..inference.sample.diagnostics import WORST_KHAT, ess_bulk, ess_tail, regions, rhat
from ..inference.sample.run import Draws, run_settings, sample
from ..inference.sample.sampler import Sampler
from ..measuring.measurement import Measurement, data_name, joint_name
from .drawing import LEVELS_DRAWN, ON_AXES, needs_axes
from .plane import masses_first
from .record import record
from .tables.posterior import posterior_blocks
from .toys import outer_rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from xarray import Dataset, DataTree

    from ..joint.likelihood import Likelihood

WORST_RHAT = 1.01
LEAST_EFFECTIVE = 400.0
"""Effective draws below which quantiles are not to be trusted (arXiv:1903.08008)."""
MOST_DIVERGED = 1e-3
"""Share of diverged transitions from which the draws are not to be trusted."""
AT_BOUND = 0.03
"""A posterior reaches a bound if that share of its 99 % range holds the outermost half per cent of the draws."""
CREDIBLE = {label: LEVELS[label] for label in ("68.27", "90", "95.45")}
MASSES = (LEVELS["68.27"], LEVELS["90"])
"""Probability within each contour of two parameters."""
PREDICTED = 400
"""Draws that the posterior predictive counts are made of."""
POINTWISE, MOST_VALUES = 4000, 4_000_000
"""Draws of all chains at which the likelihood of each datum is kept, and how many numbers in all, at most."""
STATISTICS = ("lp", "acceptance_rate", "diverging", "energy", "n_steps")


@dataclasses.dataclass(repr=False)
class Posterior(Shown):
    """Draws from a posterior, with what is known of them. Check `trusted` and read `verdict`."""

    tree: "DataTree"
    """Groups posterior, sample_stats, log_likelihood, posterior_predictive and observed_data, as ArviZ names them."""
    labels: dict[str, str]
    """LaTeX label of each parameter, with its unit."""
    seconds: dict[str, float] = dataclasses.field(default_factory=dict)
    """What finding the modes, starting and sampling took; a file does not hold it."""

    @property
    def free(self) -> list[str]:
        """Return the names of the free parameters."""
        return list(self.attributes["free"])

    @property
    def names(self) -> list[str]:
        """Return the names of the free parameters, then of the nuisances."""
        return list(self.attributes["coordinates"])

    @cached_property
    def attributes(self) -> dict[str, Any]:
        """Return what was requested, with version and seed."""
        return json.loads(self.tree.attrs["cevnsjax"])

    @property
    def independent(self) -> bool:
        """Return whether the draws are independent of each other, so that there are no chains to compare."""
        return bool(self.attributes["independent"])

    @arguments.checked(name=arguments.text)
    def draws(self, name: str) -> np.ndarray:
        """Return the draws of a parameter, an array (chain, draw); a tied parameter has those of its leader."""
        if name not in self.tree["posterior"]:
            raise InputError(f"there are no draws of '{name}': expected one of {', '.join(self.names)}")
        return np.asarray(self.tree["posterior"][name])

    @arguments.checked(name=arguments.text, cl=check_level)
    def interval(self, name: str, cl: float | Level = 0.6827) -> tuple[float, float]:
        """Return the interval with as much probability below as above it that holds `cl` of the posterior."""
        tail = 0.5 * level_of(cl).tail
        low, high = np.quantile(self.draws(name), [tail, 1.0 - tail])
        return float(low), float(high)

    @arguments.checked(name=arguments.text, cl=check_level)
    def highest_density(self, name: str, cl: float | Level = 0.6827) -> tuple[float, float]:
        """Return the shortest interval that holds `cl` of the posterior."""
        ordered = np.sort(self.draws(name).ravel())
        held = max(1, min(len(ordered) - 1, math.ceil(level_of(cl).fraction * len(ordered))))
        widths = ordered[held:] - ordered[:-held]
        first = int(np.argmin(widths)) if len(widths) else 0
        return float(ordered[first]), float(ordered[min(first + held, len(ordered) - 1)])

    @cached_property
    def summary(self) -> dict[str, dict[str, Any]]:
        """Return mean, standard deviation, median, credible intervals, R̂ and effective draws of each parameter."""
        table = {}
        independent = self.independent
        for name in self.names:
            x = self.draws(name)
            effective = float(self.attributes["extra"].get("effective_draws", x.size))
            table[name] = {
                "mean": float(x.mean()),
                "sd": float(x.std()),
                "median": float(np.median(x)),
                "interval": {label: list(self.interval(name, level)) for label, level in CREDIBLE.items()},
                "highest_density": {
                    label: list(self.highest_density(name, CREDIBLE[label])) for label in tuple(CREDIBLE)[:2]
                },
                "r_hat": None if independent else rhat(x),
                "ess_bulk": effective if independent else ess_bulk(x),
                "ess_tail": effective if independent else ess_tail(x),
            }
        return table

    @cached_property
    def warnings(self) -> list[str]:
        """Return why the draws should not be trusted, nothing if they can be."""
        reasons = []
        rhats = {name: row["r_hat"] for name, row in self.summary.items() if row["r_hat"] is not None}
        unknown = [name for name, value in rhats.items() if not math.isfinite(value)]
        if unknown:
            reasons.append(f"the draws are too few to tell whether the chains agree ({', '.join(unknown)})")
        bad = {name: value for name, value in rhats.items() if value > WORST_RHAT}
        if bad:
            worst = max(bad, key=lambda name: bad[name])
            reasons.append(f"the chains disagree: R-hat is {bad[worst]:.3f} for {worst}, more than {WORST_RHAT}")
        sizes = {n: min(row["ess_bulk"], row["ess_tail"]) for n, row in self.summary.items()}
        fewest = min(sizes, key=lambda name: sizes[name])
        if not sizes[fewest] >= LEAST_EFFECTIVE:
            number = "unknown" if math.isnan(sizes[fewest]) else f"{sizes[fewest]:.0f}"
            reasons.append(f"too few effective draws: {number} for {fewest}, less than {LEAST_EFFECTIVE:.0f}")
        if self.khat is not None and not self.khat < WORST_KHAT:
            few = f"few large weights decide: k-hat is {self.khat:.2f}, not below {WORST_KHAT}"
            reasons.append(f"{few}; use the method hmc or nested")
        if self.quadrature_error > TOO_LARGE:
            reasons.append(self.attributes["quadrature"])
        diverged, total = self.divergences
        if diverged > MOST_DIVERGED * total:
            reasons.append(f"{diverged} of {total} transitions diverged: regions of strong curvature may be missed")
        for name in self.free:
            if len(self.draws(name)) > 1 and len(apart := regions(self.draws(name))) > 1:
                listed = ", ".join(f"{low:.4g} to {high:.4g}" for low, high in apart)
                reasons.append(
                    f"chains stay in separate regions of {name} ({listed}): their weights are not known; "
                    "use the method importance or nested"
                )
        return reasons

    @cached_property
    def notes(self) -> list[str]:
        """Return what to keep in mind: bounds that the posterior reaches, diverged transitions."""
        notes = []
        for name in self.free:
            low, high = self.attributes["bounds"][name]
            inner, outer = self.interval(name, 0.99)
            for bound, edge in ((low, inner), (high, outer)):
                if abs(edge - bound) < AT_BOUND * (outer - inner):
                    notes.append(f"the posterior of {name} reaches its bound {bound:g}: it depends on that bound")
        if WORTH_A_WORD < self.quadrature_error <= TOO_LARGE:
            notes.append(self.attributes["quadrature"])
        diverged, total = self.divergences
        if 0 < diverged <= MOST_DIVERGED * total:
            notes.append(f"{diverged} of {total} transitions diverged")
        return notes

    @property
    def quadrature_error(self) -> float:
        """Return by how many error bars the recoil integrals are off at most, at the outer draws."""
        error = self.attributes["quadrature_error"]
        return math.inf if error is None else float(error)

    @property
    def khat(self) -> float | None:
        """Return Pareto's k̂ of the weights of importance sampling, below 0.7 if all is well; None of other methods."""
        return self.attributes["extra"].get("khat")

    @property
    def reason(self) -> str:
        """Return why this method drew; empty if it was requested."""
        return str(self.attributes["reason"])

    @property
    def divergences(self) -> tuple[int, int]:
        """Return how many transitions diverged, and of how many."""
        stats = self.tree["sample_stats"]
        if "diverging" not in stats:
            return 0, 0
        return int(np.sum(stats["diverging"])), int(np.size(stats["diverging"]))

    @property
    def trusted(self) -> bool:
        """Return whether the draws have no `warnings`."""
        return not self.warnings

    @property
    def verdict(self) -> str:
        """Return in plain words whether the draws can be trusted."""
        if self.trusted:
            return "; ".join(["these draws pass all checks", *self.notes])
        return "do not trust these draws: " + "; ".join([*self.warnings, *self.notes])

    def predicted(self, measurement: str | None = None) -> np.ndarray:
        """Return expected counts of a measurement at some draws, an array (draw, bins of each axis)."""
        group = self.tree["posterior_predictive"]
        name = measurement or self.attributes["measurements"][0]
        if f"expected:{name}" not in group:
            raise InputError(f"there is no prediction of '{name}'")
        return np.asarray(group[f"expected:{name}"])[0]

    def as_dict(self) -> dict[str, Any]:
        """Return the result as plain lists and numbers: the JSON of the command line."""
        attributes = self.attributes
        summary = {
            name: {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in row.items()}
            for name, row in self.summary.items()
        }
        units = attributes["units"]
        fixed = ("measurements", "interactions", "free", "fixed", "tied", "required", "method", "draws", "chains")
        return {
            **{key: attributes[key] for key in fixed},
            "reason": self.reason,
            "seed": attributes["seed"],
            "independent": self.independent,
            "parameters": {name: {**summary[name], "unit": units[name]} for name in self.names if name in self.free},
            "nuisances": {name: summary[name] for name in self.names if name not in self.free},
            "priors": attributes["priors"],
            "divergences": self.divergences[0],
            **dict.fromkeys(("khat", "log_evidence", "log_evidence_error")),
            **attributes["extra"],
            "quadrature_error": attributes["quadrature_error"],
            "converged": self.trusted,
            "message": self.verdict,
            "seconds": self.seconds,
            "data": attributes["digest"],
            "version": attributes["version"],
        }

    def blocks(self) -> list[Block]:
        """Return what `cevnsjax sample` prints of it."""
        return posterior_blocks(self.as_dict(), joint_name(self.attributes["data_names"].values()))

    def save(self, path: str | Path, overwrite: bool = False) -> None:
        """Write the draws to a netCDF file, which ``arviz.from_netcdf`` reads.

        An existing file raises InputError unless `overwrite`. The file holds no times: equal draws make equal files.
        """
        write_netcdf(self.tree, Path(path), overwrite)

    @staticmethod
    @arguments.checked(path=arguments.path)
    def load(path: str | Path) -> "Posterior":
        """Return the posterior that `save` wrote."""
        import xarray as xr

        about = read_record(Path(path))
        known = isinstance(about.get("labels"), dict) and type(about.get("independent")) is bool
        if about.get("kind") != "posterior" or not known:
            raise InputError(f"'{path}' holds no posterior of this version of cevnsjax")
        try:
            with xr.open_datatree(path, engine=ENGINE) as stored:
                tree = stored.load()
        except (OSError, ValueError) as error:
            raise InputError(f"cannot read '{path}': {error}") from None
        if "cevnsjax" not in tree.attrs or "posterior" not in tree.children:
            raise InputError(f"'{path}' holds no posterior of cevnsjax")
        return Posterior(tree, about["labels"])

    def to_arviz(self, thinned: bool = False) -> Any:
        """Return the draws as ArviZ holds them: its InferenceData up to version 0.23, the tree itself after.

        The group ``log_likelihood`` has at most 4000 draws: of more, `thinned` leaves the same draws in the groups
        that ``arviz.loo`` compares.

        >>> import arviz
        >>> import cevnsjax as cj
        >>> posterior = cj.Likelihood("coherent-csi-2017").sample(["sin2_theta_w"])
        >>> int(arviz.loo(posterior.to_arviz()).n_data_points)
        12
        """
        import arviz

        tree = self.tree
        if thinned:
            selection = {"draw": tree["log_likelihood"].draw.values}
            groups = {name: node.to_dataset() for name, node in tree.children.items()}
            chosen = {name: groups[name].sel(selection) for name in ("posterior", "sample_stats")}
            tree = type(tree).from_dict(groups | chosen)
        if int(arviz.__version__.partition(".")[0]) > 0:
            return tree
        named: dict[str, Any] = {name: node.to_dataset() for name, node in tree.children.items()}
        return arviz.InferenceData(**named)

    @arguments.checked(names=arguments.optional(arguments.texts), level=LEVELS_DRAWN, **ON_AXES)
    def plot(
        self,
        names: Names | None = None,
        level: float | Level | Sequence[float | Level] | None = None,
        ax: "Axes | None" = None,
        label: str | None = None,
        color: str | None = None,
    ) -> "Figure":
        """Draw the densities of parameters, of each and of each two: the free parameters by default. Return the figure.

        Args:
            names: the parameters, at most two of them on `ax`; by default masses come first, on x.
            level: probabilities of the smallest regions of two parameters: 68.27 and 90 % by default.
            ax: axes of yours to draw on, over what is there: the density of a parameter, or the regions of two.
            label: what the legend of `ax` calls it.
            color: on `ax`; by default the next of ours that is not there.

        """
        from ..plots.corner import draw_corner, draw_densities_on, draw_density_on
        from ..plots.style import level_name, root

        if ax is None:
            needs_axes(label=label, color=color)
        chosen = list(names or self._masses_first())
        if ax is not None and (len(chosen) > 2 or len(set(chosen)) < len(chosen)):
            raise InputError(f"names: expected one or two parameters to draw on ax, found {', '.join(chosen)}")
        levels = ordered_levels(level if level is not None else MASSES)
        draws = np.stack([self.draws(name).ravel() for name in chosen], axis=1)
        bounds = [tuple(self.attributes["bounds"].get(name, (-np.inf, np.inf))) for name in chosen]
        labels = [self.labels[name] for name in chosen]
        if ax is None:
            return draw_corner(draws, labels, bounds, [entry.fraction for entry in levels])
        if len(chosen) == 1:
            draw_density_on(ax, draws[:, 0], labels[0], bounds[0], label, color)
        else:
            masses = {level_name(entry): entry.fraction for entry in levels}
            draw_densities_on(ax, draws, labels, bounds, masses, label, color)
        return root(ax)

    def _masses_first(self) -> tuple[str, ...]:
        """Return the free parameters, or all, in the order in which figures have them on x."""
        names = self.free or self.names
        return masses_first(names, [self.attributes["units"][name] for name in names])

    @arguments.checked(
        measurement=arguments.optional(arguments.text), axis=arguments.optional(arguments.text), **ON_AXES
    )
    def plot_predictive(
        self,
        measurement: str | None = None,
        axis: str | None = None,
        ax: "Axes | None" = None,
        label: str | None = None,
        color: str | None = None,
    ) -> "Figure":
        """Draw each measurement with the counts that the posterior predicts, against each axis. Return the figure.

        Args:
            measurement: the measurement to draw on `ax`; it may be left out where there is no other.
            axis: its axis, such as ``energy``: the first by default.
            ax: axes of yours to draw on, over what is there.
            label: what the legend of `ax` calls the 68.27 % band of what is expected, which is then drawn alone, to
                lay over others.
            color: of that band; by default the next of ours that is not on the axes.

        """
        from ..plots.predictive import Band, draw_band_on, draw_bands
        from ..plots.spectra import axis_named
        from ..plots.style import root

        if ax is None:
            needs_axes(measurement=measurement, axis=axis, label=label, color=color)
        edges, observed = self.attributes["edges"], self.tree["observed_data"]
        bands = [
            Band(
                title=self.attributes["titles"][name],
                edges={axis: np.array(values) for axis, values in edges[name].items()},
                observed=np.asarray(observed[f"observed:{name}"]),
                expected=self.predicted(name),
                counts=np.asarray(self.tree["posterior_predictive"][f"counts:{name}"])[0],
                errors=np.asarray(observed[f"error:{name}"]),
                data=self.attributes["data_names"][name],
            )
            for name in edges
        ]
        if not bands:
            raise InputError("there is no measurement with bins to draw")
        if ax is None:
            return draw_bands(bands)
        known = list(edges)
        if measurement not in known and not (measurement is None and len(known) == 1):
            given = "" if measurement is None else f", found '{measurement}'"
            raise InputError(f"measurement: expected {' or '.join(known)}{given}")
        band = bands[0 if measurement is None else known.index(measurement)]
        draw_band_on(ax, band, axis_named(band.edges, axis), label, color)
        return root(ax)


@jax.jit
def _at_rows(
    problem: Problem, rows: Float[Array, "row coordinate"]
) -> list[tuple[Float[Array, "row ..."], Float[Array, "row ..."]]]:
    """Return the expected counts and the χ² of each bin of each measurement at each row.

    Problems of the same structure are compiled once.
    """

    def at_point(u: Float[Array, " coordinate"]) -> list[tuple[Float[Array, "..."], Float[Array, "..."]]]:
        params, pairs = problem.params(u), []
        for folded in problem.chi2.measurements:
            total = sum(component_counts(folded, params).values())
            pairs.append((total, folded.term.pointwise(folded.term.combined(folded.contributions(params)))))
        return pairs

    return jax.lax.map(at_point, rows, batch_size=50)


def _predictions(likelihood: "Likelihood", drawn: Draws, seed: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return predictive and observed variables: dimensions and values by name."""
    problem = drawn.density.problem
    rows = drawn.u.reshape(-1, drawn.u.shape[-1])
    random = np.random.default_rng([seed, 0xC0DE])
    chosen = rows[np.sort(random.choice(len(rows), min(PREDICTED, len(rows)), replace=False))]
    predicted: dict[str, Any] = {}
    observed: dict[str, Any] = {}

    evaluated = _at_rows(problem, chosen)
    for measurement, (counts, _) in zip(likelihood.measurements, evaluated, strict=True):
        if measurement.borrowed:  # a table of Δχ² predicts no data
            continue
        name, expected = measurement.name, np.asarray(counts).reshape(-1, *measurement.shape)
        axes = _dimensions(measurement)
        predicted[f"expected:{name}"] = (["chain", "draw", *axes], expected[None])
        predicted[f"counts:{name}"] = (["chain", "draw", *axes], measurement.term.draw(random, expected)[None])
        observed[f"observed:{name}"] = (axes, np.asarray(measurement.observed))
        observed[f"error:{name}"] = (axes, measurement.errors)
    return predicted, observed


def _dimensions(measurement: Measurement) -> list[str]:
    """Return the dimensions of the data of a measurement."""
    axes = [axis.partition(" [")[0] for axis in measurement.axes] or ["number"]
    return [f"{axis}:{measurement.name}" for axis in axes]


def _log_likelihood(likelihood: "Likelihood", drawn: Draws) -> "Dataset":
    """Return ln of the probability of each datum at draws spread evenly over each chain, no more than `POINTWISE`."""
    import xarray as xr

    problem, (chains, draws) = drawn.density.problem, drawn.u.shape[:2]
    data = sum(int(np.size(measurement.observed)) for measurement in likelihood.measurements)
    number = min(draws, max(1, min(POINTWISE, MOST_VALUES // data) // chains))
    indices = np.arange(number) * draws // number
    rows = drawn.u[:, indices].reshape(-1, drawn.u.shape[-1])
    size = min(PREDICTED, chains * draws)
    blocks = [np.arange(first, first + size).clip(max=len(rows) - 1) for first in range(0, len(rows), size)]
    parts = [[np.asarray(bins) for _, bins in _at_rows(problem, rows[block])] for block in blocks]
    variables = {}
    for k, measurement in enumerate(likelihood.measurements):
        chi2, saturated = np.concatenate([part[k] for part in parts])[: len(rows)], measurement.term.log_saturated()
        values = saturated - 0.5 * chi2.reshape(-1, *np.shape(saturated))
        dimensions = ["chain", "draw", *(_dimensions(measurement) if values.ndim > 1 else ())]
        variables[f"observed:{measurement.name}"] = (
            dimensions,
            values.reshape(chains, len(indices), *values.shape[1:]),
        )
    return xr.Dataset(variables, coords={"chain": np.arange(chains), "draw": indices})


def _accuracy(likelihood: "Likelihood", specification: Specification, values: Mapping[str, np.ndarray]) -> Accuracy:
    """Return the largest error of the recoil integrals at the draws at the ends of each free parameter."""
    flat = {name: np.ravel(array) for name, array in values.items()}
    rows = outer_rows(flat, specification.free, np.ones(len(next(iter(flat.values()))), bool))
    points = [{name: float(array[row]) for name, array in flat.items()} for row in rows]
    return likelihood.accuracy(points, specification)


def _label(likelihood: "Likelihood", specification: Specification, name: str) -> str:
    parameters = likelihood.parameters
    followers = [follower for follower, leader in specification.ties.items() if leader == name]
    symbols = " = ".join(parameters[parameter].latex for parameter in (name, *followers))
    unit = parameters[name].unit
    return f"${symbols}$" + ("" if unit == "1" else f" [{unit}]")


def build_posterior(
    likelihood: "Likelihood", specification: Specification, drawn: Draws, run: Mapping[str, Any]
) -> Posterior:
    """Return the posterior of draws, with diagnostics and the counts they predict."""
    import xarray as xr

    density = drawn.density
    # In the same order in memory, as read from a file: sums come out the same to the last digit.
    values = {name: np.ascontiguousarray(array) for name, array in density.values(drawn.u).items()}
    stats = {name: (["chain", "draw"], drawn.stats[name]) for name in STATISTICS if name in drawn.stats}
    predicted, observed = _predictions(likelihood, drawn, drawn.seed)
    labels = {name: _label(likelihood, specification, name) for name in density.names}
    accurate = _accuracy(likelihood, specification, values)
    binned = [m for m in likelihood.measurements if m.axes]
    about = {
        "measurements": [measurement.name for measurement in likelihood.measurements],
        "titles": {measurement.name: measurement.title for measurement in likelihood.measurements},
        "data_names": {measurement.name: data_name([measurement]) for measurement in likelihood.measurements},
        "interactions": likelihood.interaction.names,
        "free": list(specification.free),
        "coordinates": list(density.names),
        "fixed": {
            name: value
            for name, value in specification.values.items()
            if name not in specification.moving and name not in specification.ties
        },
        "tied": dict(specification.ties),
        "required": [f"{a}<={b}" for a, b in specification.orders],
        "bounds": {name: list(specification.bounds[name]) for name in density.names},
        "priors": _priors(specification),
        "units": {name: likelihood.parameters[name].unit for name in density.names},
        "labels": labels,
        "edges": {m.name: {axis: np.asarray(e).tolist() for axis, e in m.axes.items()} for m in binned},
        "method": drawn.sampler.name,
        "reason": drawn.reason,
        "independent": drawn.sampler.independent,
        "draws": int(drawn.u.shape[0] * drawn.u.shape[1]),
        "chains": int(drawn.u.shape[0]),
        "seed": drawn.seed,
        "quadrature_error": accurate.error if math.isfinite(accurate.error) else None,
        "quadrature": accurate.message,
        "starts": drawn.starts,
        "extra": drawn.extra,
        **record("posterior", likelihood, specification, run),
    }
    groups = {
        "posterior": xr.Dataset({name: (["chain", "draw"], array) for name, array in values.items()}),
        "sample_stats": xr.Dataset(stats),
        "log_likelihood": _log_likelihood(likelihood, drawn),
        "posterior_predictive": xr.Dataset(predicted),
        "observed_data": xr.Dataset(observed),
    }
    for dataset in groups.values():
        for dimension in {"chain", "draw"} & (set(dataset.dims) - set(dataset.coords)):
            dataset.coords[dimension] = np.arange(dataset.sizes[dimension])
        dataset.attrs["inference_library"] = "cevnsjax"
        dataset.attrs["inference_library_version"] = __version__
    tree = xr.DataTree.from_dict(groups)
    tree.attrs["cevnsjax"] = json.dumps(about)
    return Posterior(tree, labels, drawn.seconds)


def _priors(specification: Specification) -> dict[str, str]:
    """Return the prior of each coordinate in words, and those of combinations."""
    shapes = {shape.name: str(shape) for shape in specification.priors}
    texts = {}
    for name in specification.coordinates:
        low, high = specification.bounds[name]
        constraint = specification.constraints.get(name)
        shape = (
            shapes.get(name, "flat")
            if constraint is None
            else f"Gaussian {constraint.centre:g} ± {constraint.width:.4g}"
        )
        texts[name] = f"{shape} from {low:g} to {high:g}"
    for relation in specification.relations:
        texts[relation.text] = f"Gaussian {relation.constraint.centre:g} ± {relation.constraint.width:.4g}"
    for (a, b), value in specification.correlations.items():
        texts[f"{a}, {b}"] = f"correlation {value:g}"
    return texts


def sample_posterior(
    likelihood: "Likelihood",
    specification: Specification,
    sampler: Sampler,
    seed: int,
    checkpoint: Path | None,
    progress: Callable[[int, int], None] | None,
) -> Posterior:
    """Return the posterior of `specification`; see `Likelihood.sample`."""
    from ..inference.problem.problem import pose

    problem = pose(likelihood.chi2_function(), specification)
    if not problem.names:
        raise InputError("there is nothing to sample: no parameter is free and there are no nuisances")
    start = problem.coordinates(specification.values)
    drawn = sample(problem, start, specification.is_free, sampler, seed=seed, checkpoint=checkpoint, progress=progress)
    run = run_settings(drawn.sampler, seed, int(drawn.u.shape[0] * drawn.u.shape[1]), int(drawn.u.shape[0]))
    return build_posterior(likelihood, specification, drawn, run)
