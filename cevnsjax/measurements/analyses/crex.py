"""Parity-violating electron scattering on 48Ca: the weak form factor of CREX (arXiv:2205.11593).

The radii are those of 48Ca, r_n_ca48 and r_p_ca48; r_n_ca of a target of natural calcium is that of 40Ca.
"""

import math

import numpy as np

from ..._base import arguments
from ..._base.data_files import DataFile
from ...interactions.standard_model import SIN2_THETA_W
from ...interactions.weak_charge import WeakAmplitude
from ...measuring.measurement import Measurement
from ...measuring.terms.gaussian import GaussianNumbers
from ...nuclei.choice import FormFactorChoice, check_form_factor, form_factors
from ...nuclei.form_factors import FERMI_DIFFUSENESS
from ...nuclei.nuclide import nuclide
from ...nuclei.radii import isotope_radius
from ..catalogue import check_variant, references

NAME = "crex"


@arguments.checked(variant=arguments.text, form_factor=check_form_factor)
def crex(variant: str = "form-factor", form_factor: FormFactorChoice = "helm") -> Measurement:
    """Return the measurement; no name of a form factor is used, the weak charge is a symmetrised Fermi density.

    The error has the statistical, the systematic and the published model error in quadrature.
    """
    check_variant(NAME, variant)
    form_factors(form_factor).of(())
    data = DataFile("crex/measurement.toml")
    name = data.get("nucleus.nuclide", str)
    nucleus, radii = nuclide(name), {particle: isotope_radius(particle, name) for particle in "np"}
    transfer = data.number("crex.momentum_transfer", "1/fm")
    errors = (data.number(f"crex.{kind}_error", "1") for kind in ("statistical", "systematic", "model"))
    return Measurement(
        name=NAME,
        title=data.get("title", str),
        references=references(NAME, variant),
        dataset=NAME,
        labels=(f"F_W(48Ca) at {transfer:.4g}/fm",),
        prediction=WeakAmplitude(
            q=np.array([transfer]),
            protons=nucleus.protons,
            neutrons=nucleus.neutrons,
            diffuseness=FERMI_DIFFUSENESS,
            proton_radius=radii["p"].name,
            neutron_radius=radii["n"].name,
        ),
        term=GaussianNumbers(np.array([data.number("crex.weak_form_factor", "1")]), np.array([math.hypot(*errors)])),
        declared=(SIN2_THETA_W, radii["n"], radii["p"]),
    )
