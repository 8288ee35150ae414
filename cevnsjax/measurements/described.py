"""An experiment described in a TOML file: source, target, detector, binning, backgrounds and systematics.

Every number is ``{ value, unit }``, in the unit that this module asks for; docs/forecasts.md lists all entries. What a
file does not need may be left out; what it holds beyond that is refused. The observed counts are those expected in the
Standard Model (an Asimov data set).
"""

import dataclasses
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from .._data import DataFile, Numbers, data_root, read_verified
from .._errors import DataError, InputError, suggest
from .._stage import Constant, Stage
from .._typing import Float
from ..backgrounds import Background, exponential_shape
from ..detectors.efficiency import Efficiency, LogisticEfficiency, TabulatedEfficiency, UnitEfficiency
from ..detectors.quenching import LindhardQuenching, PolynomialQuenching, Quenching, TabulatedQuenching
from ..detectors.resolution import GammaSmearing, GaussianSmearing, Smearing
from ..detectors.response import BinnedDetector, EnergyDetector, TimeWindow, time_shift
from ..folding import fold
from ..interactions.standard_model import standard_model
from ..measurement import Measurement
from ..nuclei.nuclide import isotopes
from ..nuclei.target import parse_formula, target_of
from ..parameters import Gaussian, Parameter
from ..prediction import expected_counts
from ..sources.arrival_times import ArrivalTimes, arrival_times, pulsed_decays
from ..sources.atmospheric import atmospheric_neutrinos
from ..sources.pion_decay import pion_decay_at_rest
from ..sources.reactor import ISOTOPES, MODELS, fission_fractions, fissions_of_flux, fissions_of_power, reactor
from ..sources.solar import KINDS, solar_neutrinos
from ..sources.source import Component, Source
from ..sources.tabulated import tabulated
from ..systematics import Strength

FOLDER = "forecasts"
"""Where the shipped descriptions are, under ``data/``."""
JOULE = 1.0 / 1.602176634e-13
"""A joule in MeV (SI)."""
HOUR, DAY = 3600.0, 86400.0


def shipped() -> tuple[str, ...]:
    """Return the names of the descriptions that come with the package."""
    return tuple(sorted(path.stem for path in (data_root() / FOLDER).glob("*.toml")))


def described(name: str | Path, form_factor: str = "helm") -> Measurement:
    """Return the experiment of a description: the name of a shipped one, or the path of a TOML file."""
    if str(name) in shipped():
        content, path = read_verified(data_root(), f"{FOLDER}/{name}.toml"), data_root() / FOLDER / f"{name}.toml"
    else:
        path = Path(name)
        try:
            content = path.read_bytes()
        except OSError as error:
            raise InputError(f"{path}: expected a readable file, found: {error.strerror}") from None
    return _build(_Description(content, path), form_factor)


class _Description(Numbers):
    """A description, which remembers what was asked of it."""

    def __init__(self, content: bytes, path: Path) -> None:
        super().__init__(content, path, sourced=False)
        self.asked: set[str] = {"sources"}

    def has(self, key: str) -> bool:
        """Return whether there is an entry at the dotted `key`."""
        self.asked.add(key)
        value: Any = self._content
        for part in key.split("."):
            if not isinstance(value, dict) or part not in value:
                return False
            value = value[part]
        return True

    def text(self, key: str) -> str:
        """Return the text at `key`."""
        self.asked.add(key)
        return self.get(key, str)

    def one_of(self, key: str, known: tuple[str, ...]) -> str:
        """Return the text at `key`, one of those `known`."""
        found = self.text(key)
        if found not in known:
            raise self._fail(key, f"one of {', '.join(known)}{suggest(found, known)}", f"'{found}'")
        return found

    def value(self, key: str, unit: str, positive: bool = True) -> float:
        """Return the number at `key`, given in `unit`."""
        self.asked.add(key)
        found = self.number(key, unit)
        if positive and found <= 0:
            raise self._fail(key, "a positive number", f"{found:g}")
        return found

    def values(self, key: str, unit: str | list[str], length: int | None = None) -> np.ndarray:
        """Return the list of numbers at `key`, given in `unit`."""
        self.asked.add(key)
        return self.array(key, unit, length)

    def amounts(self, key: str, unit: str, length: int | None = None) -> np.ndarray:
        """Return the list of numbers at `key`, none of them negative."""
        found = self.values(key, unit, length)
        if np.any(found < 0):
            raise self._fail(key, "numbers that are not negative", f"{found.min():g}")
        return found

    def bins(self, key: str, unit: str) -> np.ndarray:
        """Return the bin edges at `key`."""
        self.asked.add(key)
        return self.edges(key, unit)

    def names(self, key: str) -> list[str]:
        """Return the keys of the table at `key`."""
        self.asked.add(key)
        return list(self.get(key, dict))

    def refuse_the_rest(self) -> None:
        """Refuse entries that nothing has asked for."""
        for key in _leaves(self._content):
            if not any(key == asked or key.startswith(f"{asked}.") for asked in self.asked if self._is_number(asked)):
                raise self._fail(key, "an entry that this kind of description knows", "this one")

    def _is_number(self, key: str) -> bool:
        """Return whether what is at `key` is not a table of further entries."""
        value: Any = self._content
        for part in key.split("."):
            value = value.get(part, {}) if isinstance(value, dict) else {}
        return key == "sources" or not isinstance(value, dict) or "value" in value


