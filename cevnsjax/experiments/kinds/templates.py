"""Kinds of detectors known by templates of mono-energetic recoils: samples that are counted, runs that are morphed."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..._base.data_files import quoted
from ...detectors.templates import Morph, Morphed, TemplateDetector, morph
from ...measuring.terms.poisson import PoissonCounts
from ...measuring.terms.term import Term
from ...nuclei.target import Target
from ...parameters.parameter import Gaussian, Parameter
from ...stages.stage import Constant, OnAxes
from ..document import Document
from .backgrounds import Made, Shapes, check_unshaped
from .kind import REQUIRED, Entry, Place, Read, field, kind, number, numbers, read, text, texts, whole
from .setting import Setting

SHARE = {"fraction": 1.0, "1": 1.0}
Column = tuple[np.ndarray, str]
"""Numbers and their unit."""
BELOW = 1e-6
"""Recoil energy [keV] in which an efficiency rises from zero to its first number."""


# Samples


@kind(
    "sample",
    "table",
    """\
energy = { table = "efficiency.csv", column = "recoil_energy" }
efficiency = { table = "efficiency.csv", column = "efficiency" }
exposure = { value = 1.2, unit = "t*y" }""",
)
class SampleTable:
    """An efficiency at recoil energies, linear between them; zero below, and above unless `highest` extends it."""

    energy: np.ndarray = numbers("keV", "recoil energies, increasing", negative=False)
    efficiency: np.ndarray = numbers(SHARE, "efficiency there", negative=False, most=1.0)
    exposure: float = number("t*y", "exposure of the sample, where the target has 1 t*y")
    scale: float = number("1", "factor on the efficiency", 1.0)
    highest: float | None = number("keV", "recoil energy up to which the last number holds", None)

    def check(self, place: Place) -> None:
        """Raise DataError for efficiencies that are not those of the energies."""
        place.data.bins(f"{place.key}.energy", "keV", negative=False)
        if self.efficiency.shape != self.energy.shape:
            raise place.fail("efficiency", f"{len(self.energy)} numbers", self.efficiency.size)

    def points(self) -> list[float]:
        """Return the recoil energies [keV] between which it is linear."""
        return [*self.energy.tolist(), *([] if self.highest is None else [self.highest])]

    def at(self, energy: np.ndarray) -> np.ndarray:
        """Return the recoils that are counted for each that there is."""
        right = 0.0 if self.highest is None else self.efficiency[-1]
        return self.exposure * self.scale * np.interp(energy, self.energy, self.efficiency, left=0.0, right=right)


@kind(
    "sample",
    "constant",
    """\
efficiency = { value = 0.0982, unit = "fraction" }
threshold = { value = 0.33, unit = "keV" }
highest = { value = 5, unit = "keV" }
exposure = { value = 1.04, unit = "t*y" }""",
)
class SampleConstant:
    """The same efficiency from a threshold on."""

    efficiency: float = number("fraction", "efficiency", most=1.0)
    threshold: float = number("keV", "recoil energy that it begins at")
    highest: float = number("keV", "recoil energy that it ends at")
    exposure: float = number("t*y", "exposure of the sample, where the target has 1 t*y")

    def check(self, place: Place) -> None:
        """Raise DataError if it ends before it begins."""
        if not self.threshold < self.highest:
            raise place.fail("highest", f"more than the threshold, {self.threshold:g} keV", f"{self.highest:g}")

    def points(self) -> list[float]:
        """Return the recoil energies [keV] that it begins and ends at."""
        return [self.threshold, self.highest]

    def at(self, energy: np.ndarray) -> np.ndarray:
        """Return the recoils that are counted for each that there is."""
        return np.where(energy >= self.threshold, self.exposure * self.efficiency, 0.0)


def samples() -> Any:
    """Return the field of a table of samples, by name."""

    def found(data: Document, key: str) -> dict[str, Read]:
        return {name: read(data, "sample", f"{key}.{name}", "table") for name in data.names(key)}

    return field(Entry("samples by name: each is a bin", "table: sample", found, REQUIRED, many=True))


@kind(
    "detector",
    "samples",
    """\
[detector.samples.paired]
energy = { table = "efficiency.csv", column = "recoil_energy" }
efficiency = { table = "efficiency.csv", column = "efficiency" }
exposure = { value = 1.2, unit = "t*y" }""",
)
class Samples:
    """Samples that are counted, each with an efficiency against the recoil energy."""

    samples: dict[str, Read] = samples()

    def axes(self, place: Place) -> dict[str, np.ndarray]:
        """Return the axis: a bin for each sample."""
        return {"sample [1]": np.arange(len(self.samples) + 1.0)}

    def build(self, place: Place, target: Target, edges: np.ndarray, pieces: int) -> TemplateDetector:
        """Return the detector."""
        if not self.samples:
            raise place.fail("samples", "a table for each sample", "none")
        for sample in self.samples.values():
            sample.of.check(sample.place)
        parts = [sample.of for sample in self.samples.values()]
        points = {point for part in parts for point in part.points()}
        first = min(points)
        points |= {begin - BELOW for part in parts if (begin := part.points()[0]) > first}
        energy = np.array(sorted(points))
        templates = np.stack([part.at(energy) for part in parts], axis=1)
        return TemplateDetector(1e-3 * energy, templates[:, :, None], (), self.axes(place))


# Runs with templates that are morphed


@kind(
    "detector",
    "morphed",
    """\
