"""Liquid xenon in which solar neutrinos scatter off electrons: LZ, XENONnT and PandaX-4T.

Counts in bins of electron-equivalent energy. The signal is elastic scattering of all solar neutrinos; the background is
the published fit less the scattering in the Standard Model, so that at the defaults the prediction is that fit. The
counts of LZ, the efficiencies and the fits are compilations of others, in part digitised (data/lz_er and the others).

* ``lz-er``: WS2022 (0.90 t·y) and WS2024 (3.3 t·y), 19 bins (arXiv:2511.17350), Poisson; in WS2022 with the line of
  37Ar at 2.8 keV (arXiv:2207.05036). Efficiency against the true energy.
* ``xenonnt-er``: 1.16 t·y, 15 bins up to 30 keV (arXiv:2207.11330), ``poisson``, or ``gaussian`` with the background
  known exactly (arXiv:2309.04117 Eq. 4.5). Efficiency against the reconstructed energy.
* ``pandax4t-er``: Run1, 1.0 t·y, 29 bins (arXiv:2408.07641), Poisson. Efficiency against the true energy.

Efficiencies against the true energy fall towards the end of the window, which they contain; the bins contain it too.
Hence they are taken as constant from their maximum on.
"""

import numpy as np

from ..._base import arguments
from ..._base.data_files import DataFile
from ..._base.typing import Float
from ...detectors.efficiency import TabulatedEfficiency, UnitEfficiency
from ...detectors.energy import EnergyDetector
from ...detectors.quenching import Unquenched
from ...detectors.resolution import GaussianSmearing
from ...detectors.response import BinnedDetector
from ...measuring.measurement import Measurement, Scattering
from ...measuring.terms.gaussian import GaussianNumbers
from ...measuring.terms.poisson import PoissonCounts
from ...measuring.terms.term import Term
from ...nuclei.target import natural_target
from ...parameters.strengths import Strength
from ...sources.solar import YEAR, solar_neutrinos
from ...stages.stage import Constant, Stage
from ..catalogue import CATALOGUE, check_variant, full_name, references

TONNE = 1000.0
"""Mass [kg] of a tonne: the exposures are in t·y."""
END = 1.0 + 1e-9
"""Where an efficiency ends, relative to its last energy."""


@arguments.checked(variant=arguments.text)
def lz_er(variant: str = "ws2022") -> Measurement:
    """Return LZ: the run ``ws2022`` or ``ws2024``."""
    data = _data("lz-er", variant)
    edges, observed, background = _spectrum(data, f"spectrum_{variant}")
    backgrounds: tuple[Stage, ...] = (Constant(background),)
    strengths = (*_strengths(data),)
    if variant == "ws2022":
        line = _line(data, edges)
        backgrounds = (Constant(background - line), Constant(line))
        strengths = (*strengths, Strength("ar37_norm", "ar37", data.number("pulls.argon", "1")))
    return _measurement(
        data=data,
        variant=variant,
        dataset=f"lz-er-{variant}",
        exposure=data.number(f"exposure.{variant}", "t*y"),
        detector=EnergyDetector(
            edges=edges,
            quenching=Unquenched(),
            smearing=_lz_smearing(data),
            efficiency=UnitEfficiency(),
            unit="keV",
            acceptance=_acceptance(data, f"efficiency_{variant}"),
        ),
        backgrounds=backgrounds,
        strengths=strengths,
        term=PoissonCounts(observed),
    )


@arguments.checked(variant=arguments.text)
def xenonnt_er(variant: str = "poisson") -> Measurement:
    """Return XENONnT, ``poisson`` or ``gaussian``."""
    data = _data("xenonnt-er", variant)
    edges, observed, background = _spectrum(data, "spectrum")
    gaussian = variant == "gaussian"
    signal, others = _strengths(data)
    return _measurement(
        data=data,
        variant=variant,
        dataset="xenonnt-er",
        exposure=data.number("exposure.sr0", "t*y"),
        detector=EnergyDetector(
            edges=edges,
            quenching=Unquenched(),
            smearing=GaussianSmearing(
                0.0, data.number("resolution.slope", "keV"), powers=(data.number("resolution.linear", "1"),)
            ),
            efficiency=TabulatedEfficiency(*data.table("efficiency")),
            unit="keV",
        ),
        backgrounds=(Constant(background),),
        strengths=(signal, Strength(others.parameter, others.component, None) if gaussian else others),
        term=GaussianNumbers(observed, np.sqrt(observed)) if gaussian else PoissonCounts(observed),
    )


