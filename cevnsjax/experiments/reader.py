"""An experiment from its folder: source, target, detector, backgrounds, nuisances, and what was observed.

The kinds that may stand in the tables of a document are in ``kinds/``. What a document does not need may be left out;
other entries raise DataError. Without ``[data]`` the observed counts are those expected in the Standard Model (an
Asimov data set).
"""

import dataclasses
import fnmatch
import math
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numpy as np

from .._base.data_files import quoted
from .._base.errors import suggest
from .._base.typing import Array, Float
from ..detectors.energy import EnergyDetector
from ..detectors.response import BinnedDetector, Detector
from ..detectors.time import TIME_EFFICIENCY
from ..folding.fold import BIN_ORDER, fold
from ..folding.nodes import RECOIL_ORDER, recoil_nodes
from ..folding.prediction import component_counts
from ..folding.scatterers import nuclei
from ..interactions.combination import combine
from ..measuring.measurement import Measurement, Scattering
from ..measuring.terms.gaussian import GaussianNumbers
from ..measuring.terms.poisson import PoissonCounts
from ..nuclei.choice import FormFactorChoice, form_factors
from ..parameters.parameter import Gaussian, Parameter
from ..parameters.strengths import SNS_FLUX, Part, Strength
from ..sources.live_time import SECONDS_PER_DAY
from ..sources.solar import b8_flux_norm
from ..stages.products import Joined, SpreadProduct
from ..stages.stage import Constant, Stage
from .document import Document
from .kinds import read
from .kinds.backgrounds import included
from .kinds.events import NOT_AXES
from .kinds.kind import NONE, axis_unit
from .kinds.setting import ENERGY, Setting
from .kinds.shapes import moved
from .runs import joined_runs

LONGEST_NAME, LONGEST_TITLE = 64, 200
"""Letters of a name and of a title."""
MOST_BINS, MOST_PARTS, MOST_NUMBERS = 2_000_000, 50_000, 20_000_000
"""Bins of all axes, parts of energy bins, and numbers of a response (some 60 B each) that are folded."""
MOST_COUNTS = 1e15
"""Events of a component up to which a document is accepted: a float still counts these singly."""
ACCURACY = 1e-6
"""Largest part of a bin's signal that the quadrature may miss, of bins with more than `SMALL` of the largest."""
SMALL = 1e-3
SIGNALS = {"nucleus": "cevns", "electron": "es"}
"""The signal by what recoils."""
LAST = (
    *("title", "cited", "summary", "default_variant", "dataset", "defaults", "uncertainties", "binning.parts"),
    *("signal.width", "signal.parts", "signal.excluded", "signal.scales"),
)
"""Entries that are read after the name, and tables that are read when all others are built."""
PARTS = "parts"
"""In place of the width of the signal: its parts in quadrature."""
SCALES = {"b8_flux_norm": b8_flux_norm}
"""Parameters with priors of their own that may multiply a signal."""
Made = TypeVar("Made")


def experiment(data: Document, form_factor: FormFactorChoice, name: str | None = None) -> Measurement:
    """Return the experiment of a document, with its faults collected in it; `name` replaces that in the document."""
    header = _attempt(data, lambda: _header(data))
    build = _measured_numbers if data.holds("measured") else _in_runs if data.has("runs") else _counted
    measurement = _attempt(data, lambda: build(data, header or {}, form_factor))
    data.collect_idle()
    if data.problems:
        data.leave(*_read_last(data))
    data.overridden("runs").refuse_the_rest()
    data.raise_problems()
    assert measurement is not None
    if name is not None:
        measurement = dataclasses.replace(measurement, name=name)
    return _expected(data, measurement) if measurement.asimov else measurement


def _attempt(data: Document, make: Callable[[], Made]) -> Made | None:
    """Return what is made, or None where a fault was found, which is collected."""
    with data.collecting():
        return make()
    return None


