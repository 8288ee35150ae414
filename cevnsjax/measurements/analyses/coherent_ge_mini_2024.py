"""COHERENT Ge-Mini (arXiv:2406.13806): 10.66 kg of germanium at 19.2 m from the Spallation Neutron Source.

The counts printed in the paper, 9 bins of ionisation energy × 10 of time, in the window of the beam and in an equal
window without it. Both are in a common Poisson likelihood, with a steady-state background of free level in each energy
bin, flat in time and the same in both windows. The bins that the lines of 65Zn and 71Ge are in do not count signal.
"""

import dataclasses
import math

import numpy as np

from ..._base import arguments
from ..._base.data_files import DataFile
from ..._base.typing import Float
from ...detectors.efficiency import UnitEfficiency
from ...detectors.energy import EnergyDetector
from ...detectors.quenching import LindhardQuenching
from ...detectors.resolution import GaussianSmearing
from ...detectors.response import BinnedDetector
from ...measuring.measurement import Measurement, Scattering
from ...measuring.terms.poisson import PoissonCounts
from ...nuclei.choice import FormFactorChoice, check_form_factor
from ...nuclei.target import natural_target
from ...parameters.parameter import Parameter
from ...parameters.strengths import SNS_FLUX, Part, Strength
from ...sources.live_time import beam_energy
from ...sources.pion_decay import pion_decay_at_rest
from ...stages.backgrounds import BinLevels
from ...stages.stage import Constant
from ..catalogue import check_variant, references

NAME = "coherent-ge-mini-2024"
GERMANIUM = 32
"""Protons of germanium."""
LEAST_STEADY = 0.01
"""Least strength of the steady-state background: without any, χ² is infinite, as bins without beam hold events."""
WIDTHS = 2.0 * math.sqrt(2.0 * math.log(2.0))
"""Full width at half maximum of a Gaussian, in standard deviations."""


@arguments.checked(variant=arguments.text, form_factor=check_form_factor)
def coherent_ge_mini_2024(variant: str = "grid", form_factor: FormFactorChoice = "helm") -> Measurement:
    """Return the measurement.

    Args:
        variant: ``grid``.
        form_factor: a name, or form factors of your own by nuclide (docs/nuclei.md).

    """
    check_variant(NAME, variant)
    data = DataFile("coherent_ge_mini_2024/measurement.toml")
    mass = data.number("detector.mass", "kg")
    energy, time = data.edges("binning.energy", "keV"), data.edges("binning.time", "us")
    included = _included(data, energy)
    prompt, delayed = _arrivals(data, time)
    beam_off = _counts(data, "off")
    steady = Strength("ss_norm", "ss", None)
    levels = tuple(f"ss_level_{k}" for k in range(1, len(energy)))
    return Measurement(
        name=NAME,
        title=data.get("title", str),
        references=references(NAME, variant),
        dataset=NAME,
        scattering=Scattering(
            source=pion_decay_at_rest(
                data.number("beam.neutrinos_per_flavour_and_proton", "1"),
                data.number("beam.protons_times_mass", "kg") / mass,
                data.number("beam.distance", "m"),
                live_time=beam_energy(data.number("beam.energy_times_mass", "GWh*kg") / mass),
            ),
            target=natural_target("ge", mass, form_factor),
            detector=BinnedDetector(
                energy=energy_detector(data, energy),
                spread=Constant(_with_beam(included[:, None] * np.array([prompt, delayed, delayed])[:, None, :])),
                others={"window": np.array([0.0, 1.0, 2.0]), "time [us]": time},
            ),
        ),
        backgrounds=(
            Constant(_on_axes(_with_beam(_neutrons(data, energy, included)[:, None] * prompt))),
            BinLevels(_on_axes(np.tile(beam_off.mean(axis=1, keepdims=True), 2 * len(time) - 2)), levels),
        ),
        strengths=(
            _signal_strength(data),
            Strength("brn_norm", "brn", _neutron_width(data)),
            steady,
        ),
        term=PoissonCounts(_on_axes(np.concatenate([_counts(data, "on"), beam_off], axis=1))),
        declared=(
            dataclasses.replace(steady.as_parameter(), bounds=(LEAST_STEADY, 10.0)),
            *(_level(name, low, high) for name, low, high in zip(levels, energy, energy[1:], strict=False)),
        ),
    )


