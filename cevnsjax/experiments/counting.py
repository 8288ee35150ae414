"""An experiment that counts: source, target, detector, backgrounds, nuisances, and what was observed."""

import dataclasses
import math
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..detectors.response import BinnedDetector, Detector
from ..detectors.time import TIME_EFFICIENCY
from ..measuring.measurement import Measurement, Scattering
from ..measuring.terms.poisson import PoissonCounts
from ..nuclei.choice import FormFactorChoice
from ..parameters.parameter import Parameter
from ..sources.live_time import SECONDS_PER_DAY
from ..stages.products import SpreadProduct
from ..stages.stage import Constant, Stage
from .document import Document
from .expectation import SIGNALS, check_size
from .kinds import read
from .kinds.backgrounds import included
from .kinds.events import NOT_AXES
from .kinds.kind import NONE, axis_unit
from .kinds.setting import ENERGY, Setting
from .nuisances import (
    background_strength,
    check_backgrounds,
    check_names,
    check_strengths,
    declared_parameters,
    shaped,
    signal_strength,
)
from .unbinned import at_events, background_densities, event_detector

BY_ENTRY = {"counts": "counts", "events": "counts", "rate": "rate", "total": "total"}
"""Kinds of backgrounds by the entry that they have."""


@dataclasses.dataclass(frozen=True)
class Tables:
    """The tables of an experiment as they were read, before any part is made of them."""

    source: Any
    target: Any
    detector: Any
    axes: Mapping[str, np.ndarray]
    units: Mapping[str, str]
    backgrounds: Mapping[str, tuple[Any, Mapping[str, Any]]]
    """Those of each background: its own, and those of its shapes along axes."""
    shapes: Mapping[str, Any]
    observed: Any
    """None without data."""

    @property
    def events(self) -> Mapping[str, np.ndarray] | None:
        """Return where the events are along each axis, if they are not binned."""
        seen = None if self.observed is None else getattr(self.observed.of, "seen", None)
        return None if seen is None else seen(self.observed.place, self.axes)

    @property
    def signal(self) -> str:
        """Return the name of the signal, by what recoils."""
        return SIGNALS["nucleus" if self.detector is None else getattr(self.detector.of, "recoils", "nucleus")]


def counted(data: Document, header: Mapping[str, Any], form_factor: FormFactorChoice) -> Measurement:
    """Return an experiment that counts; each table is read before any is built, so that all faults are found."""
    tables = read_tables(data)
    scattering, setting, spread = scattering_of(data, tables.detector, setting_of(data, tables, form_factor))
    ready = {
        key: table.build(setting, _shapes_along(entries, setting))
        for key, (table, entries) in tables.backgrounds.items()
    }
    stages = _less_others(data, tables, {key: background.stage for key, background in ready.items()})
    if setting.events is not None:
        scattering, stages = _with_events(data, tables, scattering, stages, setting)
    scattering, stages, moved = shaped(data, tables.shapes, scattering, stages, setting, tables.signal)
    strength, scales = signal_strength(data, tables.signal, setting, scattering)
    nuisances = (parameter for background in ready.values() for parameter in background.parameters)
    none = PoissonCounts(np.zeros(setting.shape))
    measurement = Measurement(
        **header,
        scattering=scattering,
        backgrounds=tuple(stages.values()),
        strengths=(strength, *(background_strength(data, key) for key in stages)),
        term=none if tables.observed is None else tables.observed.build(setting, (tables.signal, *ready)),
        declared=tuple({p.name: p for p in (*spread, *nuisances, *moved, *scales)}.values()),
        asimov=tables.observed is None,
    )
    check_strengths(data, measurement)
    check_names(data, measurement, ready)
    check_backgrounds(data, measurement)
    check_size(data, measurement)
    return dataclasses.replace(measurement, declared=declared_parameters(data, measurement))


def unseen_tables(data: Document) -> Tables:
    """Return source and target alone, of neutrinos that no detector sees."""
    source, target = (data.attempt(lambda t=t: _table(data, t)) for t in ("source", "target"))
    data.stop_at_problems()
    return Tables(source, target, None, {}, {}, {}, {}, None)