recoil = { value = [0.5, 1, 2, 5], unit = "keV" }
templates = { array = "templates.npz", name = "signal", unit = "fraction" }
exposures = { value = [1.17, 2.34], unit = "t*y" }
names = ["S2 area bin, by run [1]", "S1 score bin [1]"]
light_yield = { value = [-3, -1, 1, 3], unit = "1" }
charge_yield = { value = [-3, -1, 1, 3], unit = "1" }""",
)
class MorphedRuns:
    """Runs of a xenon detector with templates of mono-energetic recoils at anchors of the yields of light and charge.

    The templates have the axes run, recoil energy, light yield, charge yield, bins. The first axis of bins holds those
    of each run after the other. The nuisances t_ly and t_qy are the yields in standard deviations.
    """

    recoil: np.ndarray = numbers("keV", "recoil energies that have templates", negative=False)
    templates: np.ndarray = numbers(SHARE, "probability that a recoil is selected in each bin", negative=False)
    exposures: np.ndarray = numbers("t*y", "exposure of each run, the first of the templates", negative=False)
    names: tuple[str, ...] = texts("names of the axes, with units")
    light_yield: np.ndarray = numbers("1", "anchors of the yield of light, in standard deviations")
    charge_yield: np.ndarray = numbers("1", "anchors of the yield of charge")
    width: float = number("1", "width of the priors of the two", 1.0)

    def axes(self, place: Place) -> dict[str, np.ndarray]:
        """Return the axes: bins by number; raise DataError for templates that do not have them."""
        shape, runs = self.templates.shape, self.exposures.size
        if len(self.names) != max(len(shape) - 4, 0) or not self.names or not 1 <= runs <= shape[0]:
            raise place.fail("templates", f"axes (run, recoil, light, charge) and {len(self.names)} of bins", shape)
        for name, given in (("templates", self.templates), ("exposures", self.exposures)):
            if not np.any(given > 0):
                raise place.fail(name, "a number above 0", "none")
        first, *others = self.templates.shape[4:]
        sides = (first * len(self.exposures), *others)
        return {name: np.arange(side + 1.0) for name, side in zip(self.names, sides, strict=True)}

    def morphs(self) -> tuple[Morph, Morph]:
        """Return the morphing along the yields of light and of charge."""
        light = _yield("t_ly", "light", self.light_yield, self.width)
        return light, _yield("t_qy", "charge", self.charge_yield, self.width)

    def build(self, place: Place, target: Target, edges: np.ndarray, pieces: int) -> TemplateDetector:
        """Return the detector."""
        anchors, shape = (len(self.light_yield), len(self.charge_yield)), self.templates.shape
        if shape[1:4] != (len(self.recoil), *anchors):
            raise place.fail("templates", f"{len(self.recoil)} recoils, {anchors} anchors", shape[1:4])
        for name in ("light_yield", "charge_yield"):
            if not (anchor := getattr(self, name))[0] <= 0.0 <= anchor[-1]:
                raise place.fail(name, "anchors on both sides of 0", anchor.tolist())
        templates = exposed(self.templates, self.exposures, len(self.names))
        return TemplateDetector(1e-3 * self.recoil, templates, self.morphs(), self.axes(place))


def _yield(name: str, what: str, anchors: np.ndarray, width: float) -> Morph:
    parameter = Parameter(
        name=name,
        unit="1",
        default=0.0,
        bounds=(float(anchors[0]), float(anchors[-1])),
        latex=rf"t_\mathrm{{{name.removeprefix('t_')}}}",
        description=f"{what} yield of nuclear recoils, in standard deviations",
        constraint=Gaussian(0.0, width),
        own=True,
    )
    return morph(parameter, anchors)


def exposed(templates: np.ndarray, exposures: np.ndarray, axes: int) -> np.ndarray:
    """Return templates (run, …, bins of each axis) × exposure of the first runs as (…, bin by run, cell)."""
    used = templates[: len(exposures)]
    scaled = np.moveaxis(used * exposures.reshape(-1, *[1] * (used.ndim - 1)), 0, -axes - 1)
    lead, (runs, first, *others) = scaled.shape[: -axes - 1], scaled.shape[-axes - 1 :]
    return scaled.reshape(*lead, runs * first, int(np.prod(others, dtype=int)))


@kind("background", "morphed", """rates = { array = "templates.npz", name = "neutron", unit = "1/t/y" }""")
class MorphedBackground:
    """Rates in the bins of each run, of all runs or of one, which the yields of the detector may morph."""

    rates: np.ndarray = numbers("1/t/y", "rates (run, [light yield, charge yield,] bins of each axis)", negative=False)
    run: int = whole("the only run that it is of, counted from 1; all by default", 0)
    moves: str = text("whether the templates have anchors of both yields", "no", ("no", "yes"))

    def build(self, place: Place, setting: Setting, shapes: Shapes) -> Made:
        """Return the background."""
        detector = setting.detector
        if not isinstance(detector, MorphedRuns):
            raise place.fail("kind", "a detector of kind morphed", "another")
        check_unshaped(place, shapes)
        lead = (len(detector.light_yield), len(detector.charge_yield)) if self.moves == "yes" else ()
        expected, exposures = (len(detector.exposures), *lead, *detector.templates.shape[4:]), detector.exposures
        if self.rates.shape[1:] != expected[1:] or len(self.rates) < len(exposures):
            raise place.fail("rates", f"the shape {expected}", self.rates.shape)
        if self.run > len(detector.templates):
            raise place.fail("run", f"a run up to {len(detector.templates)}", self.run)
        if self.run:
            exposures = np.where(np.arange(1, len(exposures) + 1) == self.run, exposures, 0.0)
        counts = Constant(exposed(self.rates, exposures, len(setting.axes)))
        moved = Morphed(counts, detector.morphs()) if self.moves == "yes" else counts
        return Made(OnAxes(moved, setting.shape))


@kind(
    "data",
    "run-events",
    """\
