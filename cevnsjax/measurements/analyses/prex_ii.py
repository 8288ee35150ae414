"""Parity-violating electron scattering on 208Pb: the weak form factor of PREX-II (arXiv:2102.10767).

Variants: the default has PREX-II alone; ``with-prex-i`` adds the form factor of PREX-I (arXiv:1202.1468).
"""

import math

import numpy as np

from ..._base import arguments
from ..._base.constants import HBAR_C
from ..._base.data_files import DataFile
from ...interactions.standard_model import SIN2_THETA_W
from ...interactions.weak_charge import WeakAmplitude
from ...measuring.measurement import Measurement
from ...measuring.terms.gaussian import GaussianNumbers
from ...nuclei.choice import FormFactorChoice, check_form_factor, form_factors
from ...nuclei.nuclide import nuclide
from ...nuclei.radii import element_radius
from ..catalogue import check_variant, full_name, references

NAME = "prex-ii"


@arguments.checked(variant=arguments.text, form_factor=check_form_factor)
def prex_ii(variant: str = "alone", form_factor: FormFactorChoice = "helm") -> Measurement:
    """Return the measurement; no name of a form factor is used, the weak charge is a symmetrised Fermi density."""
    check_variant(NAME, variant)
    form_factors(form_factor).of(())
    data = DataFile("prex_ii/measurement.toml")
    nucleus = nuclide(data.get("nucleus.nuclide", str))
    runs = ("prex_ii",) if variant == "alone" else ("prex_ii", "prex_i")
    transfer = {
        "prex_ii": 1e3 * math.sqrt(data.number("prex_ii.momentum_transfer_squared", "GeV^2")) / HBAR_C,
        "prex_i": data.number("prex_i.momentum_transfer", "1/fm"),
    }
    return Measurement(
        name=full_name(NAME, variant),
        title=data.get("title", str),
        references=references(NAME, variant),
        dataset=NAME,
        labels=tuple(f"F_W(208Pb) at {transfer[run]:.4g}/fm" for run in runs),
        prediction=WeakAmplitude(
            q=np.array([transfer[run] for run in runs]),
            protons=nucleus.protons,
            neutrons=nucleus.neutrons,
            diffuseness=data.number("weak_density.diffuseness", "fm"),
            proton_radius="r_p_pb",
            neutron_radius="r_n_pb",
        ),
        term=GaussianNumbers(
            np.array([data.number(f"{run}.weak_form_factor", "1") for run in runs]),
            np.array([data.uncertainty(f"{run}.weak_form_factor") for run in runs]),
        ),
        declared=(SIN2_THETA_W, element_radius("n", "pb"), element_radius("p", "pb")),
    )
