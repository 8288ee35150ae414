"""What looks wrong of an experiment that can be read: it is taken as it is, and said."""

from collections.abc import Iterator

import numpy as np

from ..detectors.efficiency import TabulatedEfficiency
from ..detectors.energy import EnergyDetector
from ..detectors.quenching import TabulatedQuenching
from ..detectors.response import BinnedDetector, Detector
from ..detectors.runs import RunsDetector
from ..measuring.measurement import Measurement
from ..measuring.terms.poisson import PoissonCounts
from .document import Document

WHOLE = 1e-9
"""How far a count may be from a whole number."""
SHARES = 1e-6
"""How far above 1 the sum of shares may be."""


def suspicions(data: Document, measurement: Measurement) -> list[str]:
    """Return what looks wrong of an experiment and its document, a sentence each."""
    return [*_of_data(measurement), *_of_backgrounds(measurement), *_of_detector(measurement), *_unused(data)]


def _of_data(measurement: Measurement) -> Iterator[str]:
    if measurement.asimov:
        return
    counts = np.asarray(measurement.observed)
    if isinstance(measurement.term, PoissonCounts) and np.any(np.abs(counts - np.round(counts)) > WHOLE):
        yield "data: counts that are not whole numbers, in a Poisson term"
    if not np.any(counts):
        yield "data: nothing was counted in any bin"


def _of_backgrounds(measurement: Measurement) -> Iterator[str]:
    params = {parameter.name: parameter.default for parameter in measurement.parameters()}
    table = "components" if measurement.bins else "backgrounds"
    strengths = measurement.strengths[len(measurement.strengths) - len(measurement.backgrounds) :]
    for strength, stage in zip(strengths, measurement.backgrounds, strict=True):
        if stage.parameters() <= set(params) and np.any(np.asarray(stage(params)) < 0):
            yield f"{table}.{strength.component}: fewer than no events in a bin"


def _detectors(detector: Detector) -> list[BinnedDetector]:
    if isinstance(detector, RunsDetector):
        return list(detector.runs)
    return [detector] if isinstance(detector, BinnedDetector) else []


def _of_detector(measurement: Measurement) -> Iterator[str]:
    if measurement.scattering is None:
        return
    for binned in _detectors(measurement.scattering.detector):
        yield from _of_energy(binned.energy)
        params = {parameter.name: parameter.default for parameter in binned.parameters()}
        shares = np.asarray(binned.spread(params))
        if np.any(shares.sum(axis=-1) > 1 + SHARES):
            yield f"signal: shares of the other axes that sum to {shares.sum(axis=-1).max():.6g}"


def _of_energy(energy: EnergyDetector) -> Iterator[str]:
    efficiency, quenching = energy.efficiency, energy.quenching
    if isinstance(efficiency, TabulatedEfficiency):
        low, high = float(efficiency.x[0]), float(efficiency.x[-1])
        if energy.edges[-1] > high or (energy.edges[0] < low and efficiency.efficiency[0] > 0):
            bins = f"bins from {energy.edges[0]:g} to {energy.edges[-1]:g}"
            yield f"detector.efficiency: a table from {low:g} to {high:g} {energy.unit}, {bins}: constant beyond"
    if isinstance(quenching, TabulatedQuenching) and np.any(np.diff(quenching.recoil * quenching.factor) <= 0):
        yield "detector.quenching: an electron-equivalent energy that falls while the recoil energy rises"
    recoil = np.linspace(1e-4, 1e-1, 200)[None, :]
    nominal = {parameter.name: parameter.default for parameter in quenching.parameters()}
    if quenching.quenches and np.any(np.asarray(quenching(recoil, nominal)) > 1e3 * recoil) and energy.unit == "keV":
        yield "detector.quenching: more electron-equivalent energy than recoil energy"


def _unused(data: Document) -> Iterator[str]:
    """Say which uncertainties of numbers are words alone."""
    for key in data.uncertain():
        yield f"{key}: its uncertainty is not used: [uncertainties], or the width of a strength, has those that are"
