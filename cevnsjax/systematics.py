"""Systematic uncertainties: the pull on the strength of a component, and what its width contains."""

import dataclasses
import math
from collections.abc import Set

from .parameters import Gaussian, Parameter


@dataclasses.dataclass(frozen=True)
class Part:
    """A part of a pull's width that leaves it, in quadrature, when one of `parameters` is fitted instead."""

    parameters: frozenset[str]
    width: float


@dataclasses.dataclass(frozen=True)
class Strength:
    """The strength of a component relative to its prediction, with a Gaussian pull about 1.

    No uncertainty is counted twice: a part of the width that a fitted parameter stands for is taken out
    (2303.09360 section III A does so with the neutron form factor when R_n is fitted).
    """

    parameter: str
    component: str
    width: float
    parts: tuple[Part, ...] = ()

    def constraint(self, fitted: Set[str] = frozenset()) -> Gaussian:
        """Return the pull when the parameters `fitted` are free or profiled."""
        removed = sum(part.width**2 for part in self.parts if part.parameters & fitted)
        return Gaussian(1.0, math.sqrt(self.width**2 - removed))

    def as_parameter(self) -> Parameter:
        """Return the parameter, with the full width as its constraint."""
        return Parameter(
            name=self.parameter,
            unit="1",
            default=1.0,
            bounds=(0.0, 10.0),
            latex=rf"\eta_\mathrm{{{self.component}}}",
            description=f"strength of the component {self.component}",
            constraint=self.constraint(),
        )