events = [{ table = "events.csv", column = "cs2" }, { table = "events.csv", column = "s1_score" }]
run = { table = "events.csv", column = "run" }
[data.edges]
r0 = [{ value = [90, 170, 500], unit = "PE" }, { value = [0, 0.5, 1], unit = "1" }]""",
)
class RunEvents:
    """Events of several runs, counted in bins whose edges differ from run to run."""

    run: np.ndarray = numbers("1", "number of the run of each event, from 0", negative=False)
    events: tuple[Column, ...] = field(Entry("a column for each axis", "any", lambda data, key: _columns(data, key)))
    edges: dict[str, tuple[Column, ...]] = field(
        Entry(
            "edges along each axis, for each run in its order",
            "any",
            lambda data, key: {name: _columns(data, f"{key}.{name}") for name in data.names(key)},
            many=True,
        )
    )

    def build(self, place: Place, setting: Setting, components: Sequence[str]) -> Term:
        """Return the term."""
        detector = setting.detector
        if not isinstance(detector, MorphedRuns):
            raise place.fail("kind", "a detector of kind morphed", "another")
        self._check(place, setting)
        counts, found = [], np.transpose([column for column, _ in self.events])
        for k, edges in zip(range(len(detector.exposures)), self.edges.values(), strict=False):
            counts.append(np.histogramdd(found[self.run == k], bins=[values for values, _ in edges])[0])
        if len(counts) != len(detector.exposures):
            raise place.fail("edges", f"those of {len(detector.exposures)} runs", len(counts))
        joined = np.concatenate(counts)
        if joined.shape != setting.shape:
            raise place.fail("edges", f"bins {setting.shape}", joined.shape)
        return PoissonCounts(joined)

    def _check(self, place: Place, setting: Setting) -> None:
        """Raise DataError for columns and edges that are not those of the axes."""
        if len(self.events) != len(setting.axes):
            raise place.fail("events", f"a column for each of {len(setting.axes)} axes", len(self.events))
        if any(column.shape != self.run.shape for column, _ in self.events):
            raise place.fail("events", f"columns of {self.run.size} events", "others")
        if not np.all(np.isin(self.run, np.arange(len(self.edges)))):
            raise place.fail("run", f"whole numbers from 0 to {len(self.edges) - 1}", "others")
        for name, edges in self.edges.items():
            if len(edges) != len(self.events):
                raise place.fail(f"edges.{name}", f"edges along {len(self.events)} axes", len(edges))
            for k, ((values, unit), (_, own)) in enumerate(zip(edges, self.events, strict=True)):
                if values.ndim != 1 or len(values) < 2 or np.any(np.diff(values) <= 0):
                    raise place.fail(f"edges.{name}[{k}]", "at least two increasing edges", values.tolist())
                if unit != own:
                    raise place.fail(f"edges.{name}[{k}]", f"edges in {own}, as the events", unit)


def _columns(data: Document, key: str) -> tuple[Column, ...]:
    """Return the numbers and the unit of each column of a list."""
    if not isinstance(listed := data.raw(key), list) or not listed:
        raise data.fail(key, "a list with a column, or edges, for each axis", quoted(listed))
    return tuple(data.any_column(f"{key}[{k}]") for k in range(len(listed)))