def _read_last(data: Document) -> list[str]:
    """Return the entries that are read after all tables: a fault before them leaves them unread."""
    known = data.names("binning") if isinstance(data.raw("binning"), dict) else []
    axes = [f"{table}.{axis}" for table in ("signal", "binning") for axis in known]
    strengths = [f"backgrounds.{name}.width" for name in data.names("backgrounds")]
    unknown = [] if axes else ["signal", "backgrounds"]
    return [*LAST, *axes, *strengths, *unknown]


def _header(data: Document) -> dict[str, Any]:
    """Return what the experiment is called, and what to cite."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name := data.text("name")):
        raise data.fail("name", "letters, digits, points, hyphens and underscores", quoted(name))
    if len(name) > LONGEST_NAME:
        raise data.fail("name", f"at most {LONGEST_NAME} letters", f"{len(name)}")
    title = data.text("title") if data.has("title") else name
    if len(title) > LONGEST_TITLE:
        raise data.fail("title", f"at most {LONGEST_TITLE} letters", len(title))
    known = data.sources()
    cited = data.texts("cited") if data.has("cited") else tuple(known)
    for k, key in enumerate(cited):
        if key not in known:
            raise data.fail(f"cited[{k}]", "a key of [sources]", f"'{key}'{suggest(key, known)}")
    for entry in ("summary", "default_variant"):
        if data.has(entry):
            data.text(entry)
    dataset = data.text("dataset") if data.has("dataset") else name
    return {"name": name, "title": title, "references": tuple(known[key] for key in cited), "dataset": dataset}


# Measured numbers


def _measured_numbers(data: Document, header: Mapping[str, Any], form_factor: FormFactorChoice) -> Measurement:
    form_factors(form_factor).of(())  # a density of the user's is of no use
    made = [
        _attempt(data, lambda key=key: read(data, "measured", f"measured.{key}").build())
        for key in data.names("measured")
    ]
    if not made:
        raise data.fail("measured", "a table for each number", "none")
    data.stop_at_problems()
    found = [number for number in made if number is not None]
    declared = {parameter.name: parameter for number in found for parameter in number.parameters}
    params = {parameter.name: parameter.default for parameter in declared.values()}
    for key, number in zip(data.names("measured"), found, strict=True):
        if not np.all(np.isfinite(np.asarray(number.prediction(params)))):
            raise data.fail(f"measured.{key}", "a finite prediction", "none with these numbers")
    prediction = found[0].prediction if len(found) == 1 else Joined(tuple(number.prediction for number in found))
    return Measurement(
        **header,
        labels=tuple(number.label for number in found),
        prediction=prediction,
        term=GaussianNumbers(
            np.array([number.value for number in found]), np.array([number.error for number in found])
        ),
        declared=tuple(declared.values()),
    )


# Counts


def _in_runs(data: Document, header: Mapping[str, Any], form_factor: FormFactorChoice) -> Measurement:
    """Return an experiment of several runs, each with entries of its own in place of those that are common."""
    names, common = data.names("runs"), data.overridden("runs")
    if not names:
        raise data.fail("runs", "a table for each run", "none")
    runs = [_attempt(data, lambda n=n: _counted(data.overridden("runs", n), header, form_factor)) for n in names]
    if data.problems:
        data.leave(*_read_last(data))
    for name in names:
        data.overridden("runs", name).refuse_the_rest()
    common.stop_at_problems()
    return joined_runs(data, names, [run for run in runs if run is not None])


def _counted(data: Document, header: Mapping[str, Any], form_factor: FormFactorChoice) -> Measurement:
    """Return an experiment that counts; each table is read before any is built, so that all faults are found."""
    source, target, detector = (_attempt(data, lambda t=t: _table(data, t)) for t in ("source", "target", "detector"))
    backgrounds = {
        key: _attempt(data, lambda key=key: _background_table(data, key))
        for key in data.names("backgrounds")
        if data.raw(f"backgrounds.{key}") != NONE
    }
    shapes = {
        key: _attempt(data, lambda key=key: read(data, "shape nuisance", f"shapes.{key}", "templates"))
        for key in data.names("shapes")
        if data.raw(f"shapes.{key}") != NONE
    }
    observed = _attempt(data, lambda: read(data, "data", "data", _data_kind(data))) if data.has("data") else None
    axes, units = _attempt(data, lambda: _axes(data, detector)) or ({}, {})
    data.stop_at_problems()
    if source is None or target is None or detector is None:  # a fault of each is collected
        raise AssertionError
    seconds = source.of.live_time if target.of.exposure is None else target.of.unit_time(target.place)
    made = _attempt(data, lambda: target.of.build(target.place, form_factor))
    mass = target.of.amount(target.place)
    flux = _attempt(data, lambda: source.build(seconds, mass))
    data.stop_at_problems()
    if made is None or flux is None:
        raise AssertionError
    setting = Setting(flux, made, axes, units, None if seconds is None else mass * seconds / SECONDS_PER_DAY)
    scattering, setting, spread = _scattering(data, detector, setting)
    backgrounds = {key: found for key, found in backgrounds.items() if found is not None}
    ready = {
        key: table.build(setting, _shapes_along(entries, setting)) for key, (table, entries) in backgrounds.items()
    }
    signal = SIGNALS[getattr(detector.of, "recoils", "nucleus")]
    components = (signal, *ready)
    stages = {key: _without(data, key, backgrounds[key][0], ready) for key in ready}
    nuisances = [p for background in ready.values() for p in background.parameters]
    scattering, stages, moved = _shape_nuisances(data, shapes, scattering, stages, setting, signal)
    zero = PoissonCounts(np.zeros(setting.shape))
    term = zero if observed is None else observed.build(setting, components)
    signal_strength, declared = _signal(data, signal, setting, scattering)
    measurement = Measurement(
        **header,
        scattering=scattering,
        backgrounds=tuple(stages.values()),
        strengths=(signal_strength, *(_strength(data, key, stages[key]) for key in stages)),
        term=term,
        declared=tuple({p.name: p for p in (*spread, *nuisances, *moved, *declared)}.values()),
        asimov=observed is None,
    )
    _check_strengths(data, measurement)
    _check_names(data, measurement, ready)
    _check_backgrounds(data, measurement)
    _check_size(data, measurement)
    return dataclasses.replace(measurement, declared=_nuisances(data, measurement))


def _table(data: Document, name: str) -> Any:
    return read(data, name, name, {"target": "substance", "detector": "bins"}.get(name))


def _data_kind(data: Document) -> str:
    return next(
        (kind for kind, entry in (("events", "events"), ("limit", "limit")) if data.holds(f"data.{entry}")), "counts"
    )


def _axes(data: Document, detector: Any) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Return the edges of the bins of each axis, and its unit: of ``[binning]``, or as the detector has them."""
    if detector is not None and hasattr(detector.of, "axes"):
        own = detector.of.axes(detector.place)
        return own, dict.fromkeys(own, "1")
    others = [name for name in data.names("binning") if name not in (*NOT_AXES, ENERGY)]
    names = [ENERGY, *others]
    units = {name: axis_unit(data, name) for name in names}
    return {name: data.bins(f"binning.{name}", unit, negative=unit != "PE") for name, unit in units.items()}, units


