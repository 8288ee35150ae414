"""Kinds of backgrounds, and of their shapes along an axis.

A background is counts over some axes times a share of each bin of every other axis, flat if there is none. Its table
has ``width``, the Gaussian uncertainty of its strength, and a table for each axis that has a shape of its own.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...detectors.energy import EnergyDetector
from ...detectors.resolution import ClosedSmearing
from ...detectors.time import ArrivalDensity, TimeBins, TimeWindow, time_shift
from ...parameters.parameter import Parameter
from ...parameters.strengths import Strength
from ...sources.arrival_times import ArrivalTimes, arrival_times
from ...stages.backgrounds import (
    BinLevels,
    exponential_density,
    exponential_shape,
    histogram_density,
    histogram_shape,
)
from ...stages.formulas import FUNCTIONS, formula
from ...stages.products import Product
from ...stages.stage import Constant, Stage
from .densities import Densities, bin_of, evenly, flat_in_bins, product_density, where
from .detectors import energies
from .events import binned, events
from .kind import (
    Moved,
    Place,
    along,
    along_edges,
    coefficients,
    constants,
    kind,
    number,
    numbers,
    several,
    text,
    texts,
    variations,
)
from .setting import ENERGY, Setting
from .varied import joined, varied

CONTENT = {"counts": 1.0, "fraction": 1.0, "1": 1.0}
FINE_ORDER = 16
"""Quadrature nodes in each bin of a spectrum that an efficiency multiplies."""


# Shapes along an axis: a stage (bin,), and whether it is in counts


@dataclasses.dataclass(frozen=True)
class Shape:
    """A background along an axis."""

    stage: Stage
    counts: bool = False
    """Whether its numbers are counts, not shares."""
    parameters: tuple[Parameter, ...] = ()


def included(edges: np.ndarray, excluded: np.ndarray | None) -> np.ndarray:
    """Return 1 for each bin, 0 for those that an excluded range reaches into."""
    if excluded is None:
        return np.ones(len(edges) - 1)
    return np.where((edges[1:] > excluded[0]) & (edges[:-1] < excluded[-1]), 0.0, 1.0)


def flat(edges: np.ndarray) -> np.ndarray:
    """Return the share of each bin in what is even between the edges."""
    return np.diff(edges) / (edges[-1] - edges[0])


def _axis(place: Place) -> str:
    return place.key.rpartition(".")[2]


def _edges(place: Place, setting: Setting) -> np.ndarray:
    return setting.axes[_axis(place)]


def _events(place: Place, setting: Setting) -> np.ndarray:
    return where(setting, _axis(place))


@kind("shape", "flat")
class Flat:
    """The same everywhere along the axis."""

    excluded: np.ndarray | None = along_edges("ends of a range: bins that it reaches into are empty", None)

    def build(self, place: Place, setting: Setting) -> Shape:
        """Return the shape."""
        edges = _edges(place, setting)
        return Shape(Constant(included(edges, self.excluded) * flat(edges)))

    def density(self, place: Place, setting: Setting) -> Stage:
        """Return the density at the events."""
        axis = _axis(place)
        kept = included(setting.axes[axis], self.excluded)[bin_of(setting, axis)]
        return Constant(kept * evenly(setting, axis).value)


@kind("shape", "exponential", """kind = "exponential"\nrate = { value = 0.0494, unit = "1/us" }""")
class Exponential:
    """Falling as exp(-x / scale), or exp(-rate x)."""

    scale: float | None = along("length along the axis in which it falls by e", None)
    rate: float | None = along("its inverse", None, inverse=True)

    def build(self, place: Place, setting: Setting) -> Shape:
        """Return the shape."""
        return Shape(Constant(exponential_shape(_edges(place, setting), self._inverse(place))))

    def density(self, place: Place, setting: Setting) -> Stage:
        """Return the density at the events."""
        return Constant(exponential_density(_events(place, setting), _edges(place, setting), self._inverse(place)))

    def _inverse(self, place: Place) -> float:
        if (self.scale is None) == (self.rate is None):
            raise place.fail("scale", "a scale or a rate", "both or none")
        return place.need("rate", self.rate, "a rate") if self.scale is None else 1.0 / self.scale


@kind("shape", "prompt")
class Prompt:
    """In time like the neutrinos of the pion, which come first."""

    def build(self, place: Place, setting: Setting) -> Shape:
        """Return the shape."""
        if setting.prompt is None or not setting.prompt.sum() > 0:
            raise place.fail("", "time bins that the prompt neutrinos reach", "none of them there")
        return Shape(Constant(setting.prompt / setting.prompt.sum()))

    def density(self, place: Place, setting: Setting) -> Stage:
        """Return the density at the events."""
        assert setting.prompt is not None
        assert setting.prompt_density is not None
        return Constant(setting.prompt_density / setting.prompt.sum())


@kind("shape", "shares", """share = { value = [0.2, 0.5, 0.3], unit = "fraction" }""")
class Shares:
    """The share of each bin, or counts."""

    share: np.ndarray | None = numbers({"fraction": 1.0, "1": 1.0}, "of each bin", None, negative=False, most=1.0)
    counts: np.ndarray | None = numbers("counts", "in its place, counts of each bin", None, negative=False)
    variations: dict[str, Moved] = variations(CONTENT, "templates at ±1σ, of the same total")

    def build(self, place: Place, setting: Setting) -> Shape:
        """Return the shape."""
        given, bins = self.counts if self.share is None else self.share, len(_edges(place, setting)) - 1
        if given is None or given.shape != (bins,):
            raise place.fail("share", f"{bins} numbers", "none" if given is None else given.size)
        stage, parameters = varied(place, given, self.variations)
        return Shape(stage, self.share is None, parameters)

    def density(self, place: Place, setting: Setting) -> Stage:
        """Return the density at the events, flat inside each bin."""
        return flat_in_bins(self.build(place, setting).stage, setting, (_axis(place),))


@kind(
    "shape",
    "histogram",
    """\
