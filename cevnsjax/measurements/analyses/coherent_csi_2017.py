"""COHERENT CsI[Na], the data of the first detection (arXiv:1708.01294, released in arXiv:1804.09459).

14.6 kg of CsI[Na] at 19.3 m from the Spallation Neutron Source; bins of 2 photo-electrons from 6 to 30. Variants:
``energy`` is the Gaussian fit of arXiv:1710.02730 to the coincidence less the anti-coincidence events, without
resolution; ``energy-time`` is a Poisson fit in bins of 0.5 µs too, with the arrival times and the resolution, and with
the steady-state background a product of its projections.
The events are among those of COHERENT CsI 2021: both have the dataset ``coherent-csi``, so that no fit counts them
twice.
"""

import numpy as np

from ..._base import arguments
from ..._base.data_files import DataFile
from ..._base.typing import Float
from ...detectors.efficiency import EFFICIENCY, SigmoidEfficiency
from ...detectors.energy import EnergyDetector
from ...detectors.quenching import QUENCHING, PolynomialQuenching, Unquenched
from ...detectors.resolution import GammaSmearing
from ...detectors.response import BinnedDetector
from ...measuring.measurement import Measurement, Scattering
from ...measuring.terms.gaussian import GaussianNumbers
from ...measuring.terms.poisson import PoissonCounts
from ...nuclei.choice import FormFactorChoice, check_form_factor
from ...nuclei.target import Target, compound_target
from ...parameters.strengths import SNS_FLUX, Part, Strength
from ...sources.live_time import LiveTime
from ...sources.pion_decay import pion_decay_at_rest
from ...stages.backgrounds import Background
from ...stages.stage import Constant
from ..catalogue import check_variant, full_name, references

NAME = "coherent-csi-2017"

STEADY_STATE = {
    "anticoincidence_beam_on": "beam_on",
    "coincidence_beam_off": "beam_off",
    "anticoincidence_beam_off": "beam_off",
}
"""Gates without neutrinos, and whose live time they have."""
FINE_ORDER = 16
"""Quadrature nodes in each bin of the released neutron spectrum."""


@arguments.checked(variant=arguments.text, form_factor=check_form_factor)
def coherent_csi_2017(variant: str = "energy", form_factor: FormFactorChoice = "helm") -> Measurement:
    """Return the measurement.

    Args:
        variant: ``energy`` or ``energy-time``.
        form_factor: a name, or form factors of your own by nuclide (docs/nuclei.md).

    """
    check_variant(NAME, variant)
    data = DataFile("coherent_csi_2017/measurement.toml")
    timed = variant == "energy-time"
    target = compound_target(
        data.get("detector.nuclides", list),
        data.number("detector.mass", "kg"),
        data.number("detector.molar_mass", "g/mol"),
        form_factor,
    )
    energy = _energy_detector(data, timed)
    coincidence, anticoincidence = (_counts(data, f"{gate}_beam_on") for gate in ("coincidence", "anticoincidence"))
    brn = _neutrons(data, energy)
    _, _, prompt, delayed, neutrons = data.table("arrival_times")[:, : coincidence.shape[1]]
    strengths = _strengths(data, target, energy)
    if timed:
        detector = BinnedDetector(
            energy=energy,
            spread=Constant(np.array([prompt, delayed, delayed])),
            others={"time [us]": data.edges("binning.time", "us")},
        )
        backgrounds = (
            Background(brn, Constant(neutrons[None, :])),
            Constant(_steady_state(data)),
        )
        steady_state = Strength("ss_norm", "ss", data.number("pulls.steady_state", "1"))
        strengths, term = (*strengths, steady_state), PoissonCounts(coincidence)
    else:
        detector = BinnedDetector(energy=energy, spread=Constant(np.ones((3, 1))), others={})
        backgrounds = (Constant(brn),)
        errors = np.sqrt((coincidence + anticoincidence).sum(axis=1))
        term = GaussianNumbers((coincidence - anticoincidence).sum(axis=1), errors)
    return Measurement(
        name=full_name(NAME, variant),
        title=data.get("title", str),
        references=references(NAME, variant),
        dataset="coherent-csi",
        scattering=Scattering(
            source=pion_decay_at_rest(
                data.number("beam.neutrinos_per_flavour_and_proton", "1"),
                data.number("beam.protons_on_target", "1"),
                data.number("beam.distance", "m"),
                live_time=LiveTime(data.number("live_time.beam_on", "day")),
            ),
            target=target,
            detector=detector,
        ),
        backgrounds=backgrounds,
        strengths=strengths,
        term=term,
    )


