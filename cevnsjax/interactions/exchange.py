"""Exchange of a mediator of mass m between a neutrino and something else, both with couplings of g times a charge.

a_l = g² Q_l / (√2 G_F (q² + m²)) per charge of the target: `Exchange` is the vertex, `interaction.Yukawa` the rest.
"""

import equinox as eqx

from .._base.typing import Array, Float, Params
from ..parameters.parameter import Parameter
from .interaction import CONTACT, Vertex, as_array


class Exchange(Vertex):
    """g² Q_l / (√2 G_F) [MeV²] of each flavour of the neutrino."""

    mixing = False
    coupling: str = eqx.field(static=True)
    """Parameter with the coupling g."""
    charges: Float[Array, "3"] = eqx.field(converter=as_array, default=(1.0, 1.0, 1.0))
    """Charge of the neutrino times that of what it scatters off."""

    def names(self) -> tuple[str, ...]:
        """Return the coupling."""
        return (self.coupling,)

    def __call__(self, params: Params) -> Float[Array, "3"]:
        """Return the couplings."""
        return params[self.coupling] ** 2 * (CONTACT * self.charges)


def universal(coupling: str, charge: float) -> Exchange:
    """Return the vertex of neutrinos of charge 1 with something of some charge."""
    return Exchange(coupling, (charge, charge, charge))


def mediator_parameters(name: str, symbol: str, description: str) -> tuple[Parameter, Parameter]:
    """Return the coupling g_`name` and the mass m_`name` [MeV] of a mediator, with the subscript `symbol` in LaTeX."""
    coupling = Parameter(
        name=f"g_{name}",
        unit="1",
        default=0.0,
        bounds=(0.0, 10.0),
        latex=f"g_{{{symbol}}}",
        description=f"coupling of the {description} mediator",
        needs=f"m_{name}",
    )
    mass = Parameter(f"m_{name}", "MeV", 100.0, (1e-3, 1e6), f"m_{{{symbol}}}", f"mass of the {description} mediator")
    return coupling, mass
