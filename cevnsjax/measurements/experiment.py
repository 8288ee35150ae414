"""An experiment described in a TOML file: source, target, detector, binning, backgrounds and systematics.

Every number is ``{ value, unit }``, in the unit that this module requires; docs/forecasts.md lists all entries. What a
file does not need may be left out; other entries raise DataError. The observed counts are those expected in the
Standard Model (an Asimov data set).
"""

import dataclasses
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from .._base.data_files import DataFile, quoted, read_bounded
from .._base.errors import DataError, suggest
from .._base.typing import Array, Float
from ..detectors.efficiency import (
    Efficiency,
    LogisticEfficiency,
    SigmoidEfficiency,
    TabulatedEfficiency,
    UnitEfficiency,
)
from ..detectors.energy import EnergyDetector
from ..detectors.quenching import LETTERS, LindhardQuenching, PolynomialQuenching, Quenching, TabulatedQuenching
from ..detectors.resolution import GammaSmearing, GaussianSmearing, Smearing
from ..detectors.response import BinnedDetector
from ..detectors.time import TimeWindow, time_shift
from ..folding.fold import BIN_ORDER, fold
from ..folding.nodes import RECOIL_ORDER, recoil_nodes
from ..folding.prediction import component_counts
from ..folding.scatterers import nuclei
from ..interactions.combination import combine
from ..measuring.measurement import Measurement, Scattering
from ..measuring.terms.poisson import PoissonCounts
from ..nuclei.choice import FormFactorChoice, FormFactors, form_factors
from ..nuclei.nuclide import nuclide
from ..nuclei.target import parse_formula, target_of
from ..parameters.parameter import Gaussian, Parameter
from ..parameters.strengths import SNS_FLUX, Strength
from ..sources.arrival_times import ArrivalTimes, arrival_times, pulsed_decays
from ..sources.atmospheric import atmospheric_neutrinos
from ..sources.live_time import SECONDS_PER_DAY, LiveTime, live_seconds
from ..sources.pion_decay import pion_decay_at_rest
from ..sources.reactor import (
    ISOTOPES,
    JOULE,
    MODELS,
    fission_fractions,
    fissions_of_flux,
    fissions_of_power,
    reactor,
)
from ..sources.solar import KINDS, solar_neutrinos
from ..sources.source import FLAVOURS, Component, Source
from ..sources.tabulated import tabulated
from ..stages.backgrounds import Background, exponential_shape
from ..stages.stage import Constant, Stage
from .description import Description, shipped, shipped_file

LARGEST = 2 * 2**20
"""Bytes of a description up to which it is read."""
LONGEST_NAME, LONGEST_TITLE = 64, 200
"""Letters of a name and of a title."""
TIMES = {"h": 3600.0, "day": SECONDS_PER_DAY}
"""Seconds in the units of a live time."""
TIME_AXIS = "time [us]"
SHARES = 1e-6
"""How far the shares of the isotopes of an element may be from a sum of 1."""
MOST_BINS, MOST_PARTS, MOST_NUMBERS = 2_000_000, 50_000, 20_000_000
"""Bins of energy and time, parts of energy bins, and numbers of a response (some 60 B each) that are folded."""
MOST_COUNTS = 1e15
"""Events of a component up to which a description is accepted: a float still counts these singly."""
LONGEST_PULSE = 100.0
"""Width [us] up to which a pulse is followed."""
ACCURACY = 1e-6
"""Largest part of a bin's signal that the quadrature may miss, of bins with more than `SMALL` of the largest."""
SMALL = 1e-3


def experiment(name: str | Path, form_factor: FormFactorChoice = "helm") -> Measurement:
    """Return the experiment of a description: the name of a shipped description, or the path of a TOML file."""
    form_factor = form_factors(form_factor)
    if str(name) in shipped():
        return _build(Description(*shipped_file(str(name))), form_factor)
    path = Path(name)
    try:
        content = read_bounded(path, LARGEST)
    except DataError as error:
        raise DataError(f"{error}{suggest(str(name), shipped())}") from None
    return dataclasses.replace(_build(Description(content, path), form_factor), file=str(path.absolute()))