def energy_detector(data: DataFile, edges: Float[np.ndarray, " edge"]) -> EnergyDetector:
    """Return the response in bins between `edges` [keV]: Lindhard's quenching, and a variance linear in the energy.

    Everything above the threshold of 1.5 keV is seen (arXiv:2406.13806: less than 1 % is lost there).
    """
    noise, line = (data.number(f"resolution.{key}", "keV") / WIDTHS for key in ("noise", "line"))
    k = data.get("quenching.lindhard_k", dict)
    return EnergyDetector(
        edges=edges,
        quenching=LindhardQuenching("ge", GERMANIUM, data.number("quenching.lindhard_k", "1"), k["uncertainty"]),
        smearing=GaussianSmearing(noise, (line**2 - noise**2) / data.number("resolution.line_energy", "keV")),
        efficiency=UnitEfficiency(),
        unit="keV",
    )


def _counts(data: DataFile, beam: str) -> Float[np.ndarray, "bin time"]:
    _, _, *columns = data.table(f"counts_beam_{beam}")
    return np.transpose(columns)


def _included(data: DataFile, edges: Float[np.ndarray, " edge"]) -> Float[np.ndarray, " bin"]:
    """Return 1 for each energy bin, 0 for those that the excluded range reaches into."""
    low, high = data.array("binning.excluded", "keV", 2)
    return np.where((edges[1:] > low) & (edges[:-1] < high), 0.0, 1.0)


def _arrivals(data: DataFile, edges: Float[np.ndarray, " edge"]) -> Float[np.ndarray, "distribution time"]:
    """Return the share of the prompt and of the delayed neutrinos in each time bin."""
    low, high, *shares = data.table("arrival_times")
    fine = np.append(low, high[-1])
    cumulative = [np.append(0.0, np.cumsum(share)) / np.sum(share) for share in shares]
    return np.array([np.diff(np.interp(edges, fine, total)) for total in cumulative])


def _with_beam(counts: Float[np.ndarray, "... time"]) -> Float[np.ndarray, "... cell"]:
    """Return what comes with the beam in the cells (window, time): nothing in the window without beam."""
    return np.concatenate([counts, np.zeros_like(counts)], axis=-1)


def _on_axes(counts: Float[np.ndarray, "bin cell"]) -> Float[np.ndarray, "bin window time"]:
    """Return the cells of the two windows on axes of their own."""
    return counts.reshape(len(counts), 2, -1)


def _neutrons(
    data: DataFile, edges: Float[np.ndarray, " edge"], included: Float[np.ndarray, " bin"]
) -> Float[np.ndarray, " bin"]:
    """Return the beam-related neutrons in each energy bin. Their spectrum is not published: it is taken as flat."""
    return included * data.number("brn.events", "counts") * np.diff(edges) / (edges[-1] - edges[0])


def _neutron_width(data: DataFile) -> float:
    return data.get("brn.events", dict)["uncertainty"] / data.number("brn.events", "counts")


def _signal_strength(data: DataFile) -> Strength:
    parts = (
        Part(frozenset(), data.number("pulls.flux", "1"), shared=SNS_FLUX),
        Part(frozenset({"r_n_ge"}), data.number("pulls.form_factor", "1")),
    )
    return Strength("cevns_norm", "cevns", data.number("pulls.signal", "1"), parts)


def _level(name: str, low: float, high: float) -> Parameter:
    text = f"steady-state background from {low:g} to {high:g} keV relative to the events without beam"
    return Parameter(name, "1", 1.0, (LEAST_STEADY, 5.0), r"\eta_\mathrm{ss}", text, nuisance=True, own=True)