def _leaves(content: dict[str, Any], prefix: str = "") -> list[str]:
    """Return the dotted keys of everything that is not a table, quantities counting as one."""
    found = []
    for key, value in content.items():
        if isinstance(value, dict) and "value" not in value:
            found += _leaves(value, f"{prefix}{key}.")
        else:
            found.append(prefix + key)
    return found


def _build(data: _Description, form_factor: str) -> Measurement:
    name = data.text("name")
    target = target_of(data.text("target.formula"), data.value("target.mass", "kg"), form_factor)
    source, days = _source(data)
    unit = data.one_of("detector.unit", ("PE", "keV"))
    edges = data.bins("binning.energy", unit)
    energy = EnergyDetector(
        edges=edges,
        quenching=_quenching(data),
        smearing=_smearing(data, unit),
        efficiency=_efficiency(data, unit),
        unit=unit,
        pieces=math.ceil(data.value("binning.parts", "1")) if data.has("binning.parts") else 1,
    )
    spread, others, parameters = _spread(data, source)
    detector = BinnedDetector(energy, spread, others, parameters)
    strengths, backgrounds = [_signal(data)], []
    for component in data.names("backgrounds") if data.has("backgrounds") else ():
        width = f"backgrounds.{component}.width"
        strengths.append(Strength(f"{component}_norm", component, data.value(width, "1") if data.has(width) else None))
        backgrounds.append(
            _background(data, component, detector, target_mass=data.value("target.mass", "kg"), days=days)
        )
    measurement = Measurement(
        name=name,
        title=data.text("title") if data.has("title") else name,
        references=tuple(data.get("sources", dict).values()) if data.has("sources") else (),
        dataset=name,
        source=source,
        target=target,
        detector=detector,
        backgrounds=tuple(backgrounds),
        strengths=tuple(strengths),
        observed=np.zeros(detector.shape),
    )
    measurement = dataclasses.replace(measurement, nuisances=_nuisances(data, measurement))
    data.refuse_the_rest()
    return asimov(measurement)


def asimov(measurement: Measurement) -> Measurement:
    """Return `measurement` with the counts expected in the Standard Model, all parameters at their defaults."""
    interaction = standard_model()
    params = {p.name: p.default for p in (*interaction.parameters(), *measurement.parameters())}
    return dataclasses.replace(
        measurement, observed=np.asarray(expected_counts(fold(measurement, interaction), params))
    )


# Source


def _source(data: _Description) -> tuple[Source, float]:
    """Return the source and the live time [d]."""
    kinds: dict[str, Callable[[_Description], tuple[Source, float]]] = {
        "pion-decay-at-rest": _pion_decay,
        "reactor": _reactor,
        "solar": _solar,
        "atmospheric": _atmospheric,
        "table": _table,
    }
    return kinds[data.one_of("source.kind", tuple(kinds))](data)


def _pion_decay(data: _Description) -> tuple[Source, float]:
    seconds = HOUR * data.value("source.live_time", "h")
    if data.has("source.protons_on_target"):
        protons = data.value("source.protons_on_target", "1")
    else:
        power = data.value("source.beam_power", "MW") * 1e6 * JOULE
        protons = seconds * power / (1e3 * data.value("source.proton_energy", "GeV"))
    per_proton = data.value("source.neutrinos_per_flavour_and_proton", "1")
    return pion_decay_at_rest(per_proton, protons, data.value("source.distance", "m")), seconds / DAY


