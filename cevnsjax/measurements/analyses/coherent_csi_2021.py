"""COHERENT CsI[Na], full data set of 2021 (arXiv:2110.07730), in the analysis of arXiv:2303.09360.

14.6 kg of CsI[Na] at 19.3 m from the Spallation Neutron Source; 9 bins in photo-electrons × 11 in time.
Variants: the default has the flat pulls of 2303.09360 Eq. 10 (12 % on the signal); ``shape`` has the released quenching
and efficiency variations as shape nuisances, and on the signal only the flux and form-factor part, 10 % ⊕ 3.4 %.
"""

import dataclasses
import math
from collections.abc import Sequence

import numpy as np

from ..._base import arguments
from ..._base.data_files import DataFile
from ..._base.errors import DataError, InputError
from ...detectors.efficiency import EFFICIENCY, EFFICIENCY_SHAPE, LogisticEfficiency
from ...detectors.energy import EnergyDetector
from ...detectors.quenching import QUENCHING, QUENCHING_SHAPES, PolynomialQuenching
from ...detectors.resolution import GammaSmearing
from ...detectors.response import BinnedDetector
from ...detectors.time import TimeWindow, time_shift
from ...measuring.measurement import Measurement, Scattering
from ...measuring.terms.poisson import PoissonCounts
from ...nuclei.choice import FormFactorChoice, check_form_factor
from ...nuclei.target import Target, compound_target
from ...parameters.parameter import Gaussian, Parameter
from ...parameters.strengths import SNS_FLUX, Part, Strength
from ...sources.arrival_times import ArrivalTimes, arrival_times
from ...sources.live_time import beam_energy
from ...sources.pion_decay import pion_decay_at_rest
from ...stages.backgrounds import Background, exponential_shape, histogram_shape
from ...stages.stage import Constant
from ..catalogue import check_variant, full_name, references

NAME = "coherent-csi-2021"

Edges = Sequence[float | int] | np.ndarray

_CUBIC = ["1", "1/MeV", "1/MeV^2", "1/MeV^3"]
_LOGISTIC = ["1", "1/PE", "PE", "1"]


@arguments.checked(variant=arguments.text, form_factor=check_form_factor)
def coherent_csi_2021(
    variant: str = "flat",
    form_factor: FormFactorChoice = "helm",
    energy_edges: Edges | None = None,
    time_edges: Edges | None = None,
) -> Measurement:
    """Return the measurement.

    Args:
        variant: ``flat`` or ``shape``.
        form_factor: a name, or form factors of your own by nuclide (docs/nuclei.md).
        energy_edges: other bin edges than published, from 0 to 60 photo-electrons.
        time_edges: other bin edges than published, from 0 to 6 µs.

    """
    check_variant(NAME, variant)
    data = DataFile("coherent_csi_2021/measurement.toml")
    target = compound_target(
        data.get("detector.nuclides", list),
        data.number("detector.mass", "kg"),
        data.number("detector.molar_mass", "g/mol"),
        form_factor,
    )
    window = TimeWindow(
        edges=_edges(data, "time", "us", time_edges),
        onset=data.number("time_efficiency.onset", "us"),
        rate=data.number("time_efficiency.rate", "1/us"),
    )
    energy = _energy_detector(data, _edges(data, "energy", "PE", energy_edges))
    detector = BinnedDetector(
        energy=energy,
        spread=window.binned(_neutrino_arrivals(data), "time_shift_nu"),
        others={"time [us]": window.edges},
        spread_parameters=window.parameters(),
    )
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
                live_time=beam_energy(data.number("beam.energy", "GWh")),
            ),
            target=target,
            detector=detector,
        ),
        backgrounds=(
            _neutrons(data, "brn", energy.edges, window),
            _neutrons(data, "nin", energy.edges, window),
            _steady_state(data, energy.edges, window),
        ),
        strengths=_strengths(data, variant, target),
        term=PoissonCounts(_binned_events(data, "coincidence", energy.edges, window.edges)),
        declared=_nuisances(variant, energy),
    )


def _edges(data: DataFile, axis: str, unit: str, chosen: Edges | None) -> np.ndarray:
    """Return the published bin edges of an axis, or those chosen if they lie within these."""
    published = data.edges(f"binning.{axis}", unit)
    if chosen is None:
        return published
    edges = np.asarray(chosen, float)
    low, high = published[0], published[-1]
    if edges.ndim != 1 or len(edges) < 2 or not np.all(np.diff(edges) > 0) or edges[0] < low or edges[-1] > high:
        raise InputError(
            f"{axis}_edges: expected increasing edges from {low:g} to {high:g} {unit}, found {edges.tolist()}"
        )
    return edges


