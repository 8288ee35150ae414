"""PandaX-4T: solar ⁸B neutrinos, counted in paired and in S2-only data (arXiv:2407.10892).

Two Poisson terms from the published counts. The paired data have the shape of the published efficiency, the S2-only
data (US2) a constant efficiency from their threshold on; both are scaled to the published best fit.
"""

import numpy as np

from ..._base import arguments
from ..._base.data_files import DataFile
from ...detectors.templates import TemplateDetector
from ...measuring.measurement import Measurement, Scattering
from ...measuring.terms.poisson import PoissonCounts
from ...nuclei.choice import FormFactorChoice, check_form_factor
from ...nuclei.target import natural_target
from ...parameters.strengths import Strength
from ...sources.solar import YEAR, b8_flux_norm, solar_neutrinos
from ...stages.stage import Constant
from ..catalogue import check_variant, references

NAME = "pandax4t-8b"
SAMPLES = ("paired", "us2")

TONNE = 1000.0
"""Mass [kg] of the target: the exposures are in t·y."""


@arguments.checked(variant=arguments.text, form_factor=check_form_factor)
def pandax4t_8b(variant: str = "counts", form_factor: FormFactorChoice = "helm") -> Measurement:
    """Return the measurement.

    Args:
        variant: ``counts``.
        form_factor: a name, or form factors of your own by nuclide (docs/nuclei.md).

    """
    check_variant(NAME, variant)
    data = DataFile("pandax4t_8b/measurement.toml")
    background = np.array([data.number(f"{sample}.background", "counts") for sample in SAMPLES])
    error = np.array([data.get(f"{sample}.background.uncertainty", float) for sample in SAMPLES])
    return Measurement(
        name=NAME,
        title=data.get("title", str),
        references=references(NAME, variant),
        dataset=NAME,
        scattering=Scattering(
            solar_neutrinos(YEAR, ("b8",)), natural_target("xe", TONNE, form_factor), _detector(data)
        ),
        backgrounds=tuple(Constant(np.where(np.eye(2)[k] > 0, background[k], 0.0)) for k in range(2)),
        strengths=(
            Strength("cevns_norm", "cevns", None, scales=("b8_flux_norm",)),
            *(
                Strength(f"{sample}_background_norm", f"{sample}_background", float(error[k] / background[k]))
                for k, sample in enumerate(SAMPLES)
            ),
        ),
        term=PoissonCounts(np.array([data.number(f"{sample}.observed", "counts") for sample in SAMPLES])),
        declared=(b8_flux_norm(),),
    )


def _detector(data: DataFile) -> TemplateDetector:
    """Return the two samples as bins, with the exposure of each in t·y in their templates; up to 5 keV."""
    energy, paired = data.table("efficiency_paired")
    threshold = data.number("us2.threshold", "keV")
    points = np.array([threshold, energy[0] - 1e-6, *energy, 5.0])
    paired = np.interp(points, energy, paired, left=0.0)
    templates = np.stack(
        [
            data.number("paired.exposure", "t*y") * data.number("paired.efficiency_scale", "1") * paired,
            np.full(len(points), data.number("us2.exposure", "t*y") * data.number("us2.efficiency", "fraction")),
        ],
        axis=1,
    )
    return TemplateDetector(1e-3 * points, templates[:, :, None], (), {"sample [1]": np.arange(3.0)})