def _scattering(data: Document, detector: Any, setting: Setting) -> tuple[Scattering, Setting, tuple[Parameter, ...]]:
    """Return source, target and detector, and the setting with what they fix for the backgrounds."""
    parts = data.value("binning.parts", "1", most=1000.0) if data.has("binning.parts") else 1.0
    if parts != int(parts):
        raise data.fail("binning.parts", "a whole number", f"{parts:g}")
    edges = next(iter(setting.axes.values()))
    setting = dataclasses.replace(setting, detector=detector.of)
    energy = detector.build(setting.target, edges, int(parts))
    recoils = getattr(detector.of, "recoils", "nucleus")
    if isinstance(energy, Detector):
        if energy.shape != (setting.shape[0], math.prod(setting.shape[1:])):
            raise data.fail("binning", "an energy axis alone with this detector", ", ".join(setting.axes))
        seen = dataclasses.replace(setting, parameters=tuple(p.name for p in energy.parameters()))
        return Scattering(setting.source, setting.target, energy, recoils), seen, ()
    spread, parameters = _spread(data, setting)
    whole = BinnedDetector(
        energy=energy,
        spread=spread,
        others={setting.label(axis): edges for axis, edges in setting.axes.items() if axis != ENERGY},
        spread_parameters=parameters,
    )
    shares = np.asarray(spread({p.name: p.default for p in parameters}))
    timed = {p.name for p in parameters} >= set(TIME_EFFICIENCY)
    prompt = shares[0] if len(setting.axes) == 2 else None
    names = tuple(p.name for p in whole.parameters())
    seen = dataclasses.replace(setting, energy=energy, prompt=prompt, time_efficiency=timed, parameters=names)
    return Scattering(setting.source, setting.target, whole, recoils), seen, ()