def _build(data: Description, form_factor: FormFactors) -> Measurement:
    name, formula, mass = _name(data), data.text("target.formula"), data.value("target.mass", "kg")
    with data.at("target.formula"):
        target = target_of(formula, mass, form_factor)
    if data.has("target.isotopes"):
        target = target_of(formula, mass, form_factor, _isotopes(data, formula))
    source, days = _source(data)
    detector = _detector(data, source)
    backgrounds = {part: _background(data, part, detector, mass * days) for part in data.names("backgrounds")}
    measurement = Measurement(
        name=name,
        title=_title(data) if data.has("title") else name,
        references=data.sources(),
        dataset=name,
        scattering=Scattering(source, target, detector),
        backgrounds=tuple(backgrounds.values()),
        strengths=(
            Strength("cevns_norm", "cevns", data.optional("systematics.signal", "1", None)),
            *(
                Strength(f"{part}_norm", part, data.optional(f"backgrounds.{part}.width", "1", None))
                for part in backgrounds
            ),
        ),
        term=PoissonCounts(np.zeros([len(edges) - 1 for edges in detector.axes.values()])),
        asimov=True,
    )
    _check_strengths(data, measurement)
    _check_size(data, measurement, detector)
    measurement = dataclasses.replace(measurement, declared=_nuisances(data, measurement))
    data.refuse_the_rest()
    return _expected(data, measurement, detector.energy)


def _name(data: Description) -> str:
    name = data.text("name")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
        raise data.fail("name", "letters, digits, points, hyphens and underscores", quoted(name))
    if len(name) > LONGEST_NAME:
        raise data.fail("name", f"at most {LONGEST_NAME} letters", f"{len(name)}")
    return name


def _title(data: Description) -> str:
    title = data.text("title")
    if len(title) > LONGEST_TITLE:
        raise data.fail("title", f"at most {LONGEST_TITLE} letters", len(title))
    return title


def _isotopes(data: Description, formula: str) -> dict[str, dict[str, float]]:
    """Return the shares of the isotopes that the description gives, by element and nuclide."""
    atoms, isotopes = parse_formula(formula), {}
    for name in data.names("target.isotopes"):
        key = f"target.isotopes.{name}"
        with data.at(key):
            element = nuclide(name).element
        if element not in atoms:
            raise data.fail(key, f"an isotope of an element of {formula} that has no mass number there", f"'{name}'")
        isotopes.setdefault(element, {})[name] = data.value(key, "fraction", zero=True, most=1.0)
    for shares in isotopes.values():
        if abs(sum(shares.values()) - 1.0) > SHARES:
            known = ", ".join(shares)
            raise data.fail("target.isotopes", f"a sum of 1 of {known}", f"{sum(shares.values()):.6g}")
    return isotopes


def _check_size(data: Description, measurement: Measurement, detector: BinnedDetector) -> None:
    """Raise DataError for too many bins, before memory is taken for them."""
    scattering, (bins, cells) = measurement.counted(), detector.shape
    if bins * cells > MOST_BINS:
        raise data.fail("binning", f"at most {MOST_BINS} bins of energy and time", f"{bins} × {cells}")
    pieces = detector.energy.pieces
    if bins * pieces > MOST_PARTS:
        raise data.fail("binning", f"at most {MOST_PARTS} parts of energy bins", f"{bins} × {pieces}")
    nodes = recoil_nodes(scattering.source, nuclei(scattering.target, combine()), detector, RECOIL_ORDER)
    size = detector.response(nodes.recoil, BIN_ORDER).width()
    if size > MOST_NUMBERS:
        what = f"{size:.2g} ({bins} bins of {pieces} parts, {nodes.recoil.size} recoil energies)"
        raise data.fail("binning", f"a response of at most {MOST_NUMBERS:.2g} numbers", what)


