"""Systematic uncertainties: the pull on the strength of a component, what its width contains and what others share."""

import dataclasses
import math
from collections.abc import Set

from .parameter import Gaussian, Parameter

SNS_FLUX = "sns_flux_norm"
"""Neutrinos per proton of the Spallation Neutron Source, relative to what the measurements assume: COHERENT takes the
same 10 % for all its detectors (arXiv:2110.07730, 2006.12659, 2406.13806)."""

LEAST_SHARE = 1e-4
"""Share of its width that a pull keeps where its parts, shared or fitted, are all of it: 1e-8 of the variance."""


@dataclasses.dataclass(frozen=True)
class Part:
    """A part of a pull's width, to be added in quadrature.

    It leaves the width when any of `parameters` is fitted instead. Where several measurements of a likelihood name
    the same `shared` nuisance it leaves their widths, and the nuisance moves all their strengths together.
    """

    parameters: frozenset[str]
    width: float
    shared: str | None = None


@dataclasses.dataclass(frozen=True)
class Strength:
    """The strength of a component relative to its prediction, with a Gaussian pull about 1 if it has a width.

    No uncertainty is counted twice: a part of the width that a fitted parameter covers is taken out
    (2303.09360 section III A does so with the neutron form factor when R_n is fitted).
    """

    parameter: str
    component: str
    width: float | None
    parts: tuple[Part, ...] = ()
    scales: tuple[str, ...] = ()
    """Further parameters that multiply the component, such as the flux of a source that is itself measured."""

    def shares(self) -> dict[str, float]:
        """Return the width of each shared part, by the name of its nuisance."""
        return {part.shared: part.width for part in self.parts if part.shared is not None}

    def constraint(self, fitted: Set[str] = frozenset(), shared: Set[str] = frozenset()) -> Gaussian | None:
        """Return the pull when the parameters `fitted` are free or profiled and the nuisances `shared` are separate."""
        if self.width is None:
            return None
        removed = sum(part.width**2 for part in self.parts if part.parameters & fitted or part.shared in shared)
        return Gaussian(1.0, math.sqrt(max(self.width**2 - removed, (LEAST_SHARE * self.width) ** 2)))

    def as_parameter(self, shared: Set[str] = frozenset()) -> Parameter:
        """Return the parameter, with the full width as its constraint, the parts of the nuisances `shared` left out."""
        return Parameter(
            name=self.parameter,
            unit="1",
            default=1.0,
            bounds=(0.0, 10.0),
            latex=rf"\eta_\mathrm{{{self.component.replace('_', ' ')}}}",
            description=f"strength of the component {self.component}",
            constraint=self.constraint(shared=shared),
            own=True,
        )


def shared_nuisance(name: str, width: float) -> Parameter:
    """Return the nuisance that several measurements share, a strength relative to 1 of that width."""
    return Parameter(
        name=name,
        unit="1",
        default=1.0,
        bounds=(0.0, 10.0),
        latex=rf"\eta_\mathrm{{{name.removesuffix('_norm').replace('_', ' ')}}}",
        description=f"what the measurements share of their strengths: {name.removesuffix('_norm').replace('_', ' ')}",
        constraint=Gaussian(1.0, width),
    )


def group_strength(parameter: str, group: str) -> Parameter:
    """Return the strength of a group of flavours of the signal, on top of the strength of the whole signal."""
    return Parameter(
        name=f"{parameter}_{group}",
        unit="1",
        default=1.0,
        bounds=(0.0, 10.0),
        latex=rf"\eta_\mathrm{{{group}}}",
        description=f"strength of the {group} neutrinos, on top of that of the whole signal",
        own=True,
    )
