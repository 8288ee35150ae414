"""Exchange of a mediator of mass m between a neutrino and something else, both with couplings of g times a charge.

a_l = g² Q_l / (√2 G_F (q² + m²)) per charge of the target: `Exchange` is the vertex, `interaction.Yukawa` the rest.
A model with a mediator is a `Mediator`; suffixes distinguish several of the same kind, and their parameters.
"""

import abc
import re
from typing import Any

import equinox as eqx

from .._base import arguments
from .._base.errors import InputError
from .._base.typing import Array, Float, Params
from ..parameters.parameter import Parameter
from .interaction import CONTACT, Interaction, Vertex, Yukawa, as_array

LONGEST_SUFFIX = 20


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


def mediator_parameters(name: str, symbol: str, description: str, suffix: str = "") -> tuple[Parameter, Parameter]:
    """Return the coupling g_`name` and the mass m_`name` [MeV] of a mediator, with the subscript `symbol` in LaTeX.

    A `suffix` is added to both names, to the LaTeX and to the description.
    """
    if suffix:
        name, description = f"{name}_{suffix}", f"{description} mediator @{suffix}"
        symbol = symbol + r",\mathrm{" + suffix.replace("_", r"\_") + "}"
    else:
        description = f"{description} mediator"
    coupling = Parameter(
        name=f"g_{name}",
        unit="1",
        default=0.0,
        bounds=(0.0, 10.0),
        latex=f"g_{{{symbol}}}",
        description=f"coupling of the {description}",
        needs=f"m_{name}",
    )
    mass = Parameter(f"m_{name}", "MeV", 100.0, (1e-3, 1e6), f"m_{{{symbol}}}", f"mass of the {description}")
    return coupling, mass


def check_suffix(name: str, value: Any) -> None:
    """Raise InputError for what cannot be a part of the name of a parameter."""
    arguments.text(name, value)
    if not re.fullmatch("[A-Za-z0-9_]*", value) or len(value) > LONGEST_SUFFIX:
        raise InputError(f"{name}: expected at most {LONGEST_SUFFIX} letters, digits and underscores, found '{value}'")


class Mediator(Interaction):
    """A model with a mediator, of coupling g and mass m."""

    particle: eqx.AbstractClassVar[str]
    """What the names of coupling and mass end with."""
    symbol: eqx.AbstractClassVar[str]
    """Its symbol in LaTeX."""
    words: eqx.AbstractClassVar[str]
    """What it is, before the word mediator."""
    suffix: eqx.AbstractVar[str]
    """What distinguishes it from others of its kind; empty for none."""

    @property
    @abc.abstractmethod
    def kind(self) -> str:
        """Return the name of the command line without the suffix, with its variant after a colon."""

    @property
    def name(self) -> str:
        """Return the name of the command line, with the suffix after an @."""
        return f"{self.kind}@{self.suffix}" if self.suffix else self.kind

    def parameters(self) -> tuple[Parameter, Parameter]:
        """Return coupling and mass."""
        return mediator_parameters(self.particle, self.symbol, self.words, self.suffix)

    @property
    def another(self) -> str:
        """Return that a suffix makes it another mediator."""
        other = "3" if self.suffix == "2" else "2"
        return f" (a suffix makes it another mediator, as in '{self.kind}@{other}')"

    @property
    def propagator(self) -> Yukawa:
        """Return 1 / (q² + m²)."""
        return Yukawa(self.parameters()[1].name)

    def vertex(self, charge: float, leptons: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> Exchange:
        """Return the vertex of neutrinos with the charges of e, mu, tau with something of some charge."""
        electron, muon, tau = (lepton * charge for lepton in leptons)
        return Exchange(self.parameters()[0].name, (electron, muon, tau))
