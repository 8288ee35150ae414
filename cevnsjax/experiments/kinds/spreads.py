"""Kinds of how the signal is spread over an axis beside the energy: by arrival times, or by shares of each bin."""

from collections.abc import Mapping

import numpy as np

from ..._base.data_files import DataFile
from ...detectors.time import ArrivalDensity, TimeBins, TimeWindow, time_shift
from ...parameters.parameter import Parameter
from ...sources.arrival_times import ArrivalTimes, arrival_times, pulsed_decays
from ...stages.backgrounds import histogram_density, histogram_shape
from ...stages.morphing import Repeated
from ...stages.stage import Constant, OnAxes, Stage
from .densities import flat_in_bins, where
from .kind import Moved, Place, along_edges, each, kind, number, numbers, variations
from .setting import Setting
from .varied import joined, varied

LONGEST_PULSE = 100.0
"""Width [us] up to which a pulse is followed."""
SHIFT = "time_shift_nu"
SHARE = {"fraction": 1.0, "1": 1.0}
Spread = tuple[Stage, tuple[Parameter, ...]]
"""Share (flavour, cell) or (flavour, bin, cell) of each cell, and the parameters of it."""


def _window(place: Place, edges: np.ndarray, onset: float | None, rate: float | None) -> TimeWindow:
    """Return the time bins with an efficiency that falls from `onset` [us] with `rate` [1/us], if both are given."""
    for name, value, unit in (("efficiency_onset", onset, "us"), ("efficiency_rate", rate, "1/us")):
        if value is None and (onset is not None or rate is not None):
            raise place.fail(name, f"{{ value = a number, unit = '{unit}' }}", "no such entry")
    if onset is not None and onset > edges[-1] and not place.data.has_other_bins:
        raise place.fail("efficiency_onset", f"a number up to {edges[-1]:g}", f"{onset:g}")
    return TimeWindow(edges=edges, onset=onset or 0.0, rate=rate or 0.0)


def _binned(place: Place, arrivals: ArrivalTimes, setting: Setting, onset: float | None, rate: float | None) -> Spread:
    edges = _time_edges(place, setting)
    window = _window(place, edges, onset, rate)
    return window.binned(arrivals, SHIFT), (*window.parameters(), time_shift(SHIFT, "the neutrinos"))


def _at_events(place: Place, arrivals: ArrivalTimes, setting: Setting) -> Stage:
    """Return the density of arrivals at the events, with the parameters of the time efficiency."""
    axis = _axis(place)
    return TimeWindow(setting.axes[axis], 0.0, 0.0).at_events(arrivals, where(setting, axis), SHIFT)


def _axis(place: Place) -> str:
    return place.key.rpartition(".")[2]


def _time_edges(place: Place, setting: Setting) -> np.ndarray:
    axis = _axis(place)
    if setting.units[axis] != "us":
        raise place.fail("kind", "shares for an axis that is not in us", f"an axis in {setting.units[axis]}")
    if (edges := setting.axes[axis])[-1] <= 0:
        raise place.data.fail(f"binning.{axis}", "bins that end after 0", f"{edges[-1]:g}")
    return edges


@kind(
    "spread",
    "pulse",
    """\
mean = { value = 0.4, unit = "us" }
width = { value = 0.15, unit = "us" }""",
)
class Pulse:
    """Arrival times of pions and muons that decay after a Gaussian pulse of protons."""

    mean: float = number("us", "mean time of the protons", negative=True)
    width: float = number("us", "standard deviation of it", most=LONGEST_PULSE)
    efficiency_onset: float | None = number("us", "from when on the efficiency falls", None, zero=True)
    efficiency_rate: float | None = number("1/us", "as exp(-rate × time)", None, most=1.0)

    def build(self, place: Place, setting: Setting) -> Spread:
        """Return the spread."""
        _time_edges(place, setting)
        arrivals = pulsed_decays(self.mean, self.width)
        return _binned(place, arrivals, setting, self.efficiency_onset, self.efficiency_rate)

    def density(self, place: Place, setting: Setting) -> Stage:
        """Return the density at the events."""
        return _at_events(place, pulsed_decays(self.mean, self.width), setting)


