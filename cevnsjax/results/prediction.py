"""Expected counts of a measurement, or its predicted numbers, as a user holds them."""

import dataclasses
import math
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .._base import arguments
from .._base.errors import InputError
from .._base.json_files import decoded, is_number, write_json
from .._base.tables import Block, Shown
from .._base.version import __version__
from ..folding.accuracy import WORTH_A_WORD
from ..folding.fold import fold
from ..folding.folded import Factor
from ..folding.prediction import component_counts, flux_averaged_cross_section, quadrature_error, signal_by_nuclide
from ..folding.rates import live_time, measured_rates, usual_recoils
from ..folding.scatterers import endless_rise
from ..interactions.combination import Combination
from ..measuring.measurement import PREDICTION, Measurement, Scattering, data_name
from ..physics.given import fixed
from .drawing import ON_AXES, needs_axes
from .held import Held
from .rebuilt import check_likelihood, damaged, part, part_of, read
from .recoil import RecoilRates
from .record import Parts, data_digest, record
from .tables.prediction import prediction_blocks

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..joint.likelihood import Likelihood
    from ..plots.spectra import Panel


def _check_energies(name: str, value: Any) -> None:
    """Raise InputError for anything but a list of positive numbers."""
    if fixed(name, value).ndim != 1:
        raise InputError(f"{name}: expected a list of numbers, found {arguments.shown(value)}")


def _factors(held: Held, content: Any) -> tuple[Factor, ...] | None:
    """Return what multiplies the components, as a file has it."""
    if content is None:
        return None
    if not isinstance(content, list) or not all(isinstance(entry, dict) for entry in content):
        raise damaged(held, "factors")
    factors = []
    for entry in content:
        strength, *lists = (entry.get(name) for name in ("strength", "shared", "scales"))
        texts = all(isinstance(names, list) and all(isinstance(name, str) for name in names) for names in lists)
        if not texts or not (strength is None or isinstance(strength, str)):
            raise damaged(held, "factors")
        factors.append(Factor(strength, *map(tuple, lists)))
    return tuple(factors)