def _spread(data: Document, setting: Setting) -> tuple[Stage, tuple[Parameter, ...]]:
    """Return how the signal is spread over the axes beside the energy, and the parameters of it."""
    flavours = len(setting.source.flavours)
    stages, parameters = list[Stage](), list[Parameter]()
    for axis in (axis for axis in setting.axes if axis != ENERGY):
        if not data.has(f"signal.{axis}") and setting.source.groups[0] is not None:
            raise data.fail(f"signal.{axis}", "a table of how the signal is spread over this axis", "no such entry")
        if data.has(f"signal.{axis}"):
            stage, own = read(data, "spread", f"signal.{axis}").build(setting)
        else:
            edges = setting.axes[axis]
            stage, own = Constant(np.tile(np.diff(edges) / np.ptp(edges), (flavours, 1))), ()
        stages.append(stage)
        parameters += own
    if data.has("signal.excluded"):
        excluded = data.bins("signal.excluded", setting.units[ENERGY])
        kept = included(setting.axes[ENERGY], excluded)
        stages.insert(0, Constant(np.tile(kept[None, :, None], (flavours, 1, 1))))
    if not stages:
        return Constant(np.ones((flavours, 1))), ()
    if not any(stage.parameters() for stage in stages) and len(stages) > 1:
        return Constant(SpreadProduct(tuple(stages))({})), tuple(parameters)
    return stages[0] if len(stages) == 1 else SpreadProduct(tuple(stages)), tuple(parameters)


# Backgrounds


BY_ENTRY = {"counts": "counts", "events": "counts", "rate": "rate", "total": "total"}
"""Kinds of backgrounds by the entry that they have."""


def _background_table(data: Document, name: str) -> tuple[Any, dict[str, Any]]:
    """Return what stands in the table of a background, and in those of its shapes along axes."""
    key = f"backgrounds.{name}"
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        data.leave(key)
        raise data.fail(key, "a name of lower-case letters, digits and underscores", f"'{name}'")
    given = list(dict.fromkeys(BY_ENTRY[entry] for entry in BY_ENTRY if data.holds(f"{key}.{entry}")))
    shapes = {
        axis: _attempt(data, lambda axis=axis: read(data, "shape", f"{key}.{axis}"))
        for axis in data.names("binning")
        if axis not in NOT_AXES and data.has(f"{key}.{axis}")
    }
    if not data.holds(f"{key}.kind") and len(given) != 1 and not (not given and _in_counts(shapes)):
        data.leave(key)
        raise data.fail(key, "one of counts, rate and total", " and ".join(given) or "none of them")
    return read(data, "background", key, given[0] if given else "total"), shapes


