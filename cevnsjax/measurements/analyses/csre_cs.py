"""Neutron radius of 133Cs from proton scattering in the storage ring CSRe (arXiv:2403.03566).

The paper's weak mixing angle, 0.227 ± 0.028, is a fit of COHERENT CsI with this radius and not part of the measurement.
"""

import numpy as np

from ..._base import arguments
from ..._base.data_files import DataFile
from ..._base.numerics import namespace
from ..._base.typing import Array, Float, Params
from ...measuring.measurement import Measurement
from ...measuring.terms.gaussian import GaussianNumbers
from ...nuclei.radii import element_radius, point_radius
from ...stages.stage import Stage
from ..catalogue import check_variant, references

NAME = "csre-cs"


class PointNeutronRadius(Stage):
    """Stage: rms radius [fm] of the point neutrons of caesium, an array (1,)."""

    def own_parameters(self) -> frozenset[str]:
        return frozenset({"r_n_cs"})

    def __call__(self, params: Params) -> Float[Array, " 1"]:
        radius = point_radius(params["r_n_cs"])
        return namespace(radius).stack([radius])


@arguments.checked(variant=arguments.text)
def csre_cs(variant: str = "radius") -> Measurement:
    """Return the measurement."""
    check_variant(NAME, variant)
    data = DataFile("csre_cs/measurement.toml")
    key = "result.point_neutron_radius"
    return Measurement(
        name=NAME,
        title=data.get("title", str),
        references=references(NAME, variant),
        dataset=NAME,
        labels=("point-neutron radius of 133Cs [fm]",),
        prediction=PointNeutronRadius(),
        term=GaussianNumbers(np.array([data.number(key, "fm")]), np.array([data.uncertainty(key)])),
        declared=(element_radius("n", "cs"),),
    )
