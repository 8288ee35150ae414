"""Kinds of measured numbers that are relations between parameters, as theory has them with an error."""

import equinox as eqx

from ..._base.errors import InputError
from ..._base.numerics import namespace
from ..._base.typing import Array, Float, Params, Scalar
from ...nuclei.nuclide import nuclide
from ...nuclei.radii import element_radius, point_radius
from ...nuclei.skins import SkinRelation, skin_relation
from ...stages.stage import Stage
from .kind import Place, kind, text, texts
from .measured import Number


class SkinPull(Stage):
    """Stage: how far a neutron skin is from the line by that of another nuclide, in standard deviations, an array (1,).

    The skins are of point nucleons. The spread about the line grows with the distance from the models.
    """

    relation: SkinRelation
    of: tuple[str, str] = eqx.field(static=True)
    """Parameters with the physical radii of the neutrons and the protons, of the one and of the other nuclide."""
    by: tuple[str, str] = eqx.field(static=True)

    def own_parameters(self) -> frozenset[str]:
        return frozenset({*self.of, *self.by})

    def __call__(self, params: Params) -> Float[Array, " 1"]:
        skin, other = (_point_skin(params, names) for names in (self.of, self.by))
        pull = (skin - self.relation.expected(other)) / self.relation.spread(other)
        return namespace(pull).stack([pull])


def _point_skin(params: Params, names: tuple[str, str]) -> Scalar:
    neutrons, protons = (point_radius(params[name]) for name in names)
    return neutrons - protons


@kind(
    "measured",
    "skin-relation",
    """\
of = "133Cs"
by = "208Pb\"""",
)
class Relation:
    """A linear relation of the neutron skin of a nuclide to that of another, over nuclear mean-field models.

    The line, and how far the models are from it, are taken from the tables of the package (`cevnsjax.skin_relation`).
    The radii of the neutrons are free in every fit unless they are set or tied.
    """

    of: str = text("the nuclide whose skin the relation gives")
    by: str = text("the nuclide whose skin it is given by")
    models: tuple[str, ...] = texts("models of the line, by default all that know both nuclides", ())

    def build(self, place: Place) -> Number:
        """Return the number: a pull that is 0 with an error of 1."""
        try:
            relation = skin_relation(self.of, self.by, self.models)
        except InputError as error:
            raise place.fail("", "a relation of skins", str(error)) from None
        radii = [
            [element_radius(particle, nuclide(name).element) for particle in ("n", "p")] for name in (self.of, self.by)
        ]
        of, by = ((neutrons.name, protons.name) for neutrons, protons in radii)
        label = f"skin of {self.of} by that of {self.by}: distance from the line [standard deviations]"
        return Number(
            label=label,
            value=0.0,
            error=1.0,
            prediction=SkinPull(relation, of, by),
            parameters=tuple(parameter for pair in radii for parameter in pair),
            related=(of[0], by[0]),
        )
