"""COHERENT CENNS-10 liquid argon, analysis A of 2020 (arXiv:2003.10630), from its data release (arXiv:2006.12659).

24 kg of argon at 27.5 m from the Spallation Neutron Source. Variants:
``1d``  energy alone, 12 bins, Gaussian, no resolution: the analysis of arXiv:2005.01645;
``2d``  energy and time, 12 × 10 bins, Gaussian, with all released alternative templates as linear nuisances: a
        reconstruction of the form used in arXiv:2202.11002, 2205.09484 and 2211.11905;
``3d``  energy, F90 and time, 12 × 8 × 10 bins, Poisson: COHERENT's own fit. Its templates can be moved through the
        released templates at ±1σ by parameters that are fixed unless they are constrained or fitted;
``2d-flavours``, ``3d-flavours``  the same with the arrival times of each flavour, from the proton pulse and the decays
        of the pion and of the muon. The released signal has a common time distribution for all energies, so prompt
        neutrinos, which end at 48 keV of recoil, are as frequent in every energy bin.
"""

import dataclasses
import math
from collections.abc import Mapping

import numpy as np

from ..._base import arguments
from ..._base.data_files import DataFile
from ...detectors.efficiency import TabulatedEfficiency
from ...detectors.energy import EnergyDetector
from ...detectors.quenching import PolynomialQuenching
from ...detectors.resolution import GaussianSmearing
from ...detectors.response import BinnedDetector
from ...detectors.time import TimeBins, time_shift
from ...measuring.measurement import Measurement, Scattering
from ...measuring.terms.gaussian import GaussianNumbers
from ...measuring.terms.poisson import PoissonCounts
from ...measuring.terms.term import Term
from ...nuclei.choice import FormFactorChoice, check_form_factor
from ...nuclei.target import Target, compound_target
from ...parameters.parameter import Gaussian, Parameter
from ...parameters.strengths import SNS_FLUX, Part, Strength
from ...sources.arrival_times import pulsed_decays
from ...sources.live_time import beam_energy
from ...sources.pion_decay import pion_decay_at_rest
from ...stages.morphing import (
    LinearDistortion,
    MorphedShape,
    Repeated,
    Template,
    TemplateSpread,
    Variation,
    morphed_shape,
    relative_shifts,
)
from ...stages.stage import Constant, Stage
from ..catalogue import check_variant, full_name, references

NAME = "coherent-lar-2020"

BACKGROUNDS = ("brn", "delayed_brn", "ss")
TIME_SHIFT = "time_shift_nu"
PIECES = 40
"""Parts of a bin of 10 keV: the efficiency is given every 0.5 keV, from 0.25 keV."""

MORPHING = {
    "lar_cevns_f90": ("cevns", "cevns_f90_up", "cevns_f90_down", "F90 of the signal"),
    "lar_cevns_time": ("cevns", "cevns_time_mean", None, "mean arrival time of the signal"),
    "lar_brn_energy": ("brn", "brn_energy_up", "brn_energy_down", "energy of the beam-related neutrons"),
    "lar_brn_time": ("brn", "brn_time_mean_up", "brn_time_mean_down", "mean arrival of the beam-related neutrons"),
    "lar_brn_time_width": ("brn", "brn_time_width", None, "width in time of the beam-related neutrons"),
}
"""Parameters of the templates of the fit in three dimensions: component, templates at +1σ and -1σ, what moves."""

SHIFTS = {
    "lar_cevns_f90_up": ("cevns", "cevns_f90_up", "signal with F90 +1σ"),
    "lar_cevns_f90_down": ("cevns", "cevns_f90_down", "signal with F90 -1σ"),
    "lar_cevns_time": ("cevns", "cevns_time_mean", "signal with another mean time"),
    "lar_brn_energy_up": ("brn", "brn_energy_up", "neutrons with energy +1σ"),
    "lar_brn_energy_down": ("brn", "brn_energy_down", "neutrons with energy -1σ"),
    "lar_brn_time_up": ("brn", "brn_time_mean_up", "neutrons with mean time +1σ"),
    "lar_brn_time_down": ("brn", "brn_time_mean_down", "neutrons with mean time -1σ"),
    "lar_brn_time_width": ("brn", "brn_time_width", "neutrons with another width in time"),
}
"""Nuisances of the fit in two dimensions: component, alternative template, what it is."""