def _without(data: Document, name: str, table: Any, made: Mapping[str, Any]) -> Stage:
    """Return the stage of a background less the others that its counts contain."""
    stage = made[name].stage
    for k, other in enumerate(getattr(table.of, "without", ())):
        if other not in made or other == name or stage.array is None or made[other].stage.array is None:
            known = ", ".join(key for key in made if key != name and made[key].stage.array is not None)
            expected = f"a background without parameters{f' ({known})' if known else ''}"
            raise data.fail(f"backgrounds.{name}.without[{k}]", expected, f"'{other}'")
        stage = Constant(stage.array - made[other].stage.array)
    return stage


def _in_counts(shapes: Mapping[str, Any]) -> bool:
    """Return whether a shape is in counts, or may be as it could not be read."""
    return any(
        s is None or getattr(s.of, "in_counts", "no") == "yes" or getattr(s.of, "counts", None) is not None
        for s in shapes.values()
    )


def _shapes_along(entries: Mapping[str, Any], setting: Setting) -> dict[str, Any]:
    return {axis: shape.build(setting) for axis, shape in entries.items()}


# Strengths and nuisances


def _width(data: Document, key: str) -> float | None:
    return None if data.raw(key) == NONE else data.optional(key, "1", None)


def _strength(data: Document, name: str, stage: Stage) -> Strength:
    return Strength(f"{name}_norm", name, _width(data, f"backgrounds.{name}.width"))


def _signal(
    data: Document, signal: str, setting: Setting, scattering: Scattering
) -> tuple[Strength, tuple[Parameter, ...]]:
    """Return the strength of the signal, with the parts of its width, and the parameters that scale it."""
    known = [p.name for p in (*setting.target.parameters(), *scattering.detector.parameters())]
    parts = []
    for name in data.names("signal.parts"):
        key = f"signal.parts.{name}"
        if data.raw(key) == NONE:
            continue
        patterns = data.texts(f"{key}.covers") if data.has(f"{key}.covers") else ()
        covered = [parameter for pattern in patterns for parameter in fnmatch.filter(known, pattern)]
        shared = data.one_of(f"{key}.shared", (SNS_FLUX,)) if data.has(f"{key}.shared") else None
        parts.append(Part(frozenset(covered), data.value(f"{key}.width", "1"), shared))
    scales = data.texts("signal.scales") if data.has("signal.scales") else ()
    for k, scale in enumerate(scales):
        if scale not in SCALES or scale in scales[:k]:
            raise data.fail(f"signal.scales[{k}]", f"one of {', '.join(SCALES)}", f"'{scale}'")
    quadrature = data.raw("signal.width") == PARTS
    if quadrature and not parts:
        raise data.fail("signal.width", "parts for the width 'parts', in signal.parts", "none")
    width = math.hypot(*(part.width for part in parts)) if quadrature else _width(data, "signal.width")
    if width is not None and math.fsum(part.width**2 for part in parts) > width**2 * (1 + 1e-9):
        raise data.fail("signal.width", "a width of at least all its parts in quadrature", f"{width:g}")
    return Strength(f"{signal}_norm", signal, width, tuple(parts), scales), tuple(SCALES[scale]() for scale in scales)


def _shape_nuisances(
    data: Document,
    shapes: Mapping[str, Any],
    scattering: Scattering,
    stages: Mapping[str, Stage],
    setting: Setting,
    signal: str,
) -> tuple[Scattering, dict[str, Stage], list[Parameter]]:
    """Return the components with the nuisances that change their shapes."""
    moved_stages, known = dict(stages), (signal, *stages)
    by_component: dict[str, dict[str, Any]] = {}
    for name, table in shapes.items():
        component = table.of.component
        if component not in known:
            found = f"'{component}'{suggest(component, known)}"
            raise data.fail(f"shapes.{name}.component", f"one of {', '.join(known)}", found)
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
            raise data.fail(f"shapes.{name}", "a name of lower-case letters, digits and underscores", f"'{name}'")
        by_component.setdefault(component, {})[name] = table
    for component, tables in by_component.items():
        with data.at(f"shapes.{next(iter(tables))}"):
            if component != signal:
                moved_stages[component] = moved(stages[component], tables, setting, setting.shape)
                continue
            detector = scattering.detector
            if not isinstance(detector, BinnedDetector):
                key = f"shapes.{next(iter(tables))}.component"
                raise data.fail(key, "a detector of kind bins for a shape of the signal", "another")
            spread = moved(SpreadProduct((detector.spread,), detector.shape[0]), tables, setting, detector.shape)
            scattering = dataclasses.replace(scattering, detector=dataclasses.replace(detector, spread=spread))
    return scattering, moved_stages, [table.of.parameter(name) for name, table in shapes.items()]


