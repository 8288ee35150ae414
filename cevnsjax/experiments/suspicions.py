"""What looks wrong of an experiment that can be read: it is taken as it is, and said."""

import fnmatch
from collections.abc import Iterator, Mapping

import numpy as np

from .._base.typing import Array, Float
from ..detectors.efficiency import TabulatedEfficiency
from ..detectors.energy import EnergyDetector
from ..detectors.events import EventDetector
from ..detectors.ionisation import IonisationDetector
from ..detectors.quenching import Quenching, TabulatedQuenching
from ..detectors.response import BinnedDetector, Detector
from ..detectors.runs import SideBySide
from ..measuring.measurement import Measurement
from ..measuring.terms.poisson import PoissonCounts
from ..nuclei.nuclide import nuclide
from .document import Document
from .expectation import missed

WHOLE = 1e-9
"""How far a count may be from a whole number."""
SHARES = 1e-6
"""How far above 1 the sum of shares may be."""
EMPTY = 1e-12
"""Share of the largest energy bin's signal up to which another has none."""
MOLAR_MASS = 0.05
"""How far a molar mass may be from the mass numbers of the nuclides: elements have isotopes besides."""

Counts = Mapping[str, Float[Array, "..."]]
"""Expected counts of each component."""


def suspicions(data: Document, measurement: Measurement, expected: Counts) -> list[str]:
    """Return what looks wrong of an experiment, of its document and of what is `expected` of it, a sentence each."""
    counts = (*_of_data(measurement), *_of_backgrounds(measurement))
    if measurement.scattering is None:
        return [*counts, *_unused(data)]
    signal = np.asarray(expected[measurement.components[0]])
    return [
        *counts,
        *_of_detector(measurement),
        *_of_signal(measurement, signal),
        *_of_parts(data, measurement),
        *_of_molar_mass(data),
        *_unused(data),
    ]


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
        if stage.parameters() <= set(params) and np.any(measurement.term.in_bins(np.asarray(stage(params))) < 0):
            yield f"{table}.{strength.component}: fewer than no events in a bin"


def _detectors(detector: Detector) -> list[BinnedDetector]:
    if isinstance(detector, SideBySide):
        return [binned for part in detector.each() for binned in _detectors(part)]
    if isinstance(detector, EventDetector):
        return [detector.window]
    return [detector] if isinstance(detector, BinnedDetector) else []


def _of_signal(measurement: Measurement, signal: Float[np.ndarray, "..."]) -> Iterator[str]:
    """Say which bins have no signal, and of data whether the quadrature is exact: without any it must be."""
    if measurement.numbers:
        return
    by_energy = signal.reshape(len(signal), -1).sum(axis=1)
    reached = np.flatnonzero(by_energy > EMPTY * by_energy.max())
    if (beyond := len(signal) - 1 - max(reached, default=-1)) > 0:
        axis = next(iter(measurement.axes))
        yield f"binning: no signal is expected in the last {beyond} of {len(signal)} bins of {axis}"
    if not measurement.asimov and (inaccuracy := missed(measurement, signal)):
        yield f"binning: {inaccuracy}"


def _of_parts(data: Document, measurement: Measurement) -> Iterator[str]:
    """Say which parts of the signal's width cover no parameter, so that nothing takes them out."""
    scattering = measurement.counted()
    known = [p.name for p in (*scattering.target.parameters(), *scattering.detector.parameters())]
    for part in data.names("signal.parts"):
        listed = data.raw(f"signal.parts.{part}.covers") or ()
        for k, pattern in enumerate(listed):
            if not fnmatch.filter(known, pattern):
                key = f"signal.parts.{part}.covers[{k}]"
                yield f"{key}: no parameter of the target or the detector is named '{pattern}'"


def _of_molar_mass(data: Document) -> Iterator[str]:
    """Say where the molar mass is not that of the nuclides."""
    entry, names = data.raw("target.molar_mass"), data.raw("target.nuclides")
    if not (isinstance(entry, dict) and names):
        return
    mass = sum((nucleus := nuclide(name)).protons + nucleus.neutrons for name in names)
    if abs(entry["value"] / mass - 1.0) > MOLAR_MASS:
        yield f"target.molar_mass: {entry['value']:g} g/mol, where {', '.join(names)} have {mass:g}"


def _of_detector(measurement: Measurement) -> Iterator[str]:
    detector = measurement.counted().detector
    if isinstance(detector, IonisationDetector):
        yield from _of_quenching(detector.quenching, "keV")
    for binned in _detectors(detector):
        yield from _of_energy(binned.energy)
        params = {parameter.name: parameter.default for parameter in binned.parameters()}
        shares = np.asarray(binned.spread(params))
        if np.any(shares.sum(axis=-1) > 1 + SHARES):
            yield f"signal: shares of the other axes that sum to {shares.sum(axis=-1).max():.6g}"


def _of_energy(energy: EnergyDetector) -> Iterator[str]:
    efficiency = energy.efficiency
    if isinstance(efficiency, TabulatedEfficiency):
        low, high = float(efficiency.x[0]), float(efficiency.x[-1])
        if energy.edges[-1] > high or (energy.edges[0] < low and efficiency.efficiency[0] > 0):
            bins = f"bins from {energy.edges[0]:g} to {energy.edges[-1]:g}"
            yield f"detector.efficiency: a table from {low:g} to {high:g} {energy.unit}, {bins}: constant beyond"
    yield from _of_quenching(energy.quenching, energy.unit)


def _of_quenching(quenching: Quenching, unit: str) -> Iterator[str]:
    if isinstance(quenching, TabulatedQuenching) and np.any(np.diff(quenching.recoil * quenching.factor) <= 0):
        yield "detector.quenching: an electron-equivalent energy that falls while the recoil energy rises"
    recoil = np.linspace(1e-4, 1e-1, 200)[None, :]
    nominal = {parameter.name: parameter.default for parameter in quenching.parameters()}
    if quenching.quenches and np.any(np.asarray(quenching(recoil, nominal)) > 1e3 * recoil) and unit == "keV":
        yield "detector.quenching: more electron-equivalent energy than recoil energy"


def _unused(data: Document) -> Iterator[str]:
    """Say which uncertainties of numbers are words alone."""
    for key in data.uncertain():
        yield f"{key}: its uncertainty is not used: [uncertainties], or the width of a strength, has those that are"