@dataclasses.dataclass(frozen=True, repr=False)
class Prediction(Shown):
    """Expected counts of a measurement at given parameters."""

    measurement: Measurement
    interaction: Combination
    params: dict[str, float]
    """By the names that the measurement gives them."""
    factors: tuple[Factor, ...] | None = None
    """What multiplies each component in the likelihood; None for that of the measurement alone."""

    @cached_property
    def counts(self) -> dict[str, np.ndarray]:
        """Return the counts of each component in each bin, arrays with an axis for each of the measurement.

        Of measured numbers: what the signal predicts, under its name, and the others, under "prediction".
        """
        folded = fold(self.measurement, self.interaction)
        if self.factors is not None:
            folded = dataclasses.replace(folded, factors=self.factors)
        return {name: np.asarray(counts) for name, counts in component_counts(folded, self.params).items()}

    @property
    def total(self) -> np.ndarray:
        """Return the counts of all components together in each bin."""
        return np.sum(np.stack(list(self.counts.values())), axis=0)

    @property
    def observed(self) -> np.ndarray:
        """Return the observed counts, with an axis for each of the measurement; or the measured numbers."""
        return np.asarray(self.measurement.observed)

    @property
    def errors(self) -> np.ndarray:
        """Return the errors of the observed counts, those of Poisson counts being their square roots."""
        return self.measurement.errors

    @cached_property
    def signal(self) -> np.ndarray:
        """Return the signal counts, an array (flavour, nuclide, bins of each axis)."""
        return signal_by_nuclide(self.measurement, self.interaction, self.params)

    @arguments.checked(energy=arguments.optional(_check_energies))
    def recoil(self, energy: Sequence[float] | np.ndarray | None = None) -> RecoilRates:
        """Return dR/dT of the source on the target before any detector, per kg and day.

        Args:
            energy: recoil energies [keV], increasing or not; by default 241 in equal ratios over four powers of ten,
                up to the largest recoil that may be counted.

        Raises:
            InputError: for measured numbers, energies that are not a list of positive numbers, and a source of your own
                without a live time.

        """
        measurement, scattering = self.measurement, self.measurement.counted()
        day = live_time(scattering.source, measurement.name).what
        points = usual_recoils(measurement, self.interaction) if energy is None else 1e-3 * fixed("energy", energy)
        signal = measurement.strengths[0]
        factor = self.factors[0] if self.factors else Factor(signal.parameter, (), signal.scales)
        rates = measured_rates(measurement, self.interaction, points, self.params, factor)
        return RecoilRates(measurement.name, measurement.title, 1e3 * points, rates, day)

    @cached_property
    def quadrature_error(self) -> float:
        """Return the largest relative error of a signal bin that the quadrature leaves, measured by doubling it."""
        return quadrature_error(self.measurement, self.interaction, self.params)

    @cached_property
    def diverging(self) -> str | None:
        """Return why the recoil integral has no value and what to do, None if it has a value."""
        return endless_rise(self.measurement, self.interaction) if self.quadrature_error > WORTH_A_WORD else None

    @cached_property
    def cross_section(self) -> float:
        """Return the flux-averaged cross section per nucleus [cm²], times the strength of the signal."""
        self.measurement.counted()
        strength = self.params[self.measurement.strengths[0].parameter]
        return float(strength * flux_averaged_cross_section(self.measurement, self.interaction, self.params))

    def as_dict(self) -> dict[str, Any]:
        """Return the prediction as plain lists and numbers, the JSON of the command line."""
        made = {"data": data_digest([self.measurement]), "version": __version__}
        if self.measurement.numbers:
            numbers = zip(self.measurement.labels, self.total, strict=True)
            return {
                "measurement": self.measurement.name,
                "total": {label: float(number) for label, number in numbers},
                "observed": dict(zip(self.measurement.labels, self.measurement.observed.tolist(), strict=True)),
                "error": dict(zip(self.measurement.labels, self.measurement.errors.tolist(), strict=True)),
                **made,
            }
        scattering = self.measurement.scattering
        content = {
            "measurement": self.measurement.name,
            "total": {name: float(counts.sum()) for name, counts in self.counts.items()},
            "counts": {name: counts.tolist() for name, counts in self.counts.items()},
            "signal": {} if scattering is None else self._by_nuclide(scattering),
            "edges": {axis: edges.tolist() for axis, edges in self.measurement.axes.items()},
            "quadrature_error": self.quadrature_error,
            "observed": self.observed.tolist(),
            **made,
        }
        if scattering is not None and scattering.takes_electrons:
            content["flux_averaged_cross_section"] = {"value": 1e40 * self.cross_section, "unit": "1e-40 cm^2"}
        return content | {"error": self.errors.tolist()} if self.measurement.term.has_errors else content

    def _by_nuclide(self, scattering: Scattering) -> dict[str, dict[str, Any]]:
        """Return the signal in each bin by flavour and what recoils, as plain lists."""
        return {
            flavour: {name: self.signal[k, i].tolist() for i, name in enumerate(scattering.scatterers)}
            for k, flavour in enumerate(scattering.source.flavours)
        }

    def save(self, path: str | Path, overwrite: bool = False) -> None:
        """Write the prediction to a JSON file (.json); an existing file raises InputError unless `overwrite`."""
        parts = Parts((self.measurement,), self.interaction)
        about = record("prediction", parts, parts.specification, {"fitted": self.factors is not None})
        factors = None if self.factors is None else [dataclasses.asdict(factor) for factor in self.factors]
        total = {name: float(counts.sum()) for name, counts in self.counts.items()}
        content = {"params": {name: float(value) for name, value in self.params.items()}, "factors": factors}
        write_json({**about, "state": {"total": total}, "prediction": content}, Path(path), overwrite)

    @staticmethod
    @arguments.checked(path=arguments.path, likelihood=arguments.optional(check_likelihood))
    def load(path: str | Path, likelihood: "Likelihood | None" = None) -> "Prediction":
        """Return the prediction that `save` wrote.

        Measurement and models are made again from their names, or are those of the `likelihood`.
        """
        held = read(path, "prediction")
        measurement, interaction = part_of(held, likelihood)
        content = part(held, "prediction")
        params, factors = content.get("params"), _factors(held, content.get("factors"))
        numbers = isinstance(params, dict) and all(map(is_number, params.values()))
        if not numbers or not all(math.isfinite(decoded(value)) for value in params.values()):
            raise damaged(held, "params")
        needed = {parameter.name for parameter in (*measurement.parameters(), *interaction.parameters())} | {
            *measurement.borrowed
        }
        if factors is not None:
            if len(factors) != len(fold(measurement, interaction).factors):
                raise damaged(held, "factors")
            needed = needed.union(*(factor.names() for factor in factors))
        if not needed <= set(params):
            raise damaged(held, "params")
        return Prediction(measurement, interaction, {name: decoded(value) for name, value in params.items()}, factors)

    def blocks(self) -> list[Block]:
        """Return what `cevnsjax predict` prints of it."""
        diverging = self.diverging if self.measurement.scattering is not None else None
        return prediction_blocks(self.as_dict(), self.measurement.title, self.measurement.asimov, diverging)

    def panel(self) -> "Panel":
        """Return what to draw of it."""
        from ..plots.spectra import Panel

        drawn, data = self.measurement, data_name([self.measurement])
        if drawn.numbers:
            return Panel(drawn.title, {}, self.observed, self.errors, {PREDICTION: self.total}, drawn.labels, data)
        limit = drawn.term.one_sided and not drawn.asimov
        data = "upper limit, 1σ" if limit else data
        return Panel(drawn.title, drawn.axes, self.observed, self.errors, self.counts, (), data, limit)

    @arguments.checked(axis=arguments.optional(arguments.text), **ON_AXES)
    def plot(
        self, axis: str | None = None, ax: "Axes | None" = None, label: str | None = None, color: str | None = None
    ) -> "Figure":
        """Draw data and components against each axis; of measured numbers, data and prediction. Return the figure.

        Args:
            axis: the axis to draw on `ax`, such as ``energy``: the first by default.
            ax: axes of yours to draw on: data, and the components stacked.
            label: what the legend calls the sum of the components: on `ax` it is then a line, to lay over others,
                without the data.
            color: of that line; by default the next of ours that is not on the axes.

        """
        from ..plots.spectra import axis_named, draw_panel_on, draw_spectra
        from ..plots.style import root

        panel = self.panel()
        if ax is None:
            needs_axes(axis=axis, label=label, color=color)
            return draw_spectra([panel])
        draw_panel_on(ax, panel, axis_named(panel.edges, axis), label, color)
        return root(ax)