kind = "histogram"
low = { table = "brn_energy.csv", column = "pe_low" }
high = { table = "brn_energy.csv", column = "pe_high" }
content = { table = "brn_energy.csv", column = "weight" }""",
)
class Histogram:
    """A finer histogram, linear inside its bins, of which the share of the whole is in each bin."""

    low: np.ndarray = along_edges("lower edges of the histogram")
    high: np.ndarray = along_edges("upper edges")
    content: np.ndarray = numbers(CONTENT, "content of its bins", negative=False)

    def build(self, place: Place, setting: Setting) -> Shape:
        """Return the shape."""
        joined(place, self.low, self.high)
        if self.content.shape != self.low.shape:
            raise place.fail("content", f"{len(self.low)} numbers", self.content.size)
        if not np.any(self.content > 0):
            raise place.fail("content", "a number above 0", "none")
        return Shape(Constant(histogram_shape(self.low, self.high, self.content, _edges(place, setting))))

    def density(self, place: Place, setting: Setting) -> Stage:
        """Return the density at the events."""
        return Constant(histogram_density(self.low, self.high, self.content, _events(place, setting)))


@kind(
    "shape",
    "arrivals",
    """\
low = { table = "brn_time.csv", column = "t_low" }
high = { table = "brn_time.csv", column = "t_high" }
content = { table = "brn_time.csv", column = "weight" }""",
)
class Arrivals:
    """Arrival times in evenly spaced bins, with the time efficiency of the signal; time_shift_NAME delays them.

    Content in counts is that of the whole background before the time efficiency.
    """

    low: np.ndarray = along_edges("lower edges of the histogram")
    high: np.ndarray = along_edges("upper edges")
    content: np.ndarray = numbers(CONTENT, "content of its bins", negative=False)
    in_counts: str = text("whether the content is counts", "no", ("no", "yes"))

    def build(self, place: Place, setting: Setting) -> Shape:
        """Return the shape."""
        arrivals, shift, edges = self._arrivals(place), self._shift(place), _edges(place, setting)
        stage = (
            TimeWindow(edges, 0.0, 0.0).binned(arrivals, shift.name)
            if setting.time_efficiency
            else TimeBins(arrivals, edges, shift.name)
        )
        return Shape(stage, self.in_counts == "yes", (shift,))

    def density(self, place: Place, setting: Setting) -> Stage:
        """Return the density at the events."""
        arrivals, shift, times = self._arrivals(place), self._shift(place).name, _events(place, setting)
        if not setting.time_efficiency:
            return ArrivalDensity(arrivals, times, shift)
        return TimeWindow(_edges(place, setting), 0.0, 0.0).at_events(arrivals, times, shift)

    def _arrivals(self, place: Place) -> ArrivalTimes:
        if self.content.shape != self.low.shape:
            raise place.fail("content", f"{len(self.low)} numbers", self.content.size)
        return arrival_times(joined(place, self.low, self.high), self.content[None, :])

    def _shift(self, place: Place) -> Parameter:
        name = place.key.split(".")[-2]
        return time_shift(f"time_shift_{name}", TEXTS.get(name, f"the background {name}"))


TEXTS = {"brn": "the beam-related neutrons", "nin": "the neutrino-induced neutrons"}
"""What some backgrounds are, in words."""


# Backgrounds: counts over some axes, and the other axes by their shapes

Shapes = Mapping[str, Shape]


@dataclasses.dataclass(frozen=True)
class Made:
    """A background: the stage of its counts, and the parameters that it brings."""

    stage: Stage
    parameters: tuple[Parameter, ...] = ()


def check_unshaped(place: Place, shapes: Shapes) -> None:
    """Raise DataError for shapes along axes of a background that has all axes already."""
    if shapes:
        raise place.fail(next(iter(shapes)), "no shape along an axis of a background of this kind", "one")


def product(
    place: Place,
    setting: Setting,
    counts: Stage | None,
    axes: Sequence[str],
    shapes: Shapes,
    parameters: Sequence[Parameter] = (),
) -> Made:
    """Return counts over some axes times the shares of the others, flat where they have no shape.

    Without counts those of a shape are taken.
    """
    if twice := [axis for axis in axes if axis in shapes]:
        raise place.fail(twice[0], "no shape along an axis that the counts are over", "one")
    sized = [axis for axis, shape in shapes.items() if shape.counts]
    if len(sized) + (counts is not None) != 1:
        raise place.fail(
            "", "one of counts, rate and total, or one shape in counts", " and ".join(sized) or "none of them"
        )
    others = [axis for axis in setting.axes if axis not in axes]
    factors = [shapes[axis].stage if axis in shapes else Constant(flat(setting.axes[axis])) for axis in others]
    order = list(setting.axes)
    places = tuple((order.index(axis),) for axis in others)
    if counts is not None:
        factors, places = [counts, *factors], (tuple(map(order.index, axes)), *places)
    stage: Stage = Product(tuple(factors), places, setting.shape)
    stage = stage if stage.parameters() else Constant(stage({}))
    return Made(stage, (*parameters, *(p for shape in shapes.values() for p in shape.parameters)))


@kind(
    "background",
    "counts",
    """\