def _check_counts(data: Description, counts: Mapping[str, Float[Array, "..."]]) -> None:
    """Raise DataError for counts that no experiment has."""
    for component, expected in counts.items():
        total = float(np.sum(expected))
        if not total <= MOST_COUNTS:
            where = "source" if component == "cevns" else f"backgrounds.{component}"
            raise data.fail(where, f"at most {MOST_COUNTS:g} events", f"{total:.3g} of {component}")


def _narrow(data: Description, energy: EnergyDetector) -> str:
    """Return what to change where the resolution is too narrow for the nodes of the quadrature."""
    nominal, smearing = energy.nominal(), energy.smearing
    if smearing is None:
        raise data.fail("detector.resolution", "a resolution", "none")
    at = smearing.mean(energy.edges[1:2], nominal)
    width = float(smearing.deviation(at, nominal)[0])
    return f"a resolution wider than its {width:.2g} keV at {float(at[0]):.3g} keV"


def _expected(data: Description, measurement: Measurement, energy: EnergyDetector) -> Measurement:
    """Return `measurement` with the counts expected in the Standard Model, all parameters at their defaults.

    The signal is computed a second time with all quadrature nodes doubled: what it describes may be too narrow
    for the standard number.
    """
    interaction = combine()
    params = {p.name: p.default for p in (*interaction.parameters(), *measurement.parameters())}
    counts = component_counts(fold(measurement, interaction), params)
    _check_counts(data, counts)
    fine = component_counts(fold(measurement, interaction, 2 * RECOIL_ORDER, 2 * BIN_ORDER), params)["cevns"]
    largest = fine.max()
    if not (np.isfinite(largest) and largest > 0):
        raise data.fail("binning.energy", "bins that the signal reaches", "no signal in any of them")
    missed = float(np.max(np.abs(counts["cevns"] - fine) / np.maximum(fine, SMALL * largest)))
    if missed > ACCURACY:
        finer = component_counts(fold(measurement, interaction, RECOIL_ORDER, 2 * BIN_ORDER), params)["cevns"]
        parts = np.any(np.abs(finer - counts["cevns"]) > ACCURACY * np.maximum(fine, SMALL * largest))
        inaccuracy = (
            f"{missed:.1g} missed in a bin (it takes {_narrow(data, energy)}{', or more parts' if parts else ''})"
        )
        raise data.fail("binning", f"a signal that the quadrature gives to {ACCURACY:g}", inaccuracy)
    term = dataclasses.replace(measurement.term, observed=sum(np.asarray(part) for part in counts.values()))
    return dataclasses.replace(measurement, term=term)


# Source


def _source(data: Description) -> tuple[Source, float]:
    """Return the source and the live time [d]."""
    kinds: dict[str, Callable[[Description, float], Source]] = {
        "pion-decay-at-rest": _pion_decay,
        "reactor": _reactor,
        "solar": _solar,
        "atmospheric": lambda _, seconds: atmospheric_neutrinos(seconds),
        "table": _table,
    }
    build = kinds[data.one_of("source.kind", tuple(kinds))]
    seconds = data.value("source.live_time", TIMES)
    with data.at("source"):
        return build(data, seconds), seconds / SECONDS_PER_DAY


def _pion_decay(data: Description, seconds: float) -> Source:
    if data.has("source.protons_on_target"):
        protons = data.value("source.protons_on_target", "1")
    else:
        power = data.value("source.beam_power", "MW") * 1e6 * JOULE
        protons = seconds * power / (1e3 * data.value("source.proton_energy", "GeV"))
    per_proton = data.value("source.neutrinos_per_flavour_and_proton", "1")
    distance = data.value("source.distance", "m")
    return pion_decay_at_rest(per_proton, protons, distance, live_time=live_seconds(seconds))