def read_tables(data: Document) -> Tables:
    """Return the tables of an experiment; raise the faults of all of them."""
    source, target, detector = (data.attempt(lambda t=t: _table(data, t)) for t in ("source", "target", "detector"))
    backgrounds = {
        key: data.attempt(lambda key=key: _background_table(data, key))
        for key in data.names("backgrounds")
        if data.raw(f"backgrounds.{key}") != NONE
    }
    shapes = {
        key: data.attempt(lambda key=key: read(data, "shape nuisance", f"shapes.{key}", "templates"))
        for key in data.names("shapes")
        if data.raw(f"shapes.{key}") != NONE
    }
    observed = data.attempt(lambda: read(data, "data", "data", _data_kind(data))) if data.has("data") else None
    axes, units = data.attempt(lambda: _axes(data, detector)) or ({}, {})
    data.stop_at_problems()
    found = {key: tables for key, tables in backgrounds.items() if tables is not None}
    return Tables(source, target, detector, axes, units, found, shapes, observed)


def setting_of(data: Document, tables: Tables, form_factor: FormFactorChoice) -> Setting:
    """Return source, target and axes."""
    source, target = tables.source, tables.target
    seconds = source.of.live_time if target.of.exposure is None else target.of.unit_time(target.place)
    made = data.attempt(lambda: target.of.build(target.place, form_factor))
    mass = target.of.amount(target.place)
    flux = data.attempt(lambda: source.build(seconds, mass))
    data.stop_at_problems()
    if made is None or flux is None:  # a fault of each is collected
        raise AssertionError
    exposure = None if seconds is None else mass * seconds / SECONDS_PER_DAY
    return Setting(tables.axes, tables.units, flux, made, exposure, events=tables.events)


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


def scattering_of(data: Document, detector: Any, setting: Setting) -> tuple[Scattering, Setting, tuple[Parameter, ...]]:
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


def _background_table(data: Document, name: str) -> tuple[Any, dict[str, Any]]:
    """Return what stands in the table of a background, and in those of its shapes along axes."""
    key = f"backgrounds.{name}"
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        data.leave(key)
        raise data.fail(key, "a name of lower-case letters, digits and underscores", f"'{name}'")
    given = list(dict.fromkeys(BY_ENTRY[entry] for entry in BY_ENTRY if data.holds(f"{key}.{entry}")))
    shapes = {
        axis: data.attempt(lambda axis=axis: read(data, "shape", f"{key}.{axis}"))
        for axis in data.names("binning")
        if axis not in NOT_AXES and data.has(f"{key}.{axis}")
    }
    if not data.holds(f"{key}.kind") and len(given) != 1 and not (not given and _in_counts(shapes)):
        data.leave(key)
        raise data.fail(key, "one of counts, rate and total", " and ".join(given) or "none of them")
    return read(data, "background", key, given[0] if given else "total"), shapes


def _with_events(
    data: Document, tables: Tables, scattering: Scattering, stages: Mapping[str, Stage], setting: Setting
) -> tuple[Scattering, dict[str, Stage]]:
    """Return signal and backgrounds in the bins and at events that are not binned."""
    if tables.shapes:
        key = f"shapes.{next(iter(tables.shapes))}"
        raise data.fail(key, "no templates of bins beside unbinned events", "some, which have no density")
    detector = event_detector(data, scattering, setting)
    densities = _less_others(data, tables, background_densities(tables.backgrounds, detector, setting))
    return dataclasses.replace(scattering, detector=detector), at_events(data, detector, stages, densities)


def _less_others(data: Document, tables: Tables, made: Mapping[str, Stage]) -> dict[str, Stage]:
    """Return the stage of each background less the others that its counts contain."""
    return {name: _without(data, name, tables.backgrounds[name][0], made) for name in made}


def _without(data: Document, name: str, table: Any, made: Mapping[str, Stage]) -> Stage:
    stage = made[name]
    for k, other in enumerate(getattr(table.of, "without", ())):
        if other not in made or other == name or stage.array is None or made[other].array is None:
            known = ", ".join(key for key in made if key != name and made[key].array is not None)
            expected = f"a background without parameters{f' ({known})' if known else ''}"
            raise data.fail(f"backgrounds.{name}.without[{k}]", expected, f"'{other}'")
        stage = Constant(stage.array - made[other].array)
    return stage


def _in_counts(shapes: Mapping[str, Any]) -> bool:
    """Return whether a shape is in counts, or may be as it could not be read."""
    return any(
        s is None or getattr(s.of, "in_counts", "no") == "yes" or getattr(s.of, "counts", None) is not None
        for s in shapes.values()
    )


def _shapes_along(entries: Mapping[str, Any], setting: Setting) -> dict[str, Any]:
    return {axis: shape.build(setting) for axis, shape in entries.items()}