def _energy_detector(data: DataFile, edges: np.ndarray) -> EnergyDetector:
    return EnergyDetector(
        edges=edges,
        quenching=PolynomialQuenching(
            data.array("quenching.coefficients", _CUBIC),
            np.array([data.array(f"quenching.variation_{k}", _CUBIC) for k in (0, 1)]),
        ),
        smearing=GammaSmearing(data.number("smearing.mean_inverse", "keV"), data.number("smearing.shape", "1/keV")),
        efficiency=LogisticEfficiency(
            data.array("efficiency.coefficients", _LOGISTIC), data.array("efficiency.variation", _LOGISTIC)
        ),
        unit="PE",
    )


def _neutrino_arrivals(data: DataFile) -> ArrivalTimes:
    low, high, nu_e, nu_mu, nu_mu_bar = data.table("arrival_times")
    return arrival_times(np.append(low, high[-1]), np.array([nu_mu, nu_e, nu_mu_bar]))


def _neutrons(data: DataFile, name: str, energy_edges: np.ndarray, window: TimeWindow) -> Background:
    """Return beam-related (brn) or neutrino-induced (nin) neutrons.

    The released time histogram counts the whole photo-electron range of the energy histogram, without ε_T.
    """
    energy_low, energy_high, weight = data.table(f"{name}_energy")
    low, high, counts = data.table(f"{name}_time")
    arrivals = arrival_times(np.append(low, high[-1]), counts[None, :])
    return Background(
        energy=histogram_shape(energy_low, energy_high, weight, energy_edges),
        time=window.binned(arrivals, f"time_shift_{name}"),
    )


def _steady_state(data: DataFile, energy_edges: np.ndarray, window: TimeWindow) -> Background:
    """Return the steady-state background: anti-coincidence spectrum × exp(-rate t), COHERENT's own time shape."""
    spectrum = _binned_events(data, "anticoincidence", energy_edges, window.edges).sum(axis=1)
    shape = exponential_shape(window.edges, data.number("steady_state.rate", "1/us"))
    return Background(energy=spectrum, time=Constant(shape[None, :]))


def _binned_events(data: DataFile, gate: str, energy_edges: np.ndarray, time_edges: np.ndarray) -> np.ndarray:
    """Return the events of a gate in the bins; in the published bins they must be the counts in the data."""
    energy, time = data.table(f"events_{gate}")
    published = [data.edges("binning.energy", "PE"), data.edges("binning.time", "us")]
    _, _, *columns = data.table(f"counts_{gate}")
    if not np.array_equal(np.histogram2d(energy, time, bins=published)[0], np.transpose(columns)):
        raise DataError(
            f"{data.path.with_name(f'counts_{gate}.csv')}: expected the events of events_{gate}.csv in the bins of "
            f"{data.path.name}, found other counts"
        )
    return np.histogram2d(energy, time, bins=[energy_edges, time_edges])[0]


def _strengths(data: DataFile, variant: str, target: Target) -> tuple[Strength, ...]:
    width = {key: data.number(f"pulls.{key}", "1") for key in data.get("pulls", dict)}
    radii = frozenset(f"r_n_{nucleus.element}" for nucleus in target.nuclides)
    flux = Part(frozenset(), width["flux"], shared=SNS_FLUX)
    form_factor = Part(radii, width["form_factor"])
    if variant == "shape":
        signal = Strength("cevns_norm", "cevns", math.hypot(width["flux"], width["form_factor"]), (flux, form_factor))
    else:
        quenching = Part(frozenset((*QUENCHING, *QUENCHING_SHAPES)), width["quenching"])
        efficiency = Part(frozenset((*EFFICIENCY, EFFICIENCY_SHAPE)), width["efficiency"])
        signal = Strength("cevns_norm", "cevns", width["signal"], (flux, form_factor, quenching, efficiency))
    return (
        signal,
        Strength("brn_norm", "brn", width["brn"]),
        Strength("nin_norm", "nin", width["nin"]),
        Strength("ss_norm", "ss", width["steady_state"]),
    )


def _nuisances(variant: str, detector: EnergyDetector) -> tuple[Parameter, ...]:
    shifts = (
        time_shift("time_shift_nu", "the neutrinos"),
        time_shift("time_shift_brn", "the beam-related neutrons"),
        time_shift("time_shift_nin", "the neutrino-induced neutrons"),
    )
    if variant == "flat":
        return shifts
    shapes = {*QUENCHING_SHAPES, EFFICIENCY_SHAPE}
    pulled = (dataclasses.replace(p, constraint=Gaussian(0.0, 1.0)) for p in detector.parameters() if p.name in shapes)
    return (*shifts, *pulled)