counts = { table = "background.csv", column = "events" }
width = { value = 0.05, unit = "1" }
time = { kind = "exponential", rate = { value = 0.07, unit = "1/us" } }""",
)
class Counts:
    """Counts in the bins of some axes: those expected, or events that were seen without a signal."""

    counts: np.ndarray | None = numbers("counts", "counts over `axes`, the last fastest", None, negative=False)
    events: np.ndarray | None = events("in their place, events: a column for each axis of the experiment", None)
    axes: tuple[str, ...] = texts("axes that the counts are over: the first, or all if there are as many counts", ())
    less: np.ndarray | None = numbers("counts", "counts to subtract, as of a signal in a published fit", None)
    without: tuple[str, ...] = texts("backgrounds that the counts contain, to be subtracted", ())
    scale: float = number("1", "factor, such as a ratio of live times", 1.0)
    variations: dict[str, Moved] = variations(CONTENT, "templates of the counts at ±1σ, scaled to their total")

    def build(self, place: Place, setting: Setting, shapes: Shapes) -> Made:
        """Return the background."""
        axes = self._axes(place, setting)
        stage, parameters = self._over(place, setting, axes)
        return product(place, setting, stage, axes, shapes, parameters)

    def density(self, place: Place, setting: Setting, densities: Densities) -> Stage:
        """Return the density at the events, that of the counts flat inside each bin."""
        axes = self._axes(place, setting)
        stage, _ = self._over(place, setting, axes)
        return product_density(setting, flat_in_bins(stage, setting, axes), axes, densities)

    def _over(self, place: Place, setting: Setting, axes: Sequence[str]) -> tuple[Stage, tuple[Parameter, ...]]:
        """Return the stage of the counts over the axes, and its parameters."""
        if (self.counts is None) == (self.events is None):
            raise place.fail("counts", "counts or events", "both or none")
        counts = self._total(setting, axes, self.events) if self.counts is None else self.counts
        if counts.size != np.prod(bins := setting.bins(*axes), dtype=int):
            raise place.fail("counts", f"{np.prod(bins, dtype=int)} numbers", counts.size)
        if self.less is not None and self.less.size != counts.size:
            raise place.fail("less", f"{counts.size} numbers", self.less.size)
        counts = counts if self.less is None else counts - self.less.reshape(counts.shape)
        return varied(place, self.scale * counts.reshape(bins), self.variations)

    def _axes(self, place: Place, setting: Setting) -> tuple[str, ...]:
        for k, axis in enumerate(self.axes):
            if axis not in setting.axes:
                raise place.fail(f"axes[{k}]", f"one of {', '.join(setting.axes)}", f"'{axis}'")
        known = tuple(setting.axes)
        if self.axes or self.counts is None:
            return tuple(axis for axis in known if axis in (self.axes or known))
        return known if self.counts.size == np.prod(setting.shape) else known[:1]

    def _total(self, setting: Setting, axes: Sequence[str], found: Any) -> np.ndarray:
        full = binned(found, tuple(setting.axes.values()))
        return full.sum(axis=tuple(k for k, axis in enumerate(setting.axes) if axis not in axes))


@kind(
    "background", "rate", """rate = { value = 10, unit = "1/keV/kg/day" }\nduty_factor = { value = 1e-3, unit = "1" }"""
)
class Rate:
    """A rate that is the same at all energies, over mass and live time."""

    rate: float = number("1/keV/kg/day", "events per energy, mass and live time", zero=True)
    duty_factor: float = number("1", "share of the live time that is looked at", 1.0, most=1.0)

    def build(self, place: Place, setting: Setting, shapes: Shapes) -> Made:
        """Return the background."""
        energy = self._per_energy(place, setting) * np.diff(setting.axes[ENERGY])
        return product(place, setting, Constant(energy), (ENERGY,), shapes)

    def density(self, place: Place, setting: Setting, densities: Densities) -> Stage:
        """Return the density at the events."""
        energy = np.full(where(setting, ENERGY).size, self._per_energy(place, setting))
        return product_density(setting, Constant(energy), (ENERGY,), densities)

    def _per_energy(self, place: Place, setting: Setting) -> float:
        if setting.units.get(ENERGY) != "keV":
            raise place.fail("rate", "counts or total, as the bins are not in keV", "a rate")
        if setting.exposure is None:
            raise place.data.fail("source.live_time", "the time that the rate is to be taken over", "no such entry")
        return self.rate * setting.exposure * self.duty_factor


@kind(
    "background",
    "total",
    """\