@arguments.checked(variant=arguments.text, form_factor=check_form_factor)
def coherent_lar_2020(variant: str = "1d", form_factor: FormFactorChoice = "helm") -> Measurement:
    """Return the measurement.

    Args:
        variant: ``1d``, ``2d``, ``3d``, ``2d-flavours`` or ``3d-flavours``.
        form_factor: a name, or form factors of your own by nuclide (docs/nuclei.md).

    """
    check_variant(NAME, variant)
    data = DataFile("coherent_lar_2020/measurement.toml")
    analysis = "analysis" if variant == "1d" else "release"
    target = compound_target(
        data.get("detector.nuclides", list),
        data.number(f"detector.mass_{analysis}", "kg"),
        data.number("detector.molar_mass", "g/mol"),
        form_factor,
    )
    dimensions, _, flavours = variant.partition("-")
    build = {"1d": _energy, "2d": _energy_time, "3d": _energy_f90_time}[dimensions]
    detector, backgrounds, term, nuisances = build(data, _templates(data), bool(flavours))
    return Measurement(
        name=full_name(NAME, variant),
        title=data.get("title", str),
        references=references(NAME, variant),
        dataset="coherent-lar",
        scattering=Scattering(
            source=pion_decay_at_rest(
                data.number("beam.neutrinos_per_flavour_and_proton", "1"),
                data.number(f"beam.protons_on_target_{analysis}", "1"),
                data.number("beam.distance", "m"),
                live_time=beam_energy(data.number("beam.energy", "GWh")),
            ),
            target=target,
            detector=detector,
        ),
        backgrounds=backgrounds,
        strengths=_strengths(data, dimensions, target),
        term=term,
        declared=nuisances,
    )


Parts = tuple[BinnedDetector, tuple[Stage, ...], Term, tuple[Parameter, ...]]
"""Detector, backgrounds, what was observed, nuisances."""


@dataclasses.dataclass(frozen=True)
class Templates:
    """The released templates by name, each a shape in energy and F90 times a shape in time; and the data."""

    shape: Mapping[str, np.ndarray]
    """Counts (energy, F90)."""
    time: Mapping[str, np.ndarray]
    """Share of each time bin."""
    observed: np.ndarray
    """Counts (energy, F90, time)."""

    @property
    def bins(self) -> int:
        """Return the number of energy bins."""
        return len(self.observed)

    def energy_time(self, name: str) -> np.ndarray:
        """Return the counts (energy, time) of a template."""
        return self.shape[name].sum(axis=1)[:, None] * self.time[name]


def _templates(data: DataFile) -> Templates:
    grid = [len(data.edges(f"binning.{axis}", unit)) - 1 for axis, unit in (("energy", "keV"), ("f90", "1"))]
    names = [column.partition(" ")[0] for column in data.get("tables.time.columns", list)[2:]]
    return Templates(
        shape={name: counts.reshape(grid) for name, counts in zip(names, data.table("energy_f90")[4:], strict=True)},
        time=dict(zip(names, data.table("time")[2:], strict=True)),
        observed=data.table("counts")[4:].T.reshape(*grid, -1),
    )


def _energy(data: DataFile, templates: Templates, flavours: bool) -> Parts:
    """Return the fit in energy: the steady state is subtracted from the data, the neutrons have errors in each bin."""
    neutrons = [templates.shape[name].sum(axis=1) for name in ("brn", "delayed_brn")]
    energy = _energy_detector(data, smeared=False)
    _, _, excess, error = data.table("energy_excess")
    return (
        BinnedDetector(energy=energy, spread=Constant(np.ones((3, 1))), others={}),
        tuple(map(Constant, neutrons)),
        GaussianNumbers(excess, np.hypot(error, data.number("pulls.shape", "1") * sum(neutrons))),
        (),
    )


def _energy_time(data: DataFile, templates: Templates, flavours: bool) -> Parts:
    """Return the fit in energy and time: F90 summed, the variance of a bin that of its counts and of the template."""

    def distorted(component: str, nominal: Stage) -> Stage:
        chosen = {name: column for name, (of, column, _) in SHIFTS.items() if of == component}
        shifts = [templates.energy_time(column) for column in chosen.values()]
        return LinearDistortion(nominal, relative_shifts(templates.energy_time(component), shifts), tuple(chosen))

    time, shifts = _arrivals(data, Constant(templates.time["cevns"]), flavours)
    detector = BinnedDetector(
        energy=_energy_detector(data, smeared=True),
        spread=distorted("cevns", TemplateSpread(Constant(np.ones(templates.bins)), time, templates.bins)),
        others={"time [us]": data.edges("binning.time", "us")},
        spread_parameters=shifts,
    )
    brn, delayed_brn, ss = (Constant(templates.energy_time(name)) for name in BACKGROUNDS)
    observed = templates.observed.sum(axis=1)
    errors = np.sqrt(observed + ss.value / data.number("pulls.steady_state_exposure", "1"))
    nuisances = tuple(
        _template_parameter(name, f"share of the released {text}", Gaussian(0.0, 1.0))
        for name, (_, _, text) in SHIFTS.items()
    )
    return detector, (distorted("brn", brn), delayed_brn, ss), GaussianNumbers(observed, errors), nuisances