def _reactor(data: _Description) -> tuple[Source, float]:
    model, days = data.one_of("source.model", tuple(MODELS)), data.value("source.live_time", "day")
    fractions = fission_fractions(data.amounts("source.fission_fractions", "fraction", len(ISOTOPES)))
    key = "source.captures_per_fission"
    captures = data.value(key, "1", positive=False) if data.has(key) else 0.0
    if data.has("source.flux"):
        fissions = fissions_of_flux(model, data.value("source.flux", "1/cm^2/s"), days, fractions, captures)
    else:
        power, distance = data.value("source.thermal_power", "GW"), data.value("source.distance", "m")
        fissions = fissions_of_power(power, distance, days, fractions)
    return reactor(model, fissions, captures), days


def _solar(data: _Description) -> tuple[Source, float]:
    days = data.value("source.live_time", "day")
    return solar_neutrinos(days * DAY, (data.one_of("source.neutrinos", KINDS),)), days


def _atmospheric(data: _Description) -> tuple[Source, float]:
    days = data.value("source.live_time", "day")
    return atmospheric_neutrinos(days * DAY), days


def _table(data: _Description) -> tuple[Source, float]:
    """Return a source of tabulated fluxes: linear between energies, zero outside."""
    days = data.value("source.live_time", "day")
    energies = data.bins("source.energy", "MeV")
    components = []
    for flavour in data.names("source.flux"):
        flux, spectrum = tabulated(energies, data.amounts(f"source.flux.{flavour}", "1/MeV/cm^2/s", len(energies)))
        components.append(Component(flavour, flux * days * DAY, spectrum))
    return Source(tuple(components)), days


# Detector


def _quenching(data: _Description) -> Quenching:
    kind = data.one_of("detector.quenching.kind", ("polynomial", "lindhard", "table"))
    if kind == "polynomial":
        data.asked.add("detector.quenching.coefficients")
        powers = len(data.get("detector.quenching.coefficients", dict).get("value", []))
        units = ["1", "1/MeV", *(f"1/MeV^{k}" for k in range(2, max(powers, 2)))][: max(powers, 1)]
        coefficients = data.array("detector.quenching.coefficients", units)
        return PolynomialQuenching(coefficients, np.zeros((0, len(coefficients))))
    if kind == "lindhard":
        (element, *others) = parse_formula(data.text("target.formula"))
        if others:
            raise InputError(f"{data.path}: detector.quenching: expected a target of one element for lindhard")
        k, width = data.value("detector.quenching.k", "1"), "detector.quenching.width"
        protons = isotopes(element)[0].protons
        return LindhardQuenching(element, protons, k, data.value(width, "1") if data.has(width) else None)
    recoil = data.values("detector.quenching.recoil", "keV")
    if len(recoil) < 2 or np.any(np.diff(recoil) <= 0):
        raise InputError(
            f"{data.path}: detector.quenching.recoil: expected increasing energies, found {recoil.tolist()}"
        )
    return TabulatedQuenching(1e-3 * recoil, data.amounts("detector.quenching.factor", "1", len(recoil)))


def _smearing(data: _Description, unit: str) -> Smearing | None:
    kind = data.one_of("detector.resolution.kind", ("gamma", "gaussian") if unit == "keV" else ("gamma",))
    if kind == "gaussian":
        noise = data.value("detector.resolution.noise", "keV", positive=False)
        return GaussianSmearing(noise, data.value("detector.resolution.slope", "keV", positive=False))
    light_yield = data.value("detector.resolution.light_yield", "PE/keV")
    return GammaSmearing(1.0 / light_yield, light_yield * data.value("detector.resolution.shape", "1/PE"))


def _efficiency(data: _Description, unit: str) -> Efficiency:
    kind = data.one_of("detector.efficiency.kind", ("unity", "logistic", "table"))
    if kind == "unity":
        return UnitEfficiency()
    if kind == "logistic":
        units = ["1", f"1/{unit}", unit, "1"]
        return LogisticEfficiency(data.values("detector.efficiency.coefficients", units), np.zeros(4), unit)
    points = data.bins("detector.efficiency.energy", unit)
    lowest = "detector.efficiency.threshold"
    return TabulatedEfficiency(
        points,
        data.amounts("detector.efficiency.fraction", "1", len(points)),
        data.value(lowest, unit, positive=False) if data.has(lowest) else 0.0,
    )


# Time