def _reactor(data: Description, seconds: float) -> Source:
    model, days = data.one_of("source.model", tuple(MODELS)), seconds / SECONDS_PER_DAY
    shares = data.amounts("source.fission_fractions", "fraction", len(ISOTOPES))
    with data.at("source.fission_fractions"):
        fractions = fission_fractions(shares)
    captures = data.optional("source.captures_per_fission", "1", 0.0, zero=True)
    if data.has("source.flux"):
        fissions = fissions_of_flux(model, data.value("source.flux", "1/cm^2/s"), days, fractions, captures)
        return reactor(model, fissions, captures, live_time=LiveTime(days))
    power, distance = data.value("source.thermal_power", "GW"), data.value("source.distance", "m")
    fissions = fissions_of_power(power, distance, days, fractions)
    return reactor(model, fissions, captures, distance, live_time=LiveTime(days))


def _solar(data: Description, seconds: float) -> Source:
    return solar_neutrinos(seconds, (data.one_of("source.neutrinos", KINDS),))


def _table(data: Description, seconds: float) -> Source:
    """Return a source of tabulated fluxes: linear between energies, zero outside."""
    energies = data.bins("source.energy", "MeV", negative=False)
    components = []
    for flavour in data.names("source.flux"):
        key = f"source.flux.{flavour}"
        if flavour not in FLAVOURS:
            raise data.fail(key, f"one of {', '.join(FLAVOURS)}", f"'{flavour}'{suggest(flavour, FLAVOURS)}")
        density = data.amounts(key, "1/MeV/cm^2/s", len(energies))
        with data.at(key):
            flux, spectrum = tabulated(energies, density)
        components.append(Component(flavour, flux * seconds, spectrum))
    if not components:
        raise data.fail("source.flux", f"the flux of one of {', '.join(FLAVOURS)} or more", "none")
    return Source(tuple(components), live_time=live_seconds(seconds))


# Detector


def _detector(data: Description, source: Source) -> BinnedDetector:
    unit = data.one_of("detector.unit", ("PE", "keV"))
    parts = data.optional("binning.parts", "1", 1.0, most=1000.0)
    if parts != int(parts):
        raise data.fail("binning.parts", "a whole number", f"{parts:g}")
    energy = EnergyDetector(
        edges=data.bins("binning.energy", unit, negative=unit == "keV"),
        quenching=_quenching(data),
        smearing=_smearing(data, unit),
        efficiency=_efficiency(data, unit),
        unit=unit,
        pieces=int(parts),
    )
    with data.at("detector"):
        for parameter in energy.parameters():
            parameter.check(parameter.default)
    return BinnedDetector(energy, *_spread(data, source))


def _quenching(data: Description) -> Quenching:
    kind = data.one_of("detector.quenching.kind", ("polynomial", "lindhard", "table"))
    if kind == "polynomial":
        key = "detector.quenching.coefficients"
        powers = data.length(key)
        if powers > 6:
            raise data.fail(key, "six numbers at most", powers)
        units = ["1", "1/MeV", *(f"1/MeV^{k}" for k in range(2, len(LETTERS)))][: max(powers, 1)]
        return PolynomialQuenching(data.values(key, units), np.zeros((0, len(units))))
    if kind == "lindhard":
        nuclei = target_of(data.text("target.formula"), 1.0, "unity").nuclides
        element, *others = {nucleus.element for nucleus in nuclei}
        if others:
            raise data.fail("detector.quenching.kind", "polynomial or table for a compound", "'lindhard'")
        k = data.value("detector.quenching.k", "1", most=1.0)
        width = data.optional("detector.quenching.width", "1", None)
        return LindhardQuenching(element, nuclei[0].protons, k, width)
    recoil = data.bins("detector.quenching.recoil", "keV", negative=False)
    return TabulatedQuenching(1e-3 * recoil, data.amounts("detector.quenching.factor", "1", len(recoil)))


