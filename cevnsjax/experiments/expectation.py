"""What is expected of an experiment in the Standard Model, and whether it is of a size that is folded."""

import dataclasses
import math
from collections.abc import Mapping

import numpy as np

from .._base.typing import Array, Float
from ..detectors.energy import EnergyDetector
from ..detectors.events import EventDetector
from ..detectors.response import BinnedDetector
from ..folding.fold import BIN_ORDER, fold
from ..folding.nodes import RECOIL_ORDER, recoil_nodes
from ..folding.prediction import component_counts
from ..folding.scatterers import nuclei
from ..interactions.combination import combine
from ..measuring.measurement import Measurement
from .document import Document

MOST_BINS, MOST_PARTS, MOST_NUMBERS = 2_000_000, 50_000, 20_000_000
"""Bins of all axes, parts of energy bins, and numbers of a response (some 60 B each) that are folded."""
MOST_COUNTS = 1e15
"""Events of a component up to which a document is accepted: a float still counts these singly."""
ACCURACY = 1e-6
"""Largest part of a bin's signal that the quadrature may miss, of bins with more than `SMALL` of the largest."""
SMALL = 1e-3
SIGNALS = {"nucleus": "cevns", "electron": "es"}
"""The signal by what recoils."""


def check_size(data: Document, measurement: Measurement) -> None:
    """Raise DataError for too many bins, before memory is taken for them."""
    scattering, bins = measurement.counted(), math.prod(measurement.shape)
    if bins > MOST_BINS:
        raise data.fail("binning", f"at most {MOST_BINS} bins of all axes", " × ".join(map(str, measurement.shape)))
    detector = scattering.detector
    window = detector.window if isinstance(detector, EventDetector) else detector
    pieces = window.energy.pieces if isinstance(window, BinnedDetector) else 1
    if detector.shape[0] * pieces > MOST_PARTS:
        raise data.fail("binning", f"at most {MOST_PARTS} parts of energy bins", f"{detector.shape[0]} × {pieces}")
    if scattering.recoils == "electron":
        return
    with np.errstate(invalid="ignore", divide="ignore"):
        nodes = recoil_nodes(scattering.source, nuclei(scattering.target, combine()), detector, RECOIL_ORDER)
    if not np.all(np.isfinite(nodes.recoil)):
        raise data.fail("binning.energy", "bins that the signal reaches", "none of them")
    size = detector.response(nodes.recoil, BIN_ORDER).largest_width()
    if size > MOST_NUMBERS:
        what = f"{size:.2g} ({detector.shape[0]} bins of {pieces} parts, {nodes.recoil.size} recoil energies)"
        raise data.fail("binning", f"a response of at most {MOST_NUMBERS:.2g} numbers", what)


def expected_counts(data: Document, measurement: Measurement) -> Measurement:
    """Return `measurement` with the counts expected in the Standard Model, all parameters at their defaults.

    The signal is computed a second time with all quadrature nodes doubled: what it describes may be too narrow
    for the standard number.
    """
    counts, signal = nominal_counts(measurement), measurement.components[0]
    _check_counts(data, counts)
    if inaccuracy := missed(measurement, counts[signal]):
        raise data.fail("binning", f"a signal that the quadrature gives to {ACCURACY:g}", inaccuracy)
    if not (np.all(np.isfinite(counts[signal])) and np.any(counts[signal] > 0)):
        raise data.fail("binning.energy", "bins that the signal reaches", "no signal in any of them")
    term = measurement.term.expecting([np.asarray(part) for part in counts.values()])
    return dataclasses.replace(measurement, term=term)


def nominal_counts(measurement: Measurement, recoils: int = 1, bins: int = 1) -> dict[str, Float[Array, "..."]]:
    """Return the counts in the Standard Model, with so many times the usual nodes over recoils and in bins."""
    interaction = combine()
    params = {p.name: p.default for p in (*interaction.parameters(), *measurement.parameters())}
    with np.errstate(invalid="ignore", divide="ignore"):
        return component_counts(fold(measurement, interaction, recoils * RECOIL_ORDER, bins * BIN_ORDER), params)


def missed(measurement: Measurement, signal: Float[Array, "..."]) -> str | None:
    """Return what the quadrature misses of the nominal signal and what to change; None up to `ACCURACY` of each bin."""
    name = measurement.components[0]
    fine = nominal_counts(measurement, 2, 2)[name]
    scale = np.maximum(fine, SMALL * fine.max())
    if not np.any(differs := np.abs(signal - fine) > ACCURACY * scale):
        return None
    share = float(np.max(np.abs(signal - fine)[differs] / scale[differs]))
    finer = nominal_counts(measurement, 1, 2)[name]
    parts = ", or more parts" if np.any(np.abs(finer - signal) > ACCURACY * scale) else ""
    detector = measurement.counted().detector
    narrow = _narrow(detector.energy) if isinstance(detector, BinnedDetector) else "a wider resolution"
    return f"{share:.1g} missed in a bin (it takes {narrow}{parts})"


def _check_counts(data: Document, counts: Mapping[str, Float[Array, "..."]]) -> None:
    """Raise DataError for counts that no experiment has."""
    for component, expected in counts.items():
        total = float(np.sum(expected))
        if not total <= MOST_COUNTS:
            where = "source" if component in SIGNALS.values() else f"backgrounds.{component}"
            raise data.fail(where, f"at most {MOST_COUNTS:g} events", f"{total:.3g} of {component}")


def _narrow(energy: EnergyDetector) -> str:
    """Return what to change where the resolution is too narrow for the nodes of the quadrature."""
    nominal, smearing = energy.nominal(), energy.smearing
    if smearing is None:
        return "a resolution"
    at = smearing.mean(energy.edges[1:2], nominal)
    width = float(smearing.deviation(at, nominal)[0])
    return f"a resolution wider than its {width:.2g} keV at {float(at[0]):.3g} keV"
