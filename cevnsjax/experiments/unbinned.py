"""An experiment whose events are not binned: the density of its signal and of its backgrounds at each event."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..detectors.events import EventDetector
from ..detectors.response import BinnedDetector
from ..measuring.measurement import Scattering
from ..stages.products import Product
from ..stages.stage import Constant, Stage
from .document import Document
from .kinds import read
from .kinds.backgrounds import included
from .kinds.densities import bin_of, count, evenly
from .kinds.setting import ENERGY, Setting


def event_detector(data: Document, scattering: Scattering, setting: Setting) -> EventDetector:
    """Return the detector with the density at each event; raise DataError for one that has no density."""
    window = scattering.detector
    if not isinstance(window, BinnedDetector):
        raise data.fail("detector.kind", "bins for unbinned events", "a kind which has no density")
    if window.energy.smearing is None:
        raise data.fail("detector.resolution", "a resolution for unbinned events", "none, which has no density")
    assert setting.events is not None
    return EventDetector(window, setting.events[ENERGY], _signal_density(data, setting))


def _signal_density(data: Document, setting: Setting) -> Stage:
    """Return the density (flavour, event) of the signal along all axes but the energy."""
    flavours, factors = len(setting.source.flavours), list[Stage]()
    for axis in (axis for axis in setting.axes if axis != ENERGY):
        given = data.has(f"signal.{axis}")
        factors.append(
            read(data, "spread", f"signal.{axis}").density(setting)
            if given
            else Constant(np.tile(evenly(setting, axis).value, (flavours, 1)))
        )
    if data.has("signal.excluded"):
        kept = included(setting.axes[ENERGY], data.bins("signal.excluded", setting.units[ENERGY]))
        factors.append(Constant(np.tile(kept[bin_of(setting, ENERGY)], (flavours, 1))))
    shape = (flavours, count(setting))
    made = Product((Constant(np.ones(shape)), *factors), ((0, 1),) * (len(factors) + 1), shape)
    return made if made.parameters() else Constant(made({}))


def background_densities(
    backgrounds: Mapping[str, tuple[Any, Mapping[str, Any]]], detector: EventDetector, setting: Setting
) -> dict[str, Stage]:
    """Return the density of each background at the events."""
    nominal = {parameter.name: parameter.default for parameter in detector.parameters()}
    first = np.asarray(detector.others(nominal))[0]
    setting = dataclasses.replace(setting, prompt_density=first)
    return {
        name: table.density(setting, {axis: shape.density(setting) for axis, shape in shapes.items()})
        for name, (table, shapes) in backgrounds.items()
    }


def at_events(
    data: Document, detector: EventDetector, stages: Mapping[str, Stage], densities: Mapping[str, Stage]
) -> dict[str, Stage]:
    """Return the stages of the backgrounds in the bins and at the events."""
    rows = dict[str, Stage]()
    for name, stage in stages.items():
        with data.at(f"backgrounds.{name}"):
            rows[name] = detector.background(stage, densities[name])
    return rows
