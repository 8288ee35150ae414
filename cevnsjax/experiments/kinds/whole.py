"""Kinds of detectors as a whole: bins of a reconstructed energy, ionisation, templates of recoils, samples."""

from typing import Any

import numpy as np

from ...detectors.energy import EnergyDetector
from ...detectors.ionisation import IonisationDetector
from ...detectors.quenching import Unquenched
from ...detectors.resolution import GaussianSmearing
from ...detectors.response import Detector
from ...nuclei.target import Target
from ..document import Document
from .kind import Entry, Place, Read, field, kind, number, numbers, part, text

RECOILS = ("nucleus", "electron")
BY_UNIT = {"PE": ("gamma", "none"), "keV": ("gaussian", "two-widths", "none")}
"""Resolutions of each unit of energy."""


def resolution() -> Any:
    """Return the field of a resolution for the unit of the detector."""
    from .kind import read

    def checked(data: Document, key: str) -> Read:
        if isinstance(data.raw(key), dict):
            data.one_of(f"{key}.kind", BY_UNIT[data.one_of("detector.unit", tuple(BY_UNIT))])
        return read(data, "resolution", key)

    return field(Entry("resolution: gamma of PE, gaussian of keV", "table: resolution", checked))


@kind(
    "detector",
    "bins",
    """\
unit = "PE"
quenching = { kind = "polynomial", coefficients = { value = [0.06], unit = ["1"] } }
resolution = { kind = "gamma", light_yield = { value = 15, unit = "PE/keV" }, shape = { value = 0.7, unit = "1/PE" } }
efficiency = "unity\"""",
)
class Bins:
    """Bins of a reconstructed energy: quenching, then a resolution, then an efficiency."""

    unit: str = text("unit of the reconstructed energy", among=("PE", "keV"))
    quenching: Read = part("quenching", "electron-equivalent energy of a recoil")
    resolution: Read = resolution()
    efficiency: Read = part("efficiency", "efficiency against the reconstructed energy")
    acceptance: Read | None = part(
        "efficiency", "efficiency against the electron-equivalent energy before the resolution", None
    )
    recoils: str = text("what recoils", "nucleus", RECOILS)
    electrons: float | None = number(
        {"1": 1.0, "PE/keV": 1.0}, "reconstructed energy per keV of an electron, where it is not 1", None
    )
    sees_electrons: str = text("whether the efficiency holds for electrons too", "yes", ("yes", "no"))

    def build(self, place: Place, target: Target, edges: np.ndarray, pieces: int) -> EnergyDetector:
        """Return the detector of the energy."""
        unquenched = Unquenched(1.0 if self.electrons is None else self.electrons)
        energy = EnergyDetector(
            edges=edges,
            quenching=self.quenching.build(target),
            smearing=self.resolution.build(),
            efficiency=self.efficiency.build(self.unit),
            unit=self.unit,
            pieces=pieces,
            acceptance=None if self.acceptance is None else self.acceptance.build(self.unit),
            unquenched=unquenched if self.sees_electrons == "yes" else None,
        )
        for parameter in energy.parameters():
            parameter.check(parameter.default)
        return energy


@kind(
    "detector",
    "ionisation",
    """\
quenching = { kind = "lindhard", k = { value = 0.162, unit = "1" } }
resolution = { kind = "gaussian", noise = { value = 0.0204, unit = "keV" }, slope = { value = 3.26e-4, unit = "keV" } }
minimum = { value = 0.00296, unit = "keV" }""",
)
class Ionisation:
    """Crystals whose ionisation is measured: the bins are integrated exactly, above a threshold of each crystal."""

    quenching: Read = part("quenching", "ionisation energy of a recoil")
    resolution: Read = part("resolution", "a Gaussian")
    minimum: float = number("keV", "smallest ionisation energy of a signal, that of a pair")
    thresholds: np.ndarray | None = numbers("keV", "threshold of each crystal", None)
    shares: np.ndarray | None = numbers(
        {"1": 1.0, "kg": 1.0}, "its share of the exposure, or mass", None, negative=False
    )
    positive: str = text("whether the Gaussian is cut at zero and normalised above it", "no", ("no", "yes"))
    unit: str = text("unit of the energy", "keV", ("keV",))

    def build(self, place: Place, target: Target, edges: np.ndarray, pieces: int) -> Detector:
        """Return the detector."""
        smearing = self.resolution.build()
        if not isinstance(smearing, GaussianSmearing):
            raise place.fail("resolution.kind", "gaussian", "another kind")
        smearing = GaussianSmearing(
            smearing.noise, smearing.slope, positive=self.positive == "yes", powers=smearing.powers
        )
        thresholds = np.array([-np.inf]) if self.thresholds is None else self.thresholds
        shares = np.ones(1) if self.shares is None else self.shares
        if thresholds.shape != shares.shape or (self.thresholds is None) != (self.shares is None):
            raise place.fail("shares", "a share of each threshold", "another number")
        if not shares.sum() > 0:
            raise place.fail("shares", "a share above 0", "none")
        crystals = {"thresholds": tuple(thresholds.tolist()), "shares": tuple((shares / shares.sum()).tolist())}
        return IonisationDetector(edges, self.quenching.build(target), smearing, self.minimum, **crystals)