total = { value = 300, unit = "counts" }
energy = { kind = "exponential", scale = { value = 20, unit = "PE" } }""",
)
class Total:
    """A number of events, with a shape along each axis."""

    total: float | None = number("counts", "events in all bins, if no shape is in counts", None, zero=True)

    def build(self, place: Place, setting: Setting, shapes: Shapes) -> Made:
        """Return the background."""
        return product(place, setting, self._number(), (), shapes)

    def density(self, place: Place, setting: Setting, densities: Densities) -> Stage:
        """Return the density at the events."""
        return product_density(setting, self._number(), (), densities)

    def _number(self) -> Stage | None:
        return None if self.total is None else Constant(np.array(self.total))


@kind("background", "levels", """counts = { table = "beam_off.csv", columns = ["t_0_1", "t_1_2"] }""")
class Levels:
    """Counts, even along all axes but the energy, of which the level in each energy bin is a free nuisance."""

    counts: np.ndarray = numbers("counts", "counts (energy, other axes): their mean at each energy", negative=False)
    least: float = number("1", "least level, and least strength of the whole: at 0 χ² is infinite", 0.01)
    most: float = number("1", "largest level", 5.0)

    def build(self, place: Place, setting: Setting, shapes: Shapes) -> Made:
        """Return the background."""
        check_unshaped(place, shapes)
        name, edges = place.key.rpartition(".")[2], next(iter(setting.axes.values()))
        if len(self.counts) != len(edges) - 1:
            raise place.fail("counts", f"{len(edges) - 1} rows", len(self.counts))
        mean = self.counts.reshape(len(self.counts), -1).mean(axis=1)
        even = np.broadcast_to(mean.reshape(-1, *[1] * (len(setting.shape) - 1)), setting.shape)
        levels = tuple(f"{name}_level_{k}" for k in range(1, len(edges)))
        unit = next(iter(setting.units.values()))
        strength = Strength(f"{name}_norm", name, None).as_parameter()
        return Made(
            BinLevels(np.array(even), levels),
            (
                dataclasses.replace(strength, bounds=(self.least, strength.bounds[1])),
                *(
                    Parameter(
                        level,
                        "1",
                        1.0,
                        (self.least, self.most),
                        rf"\eta_\mathrm{{{name}}}",
                        f"level of the background {name} from {low:g} to {high:g} {unit}",
                        nuisance=True,
                        own=True,
                    )
                    for level, low, high in zip(levels, edges, edges[1:], strict=False)
                ),
            ),
        )

    def density(self, place: Place, setting: Setting, densities: Densities) -> Stage:
        """Return the density at the events, flat inside each bin."""
        return flat_in_bins(self.build(place, setting, {}).stage, setting, tuple(setting.axes))


@kind("background", "line", """total = { value = 52.5, unit = "counts" }\nat = { value = 2.82, unit = "keV" }""")
class Line:
    """A line of mono-energetic events, as wide as the resolution."""

    total: float = number("counts", "events of the line, in all bins and beyond", zero=True)
    at: float = number("keV", "its electron-equivalent energy")

    def build(self, place: Place, setting: Setting, shapes: Shapes) -> Made:
        """Return the background."""
        smearing, nominal = self._smearing(place, setting)
        cumulative = smearing.cumulative(setting.axes[ENERGY], np.array([self.at]), nominal)[:, 0]
        return product(place, setting, Constant(self.total * np.diff(cumulative)), (ENERGY,), shapes)

    def density(self, place: Place, setting: Setting, densities: Densities) -> Stage:
        """Return the density at the events."""
        smearing, nominal = self._smearing(place, setting)
        line = smearing.density(where(setting, ENERGY), np.array([self.at]), nominal)[:, 0]
        return product_density(setting, Constant(self.total * np.asarray(line)), (ENERGY,), densities)

    def _smearing(self, place: Place, setting: Setting) -> tuple[ClosedSmearing, dict[str, float]]:
        detector = setting.energy
        if detector is None or not isinstance(detector.smearing, ClosedSmearing):
            raise place.fail("kind", "another kind, as the resolution is not Gaussian", "'line'")
        return detector.smearing, detector.nominal()


@kind(
    "background",
    "spectrum",
    """\
