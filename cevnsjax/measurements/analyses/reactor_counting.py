"""Germanium at reactors of which only a number is published: CONUS+ (a count), CONUS and TEXONO (upper limits).

The rate above threshold is folded from thermal power and distance, BESTIOLE-2023 spectra, Lindhard quenching and a
Gaussian resolution, and scaled by a factor, the anchor, to what the collaboration expects in the Standard Model: what
is published stays as it is, and other physics moves it as it moves the folded rate.

* ``conus-plus-2025`` (arXiv:2501.05206): 395 ± 106 events where 347 ± 59 are expected.
* ``conus-2024`` (arXiv:2401.07684) and ``texono-2025`` (arXiv:2411.18812): at 90 % confidence less than 2 and 4.7 times
  the expectation. A one-sided Gaussian about zero, the best fit being unknown, with σ = limit / 1.645: Δχ² = 2.71 at
  the limit.
"""

import numpy as np
from scipy.special import ndtri

from ..._base import arguments
from ..._base.data_files import DataFile
from ...detectors.ionisation import IonisationDetector
from ...detectors.quenching import LindhardQuenching
from ...detectors.resolution import GaussianSmearing
from ...measuring.measurement import Measurement, Scattering
from ...measuring.terms.gaussian import GaussianNumbers
from ...measuring.terms.upper_limit import UpperLimit
from ...nuclei.choice import FormFactorChoice, check_form_factor
from ...nuclei.target import Target, natural_target
from ...parameters.strengths import Part, Strength
from ...sources.live_time import LiveTime
from ...sources.reactor import fission_fractions, fissions_of_power, reactor
from ...sources.source import Source
from ..catalogue import CATALOGUE, check_variant, references

REACTOR_DAY = "the reactor at its power, without the anchor"
"""What a day of a rate before the detector is."""


@arguments.checked(variant=arguments.text, form_factor=check_form_factor)
def conus_plus_2025(variant: str = "counts", form_factor: FormFactorChoice = "helm") -> Measurement:
    """Return CONUS+ run 1: a single bin, the signal with a pull of 17 %, less what quenching is of it if k is fitted.

    Args:
        variant: ``counts``.
        form_factor: a name, or form factors of your own by nuclide (docs/nuclei.md).

    """
    data = _data("conus-plus-2025", variant)
    detector = _detector(data)
    quenching = frozenset(parameter.name for parameter in detector.quenching.parameters())
    parts = (Part(quenching, data.number("pulls.quenching", "1")),)
    return Measurement(
        name=data.get("name", str),
        title=data.get("title", str),
        references=references(data.get("name", str), variant),
        dataset=data.get("name", str),
        scattering=Scattering(_source(data), _target(data, form_factor), detector),
        strengths=(Strength("cevns_norm", "cevns", data.number("pulls.signal", "1"), parts),),
        term=GaussianNumbers(
            np.array([data.number("counts.observed", "counts")]), np.array([data.number("counts.error", "counts")])
        ),
    )


@arguments.checked(variant=arguments.text, form_factor=check_form_factor)
def conus_2024(variant: str = "counts", form_factor: FormFactorChoice = "helm") -> Measurement:
    """Return the upper limit of CONUS at Brokdorf; arguments as in `conus_plus_2025`."""
    return _limit(_data("conus-2024", variant), variant, form_factor)


@arguments.checked(variant=arguments.text, form_factor=check_form_factor)
def texono_2025(variant: str = "counts", form_factor: FormFactorChoice = "helm") -> Measurement:
    """Return the upper limit of TEXONO at Kuo-Sheng; arguments as in `conus_plus_2025`."""
    return _limit(_data("texono-2025", variant), variant, form_factor)


def _data(name: str, variant: str) -> DataFile:
    check_variant(name, variant)
    return DataFile(f"{CATALOGUE[name].folder}/measurement.toml")


def _limit(data: DataFile, variant: str, form_factor: FormFactorChoice) -> Measurement:
    """Return an upper limit in units of the expectation of the Standard Model."""
    width = data.number("counts.limit", "1") / ndtri(0.5 + 0.5 * data.number("counts.confidence", "fraction"))
    return Measurement(
        name=data.get("name", str),
        title=data.get("title", str),
        references=references(data.get("name", str), variant),
        dataset=data.get("name", str),
        scattering=Scattering(_source(data), _target(data, form_factor), _detector(data)),
        strengths=(Strength("cevns_norm", "cevns", None),),
        term=UpperLimit(np.zeros(1), np.array([width])),
    )


def _source(data: DataFile) -> Source:
    """Return the antineutrinos of a day, times the anchor; the exposure in kg d is then the mass of the target.

    The reactor emits them in as many days as the anchor is.
    """
    distance = data.number("reactor.distance", "m")
    fissions = fissions_of_power(
        data.number("reactor.power", "GW"),
        distance,
        1.0,
        fission_fractions(data.array("reactor.fission_fractions", "fraction")),
    )
    anchor = data.number("reactor.anchor", "1")
    anchored = {isotope: anchor * n for isotope, n in fissions.items()}
    return reactor(
        data.get("reactor.spectrum", str), anchored, distance=distance, live_time=LiveTime(anchor, REACTOR_DAY)
    )


def _target(data: DataFile, form_factor: FormFactorChoice) -> Target:
    return natural_target(data.get("detector.element", str), data.number("detector.exposure", "kg*day"), form_factor)


def _detector(data: DataFile) -> IonisationDetector:
    thresholds, shares = data.array("detector.thresholds", "keV"), data.array("detector.shares", "1")
    return IonisationDetector(
        edges=np.array([thresholds.min(), data.number("detector.highest", "keV")]),
        quenching=LindhardQuenching(data.get("detector.element", str), 32, data.number("quenching.lindhard_k", "1")),
        smearing=GaussianSmearing(
            noise=data.number("resolution.noise", "keV"),
            slope=data.number("resolution.fano_factor", "1") * data.number("resolution.pair_energy", "keV"),
        ),
        minimum=data.number("resolution.minimum", "keV"),
        thresholds=tuple(thresholds.tolist()),
        shares=tuple((shares / shares.sum()).tolist()),
    )