def _spread(
    data: _Description, source: Source
) -> tuple[Stage, dict[str, Float[np.ndarray, " edge"]], tuple[Parameter, ...]]:
    """Return how the events are spread over the time bins, these, and the parameters of the spread."""
    if not data.has("binning.time"):
        return Constant(np.ones((len(source.components), 1))), {}, ()
    if data.text("source.kind") != "pion-decay-at-rest":
        raise InputError(f"{data.path}: binning.time: expected time bins for a source that is pulsed alone")
    edges = data.bins("binning.time", "us")
    efficiency = "time.efficiency_onset"
    window = TimeWindow(
        edges=edges,
        onset=data.value(efficiency, "us", positive=False) if data.has(efficiency) else 0.0,
        rate=data.value("time.efficiency_rate", "1/us") if data.has(efficiency) else 0.0,
    )
    spread = window.binned(_arrivals(data), "time_shift_nu")
    return spread, {"time [us]": edges}, (*window.parameters(), time_shift("time_shift_nu", "the neutrinos"))


def _arrivals(data: _Description) -> ArrivalTimes:
    if data.one_of("time.pulse", ("gaussian", "sns-2021")) == "gaussian":
        return pulsed_decays(data.value("time.mean", "us", positive=False), data.value("time.width", "us"))
    low, high, nu_e, nu_mu, nu_mu_bar = DataFile("coherent_csi_2021/measurement.toml").table("arrival_times")
    return arrival_times(np.append(low, high[-1]), np.array([nu_mu, nu_e, nu_mu_bar]))


# Backgrounds and systematics


def _background(data: _Description, name: str, detector: BinnedDetector, target_mass: float, days: float) -> Background:
    """Return a background: counts in each energy bin, or a rate per keV, kg and day, or a total with a shape."""
    key, edges = f"backgrounds.{name}", detector.energy.edges
    if data.has(f"{key}.rate"):
        if detector.energy.unit != "keV":
            raise InputError(f"{data.path}: {key}.rate: expected a rate for bins in keV alone")
        duty = data.value(f"{key}.duty_factor", "1") if data.has(f"{key}.duty_factor") else 1.0
        energy = data.value(f"{key}.rate", "1/keV/kg/day", positive=False) * target_mass * days * duty * np.diff(edges)
    elif data.has(f"{key}.counts"):
        energy = data.amounts(f"{key}.counts", "counts", len(edges) - 1)
    else:
        total = data.value(f"{key}.total", "counts", positive=False)
        if data.one_of(f"{key}.energy", ("flat", "exponential")) == "flat":
            energy = total * np.diff(edges) / (edges[-1] - edges[0])
        else:
            scale = data.value(f"{key}.energy_scale", detector.energy.unit)
            energy = total * exponential_shape(edges, 1.0 / scale)
    return Background(energy, Constant(_time_shape(data, key, detector)[None, :]))


def _time_shape(data: _Description, key: str, detector: BinnedDetector) -> Float[np.ndarray, " cell"]:
    if not detector.others:
        return np.ones(1)
    edges = detector.others["time [us]"]
    kind = data.one_of(f"{key}.time", ("flat", "exponential", "prompt")) if data.has(f"{key}.time") else "flat"
    if kind == "flat":
        return np.diff(edges) / (edges[-1] - edges[0])
    if kind == "exponential":
        return exponential_shape(edges, data.value(f"{key}.time_rate", "1/us"))
    prompt = detector.spread({p.name: p.default for p in detector.spread_parameters})[0]
    return prompt / prompt.sum()


def _signal(data: _Description) -> Strength:
    width = "systematics.signal"
    return Strength("cevns_norm", "cevns", data.value(width, "1") if data.has(width) else None)


def _nuisances(data: _Description, measurement: Measurement) -> tuple[Parameter, ...]:
    """Return the parameters that the description gives another default, or a Gaussian uncertainty."""
    known = {parameter.name: parameter for parameter in measurement.parameters()}
    found: dict[str, Parameter] = {}
    for section in ("defaults", "uncertainties"):
        for name in data.names(section) if data.has(section) else ():
            if name not in known:
                raise DataError(f"{data.path}: {section}.{name}: unknown parameter '{name}'{suggest(name, known)}")
            parameter = found.get(name, known[name])
            value = data.value(f"{section}.{name}", parameter.unit, positive=section == "uncertainties")
            if section == "defaults":
                found[name] = dataclasses.replace(parameter, default=parameter.check(value))
            else:
                found[name] = dataclasses.replace(parameter, constraint=Gaussian(parameter.default, value))
    return tuple(found.values())