@arguments.checked(variant=arguments.text)
def pandax4t_er(variant: str = "run1") -> Measurement:
    """Return PandaX-4T, ``run1``."""
    data = _data("pandax4t-er", variant)
    edges, observed, background = _spectrum(data, "spectrum")
    powers = (("linear", "1"), ("quadratic", "1/keV"), ("cubic", "1/keV^2"))
    return _measurement(
        data=data,
        variant=variant,
        dataset="pandax4t-er",
        exposure=data.number("exposure.run1", "t*y"),
        detector=EnergyDetector(
            edges=edges,
            quenching=Unquenched(),
            smearing=GaussianSmearing(
                data.number("resolution.noise", "keV"),
                0.0,
                powers=tuple(data.number(f"resolution.{key}", unit) for key, unit in powers),
            ),
            efficiency=UnitEfficiency(),
            unit="keV",
            acceptance=_acceptance(data, "efficiency"),
        ),
        backgrounds=(Constant(background),),
        strengths=_strengths(data),
        term=PoissonCounts(observed),
    )


def _data(name: str, variant: str) -> DataFile:
    check_variant(name, variant)
    return DataFile(f"{CATALOGUE[name].folder}/measurement.toml")


def _spectrum(
    data: DataFile, table: str
) -> tuple[Float[np.ndarray, " edge"], Float[np.ndarray, " bin"], Float[np.ndarray, " bin"]]:
    """Return the edges of the bins [keV], the events, and the fit of the background less the solar neutrinos."""
    low, high, observed, fit, solar = data.table(table)
    return np.append(low, high[-1]), observed, fit - solar


def _strengths(data: DataFile) -> tuple[Strength, Strength]:
    return (
        Strength("es_norm", "es", data.number("pulls.solar", "1")),
        Strength("background_norm", "background", data.number("pulls.background", "1")),
    )


def _lz_smearing(data: DataFile) -> GaussianSmearing:
    return GaussianSmearing(0.0, data.number("resolution.slope", "keV"))


def _line(data: DataFile, edges: Float[np.ndarray, " edge"]) -> Float[np.ndarray, " bin"]:
    """Return the events of the K capture of ³⁷Ar in each bin."""
    smearing, energy = _lz_smearing(data), np.array([data.number("argon.energy", "keV")])
    nominal = {parameter.name: parameter.default for parameter in smearing.parameters()}
    cumulative = smearing.cumulative(edges, energy, nominal)[:, 0]
    return data.number("argon.ws2022", "counts") * np.diff(cumulative)


def _acceptance(data: DataFile, table: str) -> TabulatedEfficiency:
    """Return the efficiency against the true energy, constant from its maximum to where it ends."""
    energy, efficiency = data.table(table)
    last = max(data.number("efficiency.highest", "keV"), energy[-1])
    rising = np.maximum.accumulate(efficiency)
    energies = np.concatenate([energy[energy < last], [last, END * last]])
    return TabulatedEfficiency(energies, np.append(rising[energy < last], [rising[-1], 0.0]))


def _measurement(
    data: DataFile,
    variant: str,
    dataset: str,
    exposure: float,
    detector: EnergyDetector,
    backgrounds: tuple[Stage, ...],
    strengths: tuple[Strength, ...],
    term: Term,
) -> Measurement:
    name = data.get("name", str)
    return Measurement(
        name=full_name(name, variant),
        title=data.get("title", str),
        references=references(name, variant),
        dataset=dataset,
        scattering=Scattering(
            source=solar_neutrinos(YEAR),
            target=natural_target("xe", exposure * TONNE, "helm"),
            detector=BinnedDetector(energy=detector, spread=Constant(np.ones((3, 1))), others={}),
            recoils="electron",
        ),
        backgrounds=backgrounds,
        strengths=strengths,
        term=term,
    )