def _smearing(data: Description, unit: str) -> Smearing:
    if data.one_of("detector.resolution.kind", ("gamma",) if unit == "PE" else ("gaussian",)) == "gamma":
        light_yield = data.value("detector.resolution.light_yield", "PE/keV")
        return GammaSmearing(1.0 / light_yield, light_yield * data.value("detector.resolution.shape", "1/PE"))
    noise = data.value("detector.resolution.noise", "keV", zero=True)
    slope = data.value("detector.resolution.slope", "keV", zero=True)
    if noise == slope == 0:
        raise data.fail("detector.resolution", "noise or slope that is not 0", "0 of both")
    return GaussianSmearing(noise, slope, data.optional("detector.resolution.minimum", "keV", 0.0, zero=True))


def _efficiency(data: Description, unit: str) -> Efficiency:
    kind = data.one_of("detector.efficiency.kind", ("unity", "logistic", "sigmoid", "table"))
    if kind == "unity":
        return UnitEfficiency()
    key, units = "detector.efficiency.coefficients", ["1", f"1/{unit}", unit, "1"]
    if kind == "logistic":
        coefficients = data.values(key, units)
        a, b, c, d = coefficients
        if not (a > -d > 0 and b > 0 and c > 0):
            raise data.fail(key, "a > -d > 0, b > 0 and c > 0", coefficients.tolist())
        if a + d > 1:
            raise data.fail(key, "a plateau a + d of at most 1", f"{a + d:.6g}")
        return LogisticEfficiency(coefficients, np.zeros(4), unit)
    if kind == "sigmoid":
        coefficients = data.values(key, units[:3])
        if not np.all(coefficients > 0):
            raise data.fail(key, "positive numbers a, b, c", coefficients.tolist())
        return SigmoidEfficiency(coefficients, unit)
    points = data.bins("detector.efficiency.energy", unit)
    fractions = data.amounts("detector.efficiency.fraction", "1", len(points), most=1.0)
    lowest = data.optional("detector.efficiency.threshold", unit, -np.inf, zero=True)
    return TabulatedEfficiency(points, fractions, lowest)


# Time


def _spread(
    data: Description, source: Source
) -> tuple[Stage, dict[str, Float[np.ndarray, " edge"]], tuple[Parameter, ...]]:
    """Return how the events are spread over the time bins, these, and the parameters of the spread."""
    if not data.has("binning.time"):
        return Constant(np.ones((len(source.components), 1))), {}, ()
    kind = data.text("source.kind")
    if kind != "pion-decay-at-rest":
        raise data.fail("binning.time", "no time bins but for pion-decay-at-rest", f"a source of kind '{kind}'")
    edges = data.bins("binning.time", "us")
    if edges[-1] <= 0:
        raise data.fail("binning.time", "bins that end after 0", f"{edges[-1]:g}")
    falls = data.has("time.efficiency_onset") or data.has("time.efficiency_rate")
    window = TimeWindow(
        edges=edges,
        onset=data.value("time.efficiency_onset", "us", zero=True, most=float(edges[-1])) if falls else 0.0,
        rate=data.value("time.efficiency_rate", "1/us", most=1.0) if falls else 0.0,
    )
    spread = window.binned(_arrivals(data), "time_shift_nu")
    return spread, {TIME_AXIS: edges}, (*window.parameters(), time_shift("time_shift_nu", "the neutrinos"))


def _arrivals(data: Description) -> ArrivalTimes:
    if data.one_of("time.pulse", ("gaussian", "sns-2021")) == "gaussian":
        return pulsed_decays(
            data.value("time.mean", "us", negative=True), data.value("time.width", "us", most=LONGEST_PULSE)
        )
    low, high, nu_e, nu_mu, nu_mu_bar = DataFile("coherent_csi_2021/measurement.toml").table("arrival_times")
    return arrival_times(np.append(low, high[-1]), np.array([nu_mu, nu_e, nu_mu_bar]))


# Backgrounds and systematics