def _check_strengths(data: Document, measurement: Measurement) -> None:
    """Raise DataError for a background whose strength would have the name of another parameter."""
    signal = measurement.strengths[0].parameter
    others = {
        SNS_FLUX,
        signal,
        *measurement.counted().group_strengths(signal),
        *(p.name for p in (*combine().parameters(), *measurement.counted().target.parameters())),
        *(p.name for p in measurement.counted().detector.parameters()),
    }
    for strength in measurement.strengths[1:]:
        if strength.parameter in others:
            key = f"backgrounds.{strength.component}"
            raise data.fail(key, f"a name other than that of '{strength.parameter}'", f"'{strength.component}'")


def _check_names(data: Document, measurement: Measurement, backgrounds: Mapping[str, Any]) -> None:
    """Raise DataError for a nuisance of the document that has the name of another parameter."""
    axes = [f"backgrounds.{name}.{axis}" for name in backgrounds for axis in data.names("binning")]
    tables = [f"backgrounds.{name}" for name in backgrounds] + axes
    taken = {
        *(strength.parameter for strength in measurement.strengths),
        *(p.name for p in (*combine().parameters(), *measurement.counted().target.parameters())),
        *(p.name for p in measurement.counted().detector.parameters()),
    }
    made = dict[str, Parameter]()
    for name, background in backgrounds.items():
        for parameter in background.parameters:
            if made.setdefault(parameter.name, parameter) != parameter:
                raise data.fail(f"backgrounds.{name}", f"one '{parameter.name}' in all backgrounds", "another")
    for section in ("shapes", *(f"{table}.{part}" for table in tables for part in ("variations", "coefficients"))):
        for name in data.names(section):
            if name in taken and data.raw(f"{section}.{name}") != NONE:
                raise data.fail(f"{section}.{name}", "a name that no other parameter has", f"'{name}'")


def _check_backgrounds(data: Document, measurement: Measurement) -> None:
    """Raise DataError for a background that is no number in a bin, all parameters at their defaults."""
    params = {p.name: p.default for p in measurement.parameters()}
    for strength, stage in zip(measurement.strengths[1:], measurement.backgrounds, strict=True):
        key = f"backgrounds.{strength.component}"
        key = f"{key}.formula" if data.holds(f"{key}.formula") else key
        with np.errstate(all="ignore"):
            try:
                finite = bool(np.all(np.isfinite(np.asarray(stage(params)))))
            except (OverflowError, ZeroDivisionError):
                finite = False
        if not finite:
            raise data.fail(key, "a finite number of events in each bin, at the defaults", "others")


def _nuisances(data: Document, measurement: Measurement) -> tuple[Parameter, ...]:
    """Return the declared parameters with the defaults and Gaussian uncertainties that the document gives others."""
    strengths = {strength.parameter for strength in measurement.strengths}
    known = {p.name: p for p in measurement.parameters() if p.name not in strengths}
    changed = {parameter.name: parameter for parameter in measurement.declared}
    for section in ("defaults", "uncertainties"):
        for name in data.names(section):
            key = f"{section}.{name}"
            if name in strengths:
                raise data.fail(key, "signal.width or the width of a background for a strength", f"'{name}'")
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


# What is expected


