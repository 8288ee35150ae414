"""Parity violation in atomic caesium, in the analysis of arXiv:2303.09360.

The weak charge of 133Cs alone, from the amplitude of Wood et al. (1997) and the atomic theory without a neutron skin;
the skin is in the prediction, through the overlap of the electron with the neutrons.

Variants: ``dzuba2012`` and ``sahoo2021`` name the atomic theory ("APV PDG" and "APV 2021"), with uniform nuclear
densities; ``dzuba2012-fermi`` and ``sahoo2021-fermi`` have Fermi densities of surface thickness 2.30 fm.
"""

import math

import equinox as eqx
import numpy as np

from ..._base import arguments
from ..._base.data_files import DataFile
from ..._base.numerics import namespace
from ..._base.typing import Array, Float, Params
from ...interactions.couplings import DEFAULT_SIN2
from ...interactions.standard_model import SIN2_THETA_W
from ...interactions.weak_charge import PROTON_WEAK_CHARGE_SLOPE
from ...measuring.measurement import Measurement
from ...measuring.terms.gaussian import GaussianNumbers
from ...nuclei.electron_overlap import Overlap, electron_overlap, skin_correction
from ...nuclei.nuclide import nuclide
from ...nuclei.radii import element_radius
from ...parameters.parameter import Parameter
from ...stages.stage import Stage
from ..catalogue import check_variant, full_name, references

NAME = "apv-cs"


class EffectiveWeakCharge(Stage):
    """Stage: the weak charge that an analysis without neutron skin finds, Q_W^th(s²) (1 + δE/E), an array (1,).

    Q_W^th = q_w_sm_cs + Z dq_p/ds² (s² - 0.23863), δE/E = (N/Q_W^SM)(1 - q_n/q_p).
    """

    overlap: Overlap
    protons: int = eqx.field(static=True)
    neutrons: int = eqx.field(static=True)
    reference: float
    """Q_W^SM in δE/E."""

    def own_parameters(self) -> frozenset[str]:
        return frozenset({"sin2_theta_w", "q_w_sm_cs", "r_n_cs", "r_p_cs"})

    def __call__(self, params: Params) -> Float[Array, " 1"]:
        moved = self.protons * PROTON_WEAK_CHARGE_SLOPE * (params["sin2_theta_w"] - DEFAULT_SIN2)
        skin = skin_correction(self.overlap, self.neutrons, self.reference, params["r_p_cs"], params["r_n_cs"])
        charge = (params["q_w_sm_cs"] + moved) * (1.0 + skin)
        return namespace(charge).stack([charge])


@arguments.checked(variant=arguments.text)
def apv_cs(variant: str = "dzuba2012") -> Measurement:
    """Return the measurement.

    The error is relative to the weak charge: that of the experiment, of the polarisability and of the amplitude, in
    quadrature.
    """
    check_variant(NAME, variant)
    theory, _, density = variant.partition("-")
    data = DataFile("apv_cs/measurement.toml")
    nucleus = nuclide(data.get("nucleus.nuclide", str))
    keys = ("experiment.amplitude_over_polarisability", "experiment.polarisability", f"amplitude.{theory}")
    ratio, polarisability, amplitude = (
        data.number(key, unit) for key, unit in zip(keys, ("e/a_B^2", "a_B^3", "e*a_B"), strict=True)
    )
    charge = nucleus.neutrons * ratio * polarisability / amplitude
    relative = math.hypot(
        *(data.uncertainty(key) / value for key, value in zip(keys, (ratio, polarisability, amplitude), strict=True))
    )
    standard = data.number("standard_model.weak_charge", "1")
    return Measurement(
        name=full_name(NAME, variant),
        title=data.get("title", str),
        references=references(NAME, variant),
        dataset=NAME,
        labels=("Q_W(Cs) without neutron skin",),
        prediction=EffectiveWeakCharge(
            overlap=electron_overlap(density or "uniform", nucleus.protons, nucleus.charge_radius),
            protons=nucleus.protons,
            neutrons=nucleus.neutrons,
            reference=standard,
        ),
        term=GaussianNumbers(np.array([charge]), np.array([relative * abs(charge)])),
        declared=(SIN2_THETA_W, _standard_weak_charge(standard), element_radius("n", "cs"), element_radius("p", "cs")),
    )


def _standard_weak_charge(default: float) -> Parameter:
    return Parameter(
        name="q_w_sm_cs",
        unit="1",
        default=default,
        bounds=(-80.0, -66.0),
        latex=r"Q_W^\mathrm{SM}(\mathrm{Cs})",
        description="weak charge of 133Cs in the Standard Model, at the default of sin2_theta_w",
    )