def _energy_f90_time(data: DataFile, templates: Templates, flavours: bool) -> Parts:
    """Return the fit in energy, F90 and time: the signal is scaled to what the release expects in each energy bin."""
    morphing = {name: entry for name, entry in MORPHING.items() if not (flavours and name == "lar_cevns_time")}

    def morphed(component: str, tables: Mapping[str, np.ndarray], factors: np.ndarray | None = None) -> MorphedShape:
        variations: dict[str, Variation] = {
            name: (tables[up].ravel(), None if down is None else tables[down].ravel())
            for name, (of, up, down, _) in morphing.items()
            if of == component
        }
        return morphed_shape(tables[component].ravel(), variations, factors)

    signal = templates.shape["cevns"]
    acceptance = data.array(f"acceptance.{'flavours' if flavours else 'release'}", "1", templates.bins)
    expected = signal.sum(axis=1)
    share = np.divide(acceptance, expected, out=np.zeros_like(expected), where=expected > 0)
    time, shifts = _arrivals(data, morphed("cevns", templates.time), flavours)
    detector = BinnedDetector(
        energy=_energy_detector(data, smeared=True),
        spread=TemplateSpread(
            morphed("cevns", templates.shape, np.repeat(share, signal.shape[1])), time, templates.bins
        ),
        others={"F90": data.edges("binning.f90", "1"), "time [us]": data.edges("binning.time", "us")},
        spread_parameters=shifts,
    )
    backgrounds = tuple(
        Template(morphed(name, templates.shape), morphed(name, templates.time), signal.shape) for name in BACKGROUNDS
    )
    nuisances = tuple(
        _template_parameter(name, f"{text}, ±1 at the released ±1σ templates", None)
        for name, (_, _, _, text) in morphing.items()
    )
    return detector, backgrounds, PoissonCounts(templates.observed), nuisances


def _arrivals(data: DataFile, released: Stage, flavours: bool) -> tuple[Stage, tuple[Parameter, ...]]:
    """Return the share of each time bin for each flavour, that released for all or those of the decays."""
    if not flavours:
        return Repeated(released, 3), ()
    decays = pulsed_decays(data.number("pulse.mean", "us"), data.number("pulse.width", "us"))
    edges = data.edges("binning.time", "us")
    return TimeBins(decays, edges, TIME_SHIFT), (time_shift(TIME_SHIFT, "the neutrinos"),)


def _energy_detector(data: DataFile, smeared: bool) -> EnergyDetector:
    """Return the energy response; without resolution as in arXiv:2005.01645.

    It is that of nuclear recoils: electrons are taken out by the cut on F90, which the released efficiency holds.
    """
    a, b = data.number("quenching.a", "1"), 1e3 * data.number("quenching.b", "1/keV")
    return EnergyDetector(
        edges=data.edges("binning.energy", "keV"),
        quenching=PolynomialQuenching(np.array([a, b]), np.zeros((0, 2))),
        smearing=GaussianSmearing(0.0, data.number("smearing.variance", "keV")) if smeared else None,
        efficiency=TabulatedEfficiency(*data.table("efficiency")),
        unit="keV",
        pieces=PIECES,
        unquenched=None,
    )


def _template_parameter(name: str, text: str, constraint: Gaussian | None) -> Parameter:
    latex = rf"\xi_\mathrm{{{name.removeprefix('lar_').replace('_', ' ')}}}"
    return Parameter(name, "1", 0.0, (-5.0, 5.0), latex, text, constraint, own=True)


def _strengths(data: DataFile, dimensions: str, target: Target) -> tuple[Strength, ...]:
    width = {key: data.number(f"pulls.{key}", "1") for key in data.get("pulls", dict)}
    if dimensions == "3d":
        expected = {name: data.array(f"expected.{name}", "counts", 2) for name in ("cevns", *BACKGROUNDS)}
        widths = {name: float(error / counts) for name, (counts, error) in expected.items()}
    else:
        signal = width["signal" if dimensions == "1d" else "signal_energy_time"]
        widths = {"cevns": signal, **{name: width[name] for name in BACKGROUNDS}}
    if dimensions == "1d":
        del widths["ss"]
    radii = frozenset(f"r_n_{nucleus.element}" for nucleus in target.nuclides)
    parts = (
        Part(frozenset(), width["flux"], shared=SNS_FLUX),
        Part(radii, math.sqrt(width["signal"] ** 2 - width["signal_radius_fitted"] ** 2)),
    )
    return tuple(
        Strength(f"{name}_norm", name, value, parts if name == "cevns" else ()) for name, value in widths.items()
    )