def _background(data: Description, name: str, detector: BinnedDetector, exposure: float) -> Stage:
    """Return a background: counts in each energy bin, or a rate in an `exposure` [kg day], or a total with a shape."""
    key, edges, unit = f"backgrounds.{name}", detector.energy.edges, detector.energy.unit
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise data.fail(key, "a name of lower-case letters, digits and underscores", f"'{name}'")
    given = [entry for entry in ("counts", "rate", "total") if data.has(f"{key}.{entry}")]
    if len(given) != 1:
        raise data.fail(key, "one of counts, rate and total", " and ".join(given) or "none of them")
    if given == ["counts"]:
        energy = data.amounts(f"{key}.counts", "counts", len(edges) - 1)
    elif given == ["rate"]:
        if unit != "keV":
            raise data.fail(f"{key}.rate", "counts or total, as the bins are not in keV", "a rate")
        rate = data.value(f"{key}.rate", "1/keV/kg/day", zero=True)
        duty = data.optional(f"{key}.duty_factor", "1", 1.0, most=1.0)
        energy = rate * exposure * duty * np.diff(edges)
    else:
        shape = data.one_of(f"{key}.energy", ("flat", "exponential"))
        share = (
            _flat(edges) if shape == "flat" else exponential_shape(edges, 1.0 / data.value(f"{key}.energy_scale", unit))
        )
        energy = data.value(f"{key}.total", "counts", zero=True) * share
    if not detector.others:
        return Constant(energy)
    return Background(energy, Constant(_time_shape(data, key, detector)[None, :]))


def _flat(edges: Float[np.ndarray, " edge"]) -> Float[np.ndarray, " bin"]:
    return np.diff(edges) / (edges[-1] - edges[0])


def _time_shape(data: Description, key: str, detector: BinnedDetector) -> Float[np.ndarray, " cell"]:
    edges = detector.others[TIME_AXIS]
    kinds = ("flat", "exponential", "prompt")
    kind = data.one_of(f"{key}.time", kinds) if data.has(f"{key}.time") else "flat"
    if kind == "flat":
        return _flat(edges)
    if kind == "exponential":
        return exponential_shape(edges, data.value(f"{key}.time_rate", "1/us"))
    prompt = detector.spread({p.name: p.default for p in detector.spread_parameters})[0]
    if not prompt.sum() > 0:
        raise data.fail(f"{key}.time", "time bins that the prompt neutrinos reach", "none of them there")
    return prompt / prompt.sum()


def _check_strengths(data: Description, measurement: Measurement) -> None:
    """Raise DataError for a background whose strength would have the name of another parameter."""
    others = {
        SNS_FLUX,
        "cevns_norm",
        *measurement.counted().group_strengths("cevns_norm"),
        *(p.name for p in (*combine().parameters(), *measurement.counted().target.parameters())),
        *(p.name for p in measurement.counted().detector.parameters()),
    }
    for strength in measurement.strengths[1:]:
        if strength.parameter in others:
            key = f"backgrounds.{strength.component}"
            raise data.fail(key, f"a name other than that of '{strength.parameter}'", f"'{strength.component}'")


def _nuisances(data: Description, measurement: Measurement) -> tuple[Parameter, ...]:
    """Return the parameters that the description gives another default, or a Gaussian uncertainty about the default."""
    strengths = {strength.parameter for strength in measurement.strengths}
    known = {p.name: p for p in measurement.parameters() if p.name not in strengths}
    changed: dict[str, Parameter] = {}
    for section in ("defaults", "uncertainties"):
        for name in data.names(section):
            key = f"{section}.{name}"
            if name in strengths:
                raise data.fail(key, "systematics.signal or the width of a background for a strength", f"'{name}'")
            if name not in known:
                raise data.fail(key, "a parameter of this experiment", f"'{name}'{suggest(name, known)}")
            parameter = changed.get(name, known[name])
            value, prior = data.value(key, parameter.unit, negative=section == "defaults"), parameter.constraint
            if section == "uncertainties":
                changed[name] = dataclasses.replace(parameter, constraint=Gaussian(parameter.default, value))
                continue
            with data.at(key):
                parameter.check(value)
            moved = None if prior is None else Gaussian(value, prior.width)
            changed[name] = dataclasses.replace(parameter, default=value, constraint=moved)
    return tuple(changed.values())