low = { table = "brn_energy.csv", column = "pe_low" }
high = { table = "brn_energy.csv", column = "pe_high" }
rate = { table = "brn_energy.csv", column = "rate" }
exposure = { value = 7.47594, unit = "GWh" }""",
)
class Spectrum:
    """A fine spectrum per exposure of the beam before the efficiency, which is nominal."""

    low: np.ndarray = energies("lower edges of its bins, each inside a bin of the experiment")
    high: np.ndarray = energies("upper edges")
    rate: np.ndarray = numbers({"1/GWh": 1.0}, "events per exposure", negative=False)
    exposure: float = number("GWh", "energy of the beam on the target")

    def build(self, place: Place, setting: Setting, shapes: Shapes) -> Made:
        """Return the background."""
        detector, edges = self._detector(place, setting), setting.axes[ENERGY]
        node, weight = np.polynomial.legendre.leggauss(FINE_ORDER)
        x = 0.5 * (self.low + self.high)[:, None] + 0.5 * (self.high - self.low)[:, None] * node
        counts = self.rate * self.exposure * (detector.efficiency(x, detector.nominal()) @ (0.5 * weight))
        bins = np.searchsorted(edges, 0.5 * (self.low + self.high), side="right") - 1
        inside = (bins >= 0) & (bins < len(edges) - 1)
        energy = np.bincount(bins[inside], weights=counts[inside], minlength=len(edges) - 1)
        return product(place, setting, Constant(energy), (ENERGY,), shapes)

    def density(self, place: Place, setting: Setting, densities: Densities) -> Stage:
        """Return the density at the events."""
        detector, x = self._detector(place, setting), where(setting, ENERGY)
        total = self.exposure * self.rate.sum()
        spectrum = histogram_density(self.low, self.high, self.rate, x)
        seen = np.asarray(detector.efficiency(x, detector.nominal()))
        return product_density(setting, Constant(total * spectrum * seen), (ENERGY,), densities)

    def _detector(self, place: Place, setting: Setting) -> EnergyDetector:
        joined(place, self.low, self.high)
        if self.rate.shape != self.low.shape:
            raise place.fail("rate", f"{len(self.low)} numbers", self.rate.shape)
        if setting.energy is None:
            raise place.fail("kind", "a detector with an efficiency", "none")
        return setting.energy


@kind(
    "background",
    "projections",
    """\
