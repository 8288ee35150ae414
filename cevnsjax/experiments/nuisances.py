"""The nuisances of an experiment: strengths and the parts of their widths, shapes, parameters of the parts."""

import dataclasses
import fnmatch
import math
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from .._base.errors import suggest
from ..detectors.response import BinnedDetector
from ..interactions.combination import combine
from ..measuring.measurement import Measurement, Scattering
from ..parameters.parameter import Gaussian, Parameter
from ..parameters.strengths import SNS_FLUX, Part, Strength
from ..sources.solar import b8_flux_norm
from ..stages.products import SpreadProduct
from ..stages.stage import Stage
from .document import Document
from .kinds.kind import NONE
from .kinds.setting import Setting
from .kinds.shapes import moved

PARTS = "parts"
"""In place of the width of the signal: its parts in quadrature."""
SCALES = {"b8_flux_norm": b8_flux_norm}
"""Parameters with priors of their own that may multiply a signal."""


def background_strength(data: Document, name: str) -> Strength:
    """Return the strength of a background, with its width if it has one."""
    return Strength(f"{name}_norm", name, _width(data, f"backgrounds.{name}.width"))


def _width(data: Document, key: str) -> float | None:
    return None if data.raw(key) == NONE else data.optional(key, "1", None)


def signal_strength(
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


def shaped(
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


def check_strengths(data: Document, measurement: Measurement) -> None:
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


def check_names(data: Document, measurement: Measurement, backgrounds: Mapping[str, Any]) -> None:
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


def check_backgrounds(data: Document, measurement: Measurement) -> None:
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


def declared_parameters(data: Document, measurement: Measurement) -> tuple[Parameter, ...]:
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