@kind(
    "spread",
    "decays",
    """\
mean = { value = 0.44, unit = "us" }
width = { value = 0.15, unit = "us" }""",
)
class Decays:
    """The same arrival times without any efficiency; time_shift_nu delays them."""

    mean: float = number("us", "mean time of the protons", negative=True)
    width: float = number("us", "standard deviation of it", most=LONGEST_PULSE)

    def build(self, place: Place, setting: Setting) -> Spread:
        """Return the spread."""
        stage = TimeBins(pulsed_decays(self.mean, self.width), _time_edges(place, setting), SHIFT)
        return stage, (time_shift(SHIFT, "the neutrinos"),)

    def density(self, place: Place, setting: Setting) -> Stage:
        """Return the density at the events."""
        return ArrivalDensity(pulsed_decays(self.mean, self.width), where(setting, _axis(place)), SHIFT)


@kind("spread", "sns-2021")
class Sns:
    """Arrival times at the Spallation Neutron Source, as COHERENT's CsI detector saw them (arXiv:2110.07730)."""

    efficiency_onset: float | None = number("us", "from when on the efficiency falls", None, zero=True)
    efficiency_rate: float | None = number("1/us", "as exp(-rate × time)", None, most=1.0)

    def build(self, place: Place, setting: Setting) -> Spread:
        """Return the spread."""
        return _binned(place, _released_arrivals(), setting, self.efficiency_onset, self.efficiency_rate)

    def density(self, place: Place, setting: Setting) -> Stage:
        """Return the density at the events."""
        return _at_events(place, _released_arrivals(), setting)


def _released_arrivals() -> ArrivalTimes:
    low, high, nu_e, nu_mu, nu_mu_bar = DataFile("coherent_csi_2021/experiment.toml").table("arrival_times")
    return arrival_times(np.append(low, high[-1]), np.array([nu_mu, nu_e, nu_mu_bar]))


@kind(
    "spread",
    "arrivals",
    """\
low = { table = "arrival_times.csv", column = "t_low" }
high = { table = "arrival_times.csv", column = "t_high" }
[signal.time.flavours]
nu_mu = { table = "arrival_times.csv", column = "nu_mu" }
nu_e = { table = "arrival_times.csv", column = "nu_e" }
nu_mu_bar = { table = "arrival_times.csv", column = "nu_mu_bar" }""",
)
class Arrivals:
    """Arrival times in evenly spaced bins, a histogram for each flavour, which time_shift_nu delays."""

    low: np.ndarray = along_edges("lower edges of the histogram")
    high: np.ndarray = along_edges("upper edges")
    flavours: dict[str, np.ndarray] = each({"fraction": 1.0, "counts": 1.0, "1": 1.0}, "content for each flavour")
    efficiency_onset: float | None = number("us", "from when on the efficiency falls", None, zero=True)
    efficiency_rate: float | None = number("1/us", "as exp(-rate × time)", None, most=1.0)

    def build(self, place: Place, setting: Setting) -> Spread:
        """Return the spread."""
        arrivals = self._arrivals(place, setting)
        return _binned(place, arrivals, setting, self.efficiency_onset, self.efficiency_rate)

    def density(self, place: Place, setting: Setting) -> Stage:
        """Return the density at the events."""
        return _at_events(place, self._arrivals(place, setting), setting)

    def _arrivals(self, place: Place, setting: Setting) -> ArrivalTimes:
        rows = _by_flavour(place, self.flavours, setting, len(self.low))
        return arrival_times(joined(place, self.low, self.high), rows)


@kind("spread", "shares", """share = { value = [0.2, 0.5, 0.3], unit = "fraction" }""")
class Shares:
    """The share of each bin in the events, of all flavours alike or of each."""

    share: np.ndarray | None = numbers(SHARE, "of each bin", None, negative=False, most=1.0)
    flavours: dict[str, np.ndarray] = each(SHARE, "in its place, of each flavour", {}, most=1.0)

    def build(self, place: Place, setting: Setting) -> Spread:
        """Return the spread."""
        (bins,) = setting.bins(_axis(place))
        if (self.share is None) == (not self.flavours):
            raise place.fail("share", "a share of each bin, or flavours with one each", "both or none")
        if self.share is None:
            return Constant(_by_flavour(place, self.flavours, setting, bins)), ()
        if self.share.shape != (bins,):
            raise place.fail("share", f"{bins} numbers", self.share.size)
        return Constant(np.tile(self.share, (len(setting.source.flavours), 1))), ()

    def density(self, place: Place, setting: Setting) -> Stage:
        """Return the density at the events, flat inside each bin."""
        share, _ = self.build(place, setting)
        return flat_in_bins(share, setting, (_axis(place),), (len(setting.source.flavours),))