counts = { table = "counts_off.csv", columns = ["t_0_1", "t_1_2"] }
scale = { value = 0.5, unit = "1" }""",
)
class Projections:
    """The product of the projections on two axes of counts without signal."""

    counts: tuple[np.ndarray, ...] = several(
        "counts", "counts (energy, other axis) of one or more gates, which are added"
    )
    scale: float = number("1", "factor, such as a ratio of live times", 1.0)

    def build(self, place: Place, setting: Setting, shapes: Shapes) -> Made:
        """Return the background."""
        check_unshaped(place, shapes)
        if any(gate.shape != setting.shape for gate in self.counts) or len(setting.shape) != 2:
            raise place.fail("counts", f"counts of shape {setting.shape}", [gate.shape for gate in self.counts])
        total = np.sum(self.counts, axis=0)
        return Made(Constant(self.scale * np.outer(total.sum(axis=1), total.sum(axis=0)) / total.sum()))

    def density(self, place: Place, setting: Setting, densities: Densities) -> Stage:
        """Return the density at the events, flat inside each bin."""
        return flat_in_bins(self.build(place, setting, {}).stage, setting, tuple(setting.axes))


@kind(
    "background",
    "formula",
    """\
formula = "flat + height * exp(-slope * energy)"
[backgrounds.continuum.coefficients]
flat = { value = 14, unit = "1/day", low = 0, high = 1e3 }
height = { value = 200, unit = "1/day", low = 0, high = 1e4 }
slope = { value = 12, unit = "1/keV", low = 0, high = 50 }""",
)
class FormulaOfAxes:
    """A formula of the axes and of coefficients, in each bin at its centre; the coefficients are nuisances.

    It has sums, products, powers, quotients, exp, log, sqrt, erf, and may hold parameters of the detector.
    """

    formula: str = text("events in a bin, or per unit of the axes")
    per: str = text("what the events are per", "bin", ("bin", "unit"))
    constants: dict[str, float] = constants("numbers in it, each with its unit", {})
    coefficients: dict[str, Parameter] = coefficients("its coefficients; with an uncertainty they have a prior", {})

    def build(self, place: Place, setting: Setting, shapes: Shapes) -> Made:
        """Return the background."""
        check_unshaped(place, shapes)
        self._check_names(place, setting)
        order = list(setting.axes)
        centres = {
            axis: (0.5 * (edges[1:] + edges[:-1])).reshape(-1, *[1] * (len(order) - 1 - k))
            for k, (axis, edges) in enumerate(setting.axes.items())
        }
        known = {**self.coefficients, **dict.fromkeys(setting.parameters)}
        with place.data.at(f"{place.key}.formula"):
            made = formula(self.formula, {**self.constants, **centres}, known)
        whole: Stage = Product((made,), (tuple(range(len(order))),), setting.shape)
        if self.per == "unit":
            widths = [Constant(np.diff(edges)) for edges in setting.axes.values()]
            whole = Product(
                (made, *widths), (tuple(range(len(order))), *((k,) for k in range(len(order)))), setting.shape
            )
        for part, used, given in (
            ("coefficients", made.names, self.coefficients),
            ("constants", made.values, self.constants),
        ):
            if idle := next((name for name in given if name not in used), None):
                raise place.fail(f"{part}.{idle}", "a number that the formula has", f"'{idle}'")
        return Made(whole, tuple(self.coefficients.values()))

    def density(self, place: Place, setting: Setting, densities: Densities) -> Stage:
        """Return the density at the events, flat inside each bin: then its integral is that of the bins."""
        return flat_in_bins(self.build(place, setting, {}).stage, setting, tuple(setting.axes))

    def _check_names(self, place: Place, setting: Setting) -> None:
        """Raise DataError for a number of the formula that has the name of something else in it."""
        for part, given in (("constants", self.constants), ("coefficients", self.coefficients)):
            others = (*setting.axes, *FUNCTIONS, *(self.constants if part == "coefficients" else ()))
            for name in given:
                if name in others:
                    raise place.fail(f"{part}.{name}", f"a name other than {', '.join(others)}", f"'{name}'")