def _check_size(data: Document, measurement: Measurement) -> None:
    """Raise DataError for too many bins, before memory is taken for them."""
    scattering, bins = measurement.counted(), math.prod(measurement.shape)
    if bins > MOST_BINS:
        raise data.fail("binning", f"at most {MOST_BINS} bins of all axes", " × ".join(map(str, measurement.shape)))
    detector = scattering.detector
    pieces = detector.energy.pieces if isinstance(detector, BinnedDetector) else 1
    if detector.shape[0] * pieces > MOST_PARTS:
        raise data.fail("binning", f"at most {MOST_PARTS} parts of energy bins", f"{detector.shape[0]} × {pieces}")
    if scattering.recoils == "electron":
        return
    with np.errstate(invalid="ignore", divide="ignore"):
        nodes = recoil_nodes(scattering.source, nuclei(scattering.target, combine()), detector, RECOIL_ORDER)
    if not np.all(np.isfinite(nodes.recoil)):
        raise data.fail("binning.energy", "bins that the signal reaches", "none of them")
    size = detector.response(nodes.recoil, BIN_ORDER).width()
    if size > MOST_NUMBERS:
        what = f"{size:.2g} ({detector.shape[0]} bins of {pieces} parts, {nodes.recoil.size} recoil energies)"
        raise data.fail("binning", f"a response of at most {MOST_NUMBERS:.2g} numbers", what)


def _check_counts(data: Document, counts: Mapping[str, Float[Array, "..."]]) -> None:
    """Raise DataError for counts that no experiment has."""
    for component, expected in counts.items():
        total = float(np.sum(expected))
        if not total <= MOST_COUNTS:
            where = "source" if component in SIGNALS.values() else f"backgrounds.{component}"
            raise data.fail(where, f"at most {MOST_COUNTS:g} events", f"{total:.3g} of {component}")


def _narrow(data: Document, energy: EnergyDetector) -> str:
    """Return what to change where the resolution is too narrow for the nodes of the quadrature."""
    nominal, smearing = energy.nominal(), energy.smearing
    if smearing is None:
        raise data.fail("detector.resolution", "a resolution", "none")
    at = smearing.mean(energy.edges[1:2], nominal)
    width = float(smearing.deviation(at, nominal)[0])
    return f"a resolution wider than its {width:.2g} keV at {float(at[0]):.3g} keV"


def _expected(data: Document, measurement: Measurement) -> Measurement:
    """Return `measurement` with the counts expected in the Standard Model, all parameters at their defaults.

    The signal is computed a second time with all quadrature nodes doubled: what it describes may be too narrow
    for the standard number.
    """
    interaction, signal = combine(), measurement.components[0]
    params = {p.name: p.default for p in (*interaction.parameters(), *measurement.parameters())}
    with np.errstate(invalid="ignore", divide="ignore"):
        counts = component_counts(fold(measurement, interaction), params)
        fine = component_counts(fold(measurement, interaction, 2 * RECOIL_ORDER, 2 * BIN_ORDER), params)[signal]
    _check_counts(data, counts)
    largest = fine.max()
    if not (np.isfinite(largest) and largest > 0):
        raise data.fail("binning.energy", "bins that the signal reaches", "no signal in any of them")
    missed = float(np.max(np.abs(counts[signal] - fine) / np.maximum(fine, SMALL * largest)))
    if missed > ACCURACY:
        finer = component_counts(fold(measurement, interaction, RECOIL_ORDER, 2 * BIN_ORDER), params)[signal]
        parts = np.any(np.abs(finer - counts[signal]) > ACCURACY * np.maximum(fine, SMALL * largest))
        detector = measurement.counted().detector
        narrow = _narrow(data, detector.energy) if isinstance(detector, BinnedDetector) else "a wider resolution"
        inaccuracy = f"{missed:.1g} missed in a bin (it takes {narrow}{', or more parts' if parts else ''})"
        raise data.fail("binning", f"a signal that the quadrature gives to {ACCURACY:g}", inaccuracy)
    term = measurement.term.expecting([np.asarray(part) for part in counts.values()])
    return dataclasses.replace(measurement, term=term)