@kind("spread", "template", """counts = { table = "signal.csv", column = "f90" }""")
class Template:
    """A template of the signal in energy and this axis, the share of each bin at each energy; or along it alone."""

    counts: np.ndarray = numbers(
        {"counts": 1.0, **SHARE}, "template, rows of the energy by bins of the axis", negative=False
    )
    acceptance: np.ndarray | None = numbers(SHARE, "further factor at each energy", None, negative=False)
    variations: dict[str, Moved] = variations({"counts": 1.0, **SHARE}, "templates at ±1σ, scaled to its total")

    def build(self, place: Place, setting: Setting) -> Spread:
        """Return the spread."""
        first, *_ = setting.shape
        (bins,) = setting.bins(_axis(place))
        if self.counts.size == bins and self.acceptance is None:
            stage, parameters = varied(place, self.counts, self.variations)
            return Repeated(stage, len(setting.source.flavours)), parameters
        if self.counts.size != first * bins:
            raise place.fail("counts", f"{first} x {bins} numbers", self.counts.size)
        if self.acceptance is not None and self.acceptance.shape != (first,):
            raise place.fail("acceptance", f"{first} numbers", self.acceptance.size)
        expected = self.counts.reshape(first, bins).sum(axis=1)
        ones = np.ones(first) if self.acceptance is None else self.acceptance
        share = np.divide(ones, expected, out=np.zeros(first), where=expected > 0)
        stage, parameters = varied(place, self.counts, self.variations, np.repeat(share, bins))
        return OnAxes(stage, (1, first, bins)), parameters


@kind(
    "spread",
    "histogram",
    """\
low = { table = "arrival_times.csv", column = "t_low" }
high = { table = "arrival_times.csv", column = "t_high" }
flavours.nu_mu = { table = "arrival_times.csv", column = "prompt" }""",
)
class Histogram:
    """A histogram for each flavour, linear inside its bins, normalised to 1 over all of them and cut into the bins."""

    low: np.ndarray = along_edges("lower edges of the histogram")
    high: np.ndarray = along_edges("upper edges")
    flavours: dict[str, np.ndarray] = each({"fraction": 1.0, "counts": 1.0, "1": 1.0}, "content for each flavour")

    def build(self, place: Place, setting: Setting) -> Spread:
        """Return the spread."""
        rows, edges = self._rows(place, setting), setting.axes[_axis(place)]
        return Constant(np.array([histogram_shape(self.low, self.high, row, edges) for row in rows])), ()

    def density(self, place: Place, setting: Setting) -> Stage:
        """Return the density at the events."""
        rows, x = self._rows(place, setting), where(setting, _axis(place))
        return Constant(np.array([histogram_density(self.low, self.high, row, x) for row in rows]))

    def _rows(self, place: Place, setting: Setting) -> np.ndarray:
        rows = _by_flavour(place, self.flavours, setting, len(self.low))
        joined(place, self.low, self.high)
        if not np.all(rows.sum(axis=1) > 0):
            raise place.fail("flavours", "a number above 0 for each flavour", "none of one")
        return rows


def _by_flavour(place: Place, given: Mapping[str, np.ndarray], setting: Setting, count: int) -> np.ndarray:
    """Return the numbers of each flavour of the source, in its order."""
    flavours = setting.source.flavours
    if set(given) != set(flavours):
        raise place.fail("flavours", f"an entry for each of {', '.join(flavours)}", ", ".join(given) or "none")
    for flavour in flavours:
        if given[flavour].shape != (count,):
            raise place.fail(f"flavours.{flavour}", f"{count} numbers", given[flavour].size)
    return np.array([given[flavour] for flavour in flavours])
