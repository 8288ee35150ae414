"""XENONnT: solar ⁸B neutrinos in the science runs SR0, SR1 and SR2 (arXiv:2408.02877, 2604.06002).

Liquid xenon, 6.77 t·y. Each run has 3×3×3×3 bins: S2 area, what went before it in time (S2pre/Δt), and the scores of
two boosted decision trees for the S1 and the S2 signal. The signal is folded with the released templates of
mono-energetic nuclear recoils, which move with the yields of light (t_ly) and of charge (t_qy).
Variants: all runs, or ``sr0-sr1``, those of the first publication.
"""

import numpy as np

from ..._base import arguments
from ..._base.data_files import DataFile
from ...detectors.templates import Morph, Morphed, TemplateDetector, morph
from ...measuring.measurement import Measurement, Scattering
from ...measuring.terms.poisson import PoissonCounts
from ...nuclei.choice import FormFactorChoice, check_form_factor
from ...nuclei.target import natural_target
from ...parameters.parameter import Gaussian, Parameter
from ...parameters.strengths import Strength
from ...sources.solar import YEAR, b8_flux_norm, solar_neutrinos
from ...stages.stage import Constant, OnAxes, Stage
from ..catalogue import check_variant, full_name, references

NAME = "xenonnt-8b"
RUNS = {"all": ("sr0", "sr1", "sr2"), "sr0-sr1": ("sr0", "sr1")}

TONNE = 1000.0
"""Mass [kg] of the target: the exposures are in t·y."""
SIDE = 3
"""Bins of a run along each axis."""


@arguments.checked(variant=arguments.text, form_factor=check_form_factor)
def xenonnt_8b(variant: str = "all", form_factor: FormFactorChoice = "helm") -> Measurement:
    """Return the measurement.

    Args:
        variant: ``all`` or ``sr0-sr1``.
        form_factor: a name, or form factors of your own by nuclide (docs/nuclei.md).

    """
    check_variant(NAME, variant)
    data, runs = DataFile("xenonnt_8b/measurement.toml"), RUNS[variant]
    exposure = data.array("runs.exposure", "t*y")[: len(runs)]
    templates = {name: values[: len(runs)] for name, values in data.arrays("templates").items()}
    grid = (SIDE * len(runs), SIDE, SIDE, SIDE)
    morphs = (_yield(data, "t_ly", "light"), _yield(data, "t_qy", "charge"))
    width = {key: data.number(f"pulls.{key}", "1") for key in data.get("pulls", dict)}
    return Measurement(
        name=full_name(NAME, variant),
        title=data.get("title", str),
        references=references(NAME, variant),
        dataset=NAME,
        scattering=Scattering(
            source=solar_neutrinos(YEAR, ("b8",)),
            target=natural_target("xe", TONNE, form_factor),
            detector=TemplateDetector(
                energy=1e-3 * data.array("templates.recoil_energy", "keV"),
                templates=_exposed(templates["signal"], exposure),
                morphs=morphs,
                edges=_axes(len(runs)),
            ),
        ),
        backgrounds=(
            *(OnAxes(_one_run(templates["accidental"], exposure, run), grid) for run in range(len(runs))),
            OnAxes(Constant(_exposed(templates["electron_recoil"], exposure)), grid),
            OnAxes(Morphed(Constant(_exposed(templates["neutron"], exposure)), morphs), grid),
        ),
        strengths=(
            Strength("cevns_norm", "cevns", width["signal_efficiency"], scales=("b8_flux_norm",)),
            *(Strength(f"ac_{run}_norm", f"ac_{run}", width[f"accidental_{run}"]) for run in runs),
            Strength("er_norm", "er", width["electron_recoil"]),
            Strength("neutron_norm", "neutron", width["neutron"]),
        ),
        term=PoissonCounts(_observed(data, runs).reshape(grid)),
        declared=(b8_flux_norm(),),
    )


def _yield(data: DataFile, name: str, what: str) -> Morph:
    """Return the morphing along the yield of light or charge, in standard deviations from its median."""
    anchors = data.array(f"templates.{what}_yield", "1")
    parameter = Parameter(
        name=name,
        unit="1",
        default=0.0,
        bounds=(float(anchors[0]), float(anchors[-1])),
        latex=rf"t_\mathrm{{{name.removeprefix('t_')}}}",
        description=f"{what} yield of nuclear recoils, in standard deviations",
        constraint=Gaussian(0.0, data.number("pulls.yield", "1")),
        own=True,
    )
    return morph(parameter, anchors)


def _axes(runs: int) -> dict[str, np.ndarray]:
    """Return the axes: bins of S2 area, run after run, then the other three, all by number."""
    others = ("S2pre/Δt bin [1]", "S1 score bin [1]", "S2 score bin [1]")
    return {"S2 area bin, by run [1]": np.arange(SIDE * runs + 1.0)} | {name: np.arange(SIDE + 1.0) for name in others}


def _exposed(templates: np.ndarray, exposure: np.ndarray) -> np.ndarray:
    """Return `templates` (run, …, S2 area, S2pre, S1, S2) × `exposure` of the runs as (…, bin, cell)."""
    scaled = templates * exposure.reshape(-1, *[1] * (templates.ndim - 1))
    last = np.moveaxis(scaled, 0, -5)
    return last.reshape(*last.shape[:-5], SIDE * len(exposure), SIDE**3)


def _one_run(templates: np.ndarray, exposure: np.ndarray, run: int) -> Stage:
    """Return the counts of the accidental coincidences of a single run, 0 in the bins of the others."""
    return Constant(_exposed(templates, np.where(np.arange(len(exposure)) == run, exposure, 0.0)))


def _observed(data: DataFile, runs: tuple[str, ...]) -> np.ndarray:
    """Return the events in each bin and cell."""
    run, *events = data.table("events")
    counts = []
    for number, name in enumerate(runs):
        edges = [
            data.edges(f"binning.{axis}", unit)
            for axis, unit in (
                (f"cs2_{name}", "PE"),
                ("s2_pre_quantile", "1"),
                (f"s1_bdt_{name}", "1"),
                (f"s2_bdt_{name}", "1"),
            )
        ]
        counts.append(np.histogramdd(np.transpose(events)[run == number], bins=edges)[0])
    return np.reshape(counts, (SIDE * len(runs), SIDE**3))
