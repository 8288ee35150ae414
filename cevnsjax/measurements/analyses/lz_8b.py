"""LUX-ZEPLIN: solar ⁸B neutrinos, as an equivalent counting experiment (arXiv:2512.08065).

The counts of LZ are not at hand. This is a Poisson term with the published efficiency, whose events, background and
uncertainty of the efficiency are those that give the flux of the publication, its interval and the 4.5σ.
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

NAME = "lz-8b"

TONNE = 1000.0
"""Mass [kg] of the target: the exposure is in t·y."""


@arguments.checked(variant=arguments.text, form_factor=check_form_factor)
def lz_8b(variant: str = "equivalent", form_factor: FormFactorChoice = "helm") -> Measurement:
    """Return the measurement.

    Args:
        variant: ``equivalent``.
        form_factor: a name, or form factors of your own by nuclide (docs/nuclei.md).

    """
    check_variant(NAME, variant)
    data = DataFile("lz_8b/measurement.toml")
    energy, efficiency = data.table("efficiency")
    exposure = data.number("counting.exposure", "t*y")
    return Measurement(
        name=NAME,
        title=data.get("title", str),
        references=references(NAME, variant),
        dataset=NAME,
        scattering=Scattering(
            source=solar_neutrinos(YEAR, ("b8",)),
            target=natural_target("xe", TONNE, form_factor),
            detector=TemplateDetector(
                1e-3 * energy, exposure * efficiency[:, None, None], (), {"sample [1]": np.arange(2.0)}
            ),
        ),
        backgrounds=(Constant(np.array([data.number("counting.background", "counts")])),),
        strengths=(
            Strength("cevns_norm", "cevns", data.number("counting.signal_efficiency", "1"), scales=("b8_flux_norm",)),
            Strength("background_norm", "background", None),
        ),
        term=PoissonCounts(np.array([data.number("counting.observed", "counts")])),
        declared=(b8_flux_norm(),),
    )