def _energy_detector(data: DataFile, smeared: bool) -> EnergyDetector:
    """Return the response: with resolution, or with the photo-electrons in proportion to the recoil energy."""
    light_yield = data.number("smearing.light_yield", "PE/keV")
    if smeared:
        factor = data.number("quenching.factor", "1")
        smearing = GammaSmearing(1.0 / light_yield, data.number("smearing.shape", "1/keV"))
    else:
        factor, smearing = data.number("photoelectrons.per_recoil_energy", "PE/keV"), None
    acceptance = (("plateau", "1"), ("slope", "1/PE"), ("midpoint", "PE"))
    return EnergyDetector(
        edges=data.edges("binning.energy", "PE"),
        quenching=PolynomialQuenching(np.array([factor]), np.zeros((0, 1))),
        smearing=smearing,
        efficiency=SigmoidEfficiency(np.array([data.number(f"acceptance.{key}", unit) for key, unit in acceptance])),
        unit="PE",
        unquenched=Unquenched(1.0 if smeared else light_yield),
    )


def _counts(data: DataFile, gate: str) -> Float[np.ndarray, "bin time"]:
    _, _, *columns = data.table(f"counts_{gate}")
    return np.transpose(columns)


def _neutrons(data: DataFile, detector: EnergyDetector) -> Float[np.ndarray, " bin"]:
    """Return the beam-related neutrons in each energy bin: released rate × exposure × acceptance."""
    low, high, rate = data.table("brn_energy")
    node, weight = np.polynomial.legendre.leggauss(FINE_ORDER)
    x = 0.5 * (low + high)[:, None] + 0.5 * (high - low)[:, None] * node
    nominal = {parameter.name: parameter.default for parameter in detector.efficiency.parameters()}
    counts = rate * data.number("beam.exposure", "GWh") * (detector.efficiency(x, nominal) @ (0.5 * weight))
    bins = np.searchsorted(detector.edges, 0.5 * (low + high), side="right") - 1
    inside = (bins >= 0) & (bins < len(detector.edges) - 1)
    return np.bincount(bins[inside], weights=counts[inside], minlength=len(detector.edges) - 1)


def _steady_state(data: DataFile) -> Float[np.ndarray, "bin time"]:
    """Return the steady-state background: the product of the projections of all gates without neutrinos.

    Their events are scaled to the live time with beam.
    """
    events = np.asarray(sum(_counts(data, gate) for gate in STEADY_STATE))
    live = sum(data.number(f"live_time.{beam}", "day") for beam in STEADY_STATE.values())
    scale = data.number("live_time.beam_on", "day") / live
    return scale * np.outer(events.sum(axis=1), events.sum(axis=0)) / events.sum()


def _strengths(data: DataFile, target: Target, energy: EnergyDetector) -> tuple[Strength, Strength]:
    width = {key: data.number(f"pulls.{key}", "1") for key in data.get("pulls", dict)}
    names = {parameter.name for parameter in energy.parameters()}
    parts = (
        Part(frozenset(), width["flux"], shared=SNS_FLUX),
        Part(frozenset(f"r_n_{nucleus.element}" for nucleus in target.nuclides), width["form_factor"]),
        Part(frozenset(names & set(QUENCHING)), width["quenching"]),
        Part(frozenset(names & set(EFFICIENCY)), width["acceptance"]),
    )
    return Strength("cevns_norm", "cevns", width["signal"], parts), Strength("brn_norm", "brn", width["brn"])
