"""Several models at once: the Standard Model with what is added to it."""

from collections.abc import Mapping, Sequence
from typing import Any

import equinox as eqx

from .._base import arguments
from .._base.errors import InputError
from ..parameters.parameter import Parameter
from .charge_radius import ChargeRadius
from .interaction import FLAVOURS, TARGETS, Interaction, Term, check_parameters
from .process import Process
from .standard_model import StandardModel, standard_model
from .sterile_oscillation import SterileOscillation
from .structures import incompatible


def check_combination(interactions: tuple[Interaction, ...]) -> None:
    """Refuse models that count an effect twice, or that do not know of each other what they need to.

    Models that share a parameter are two forms of one effect: charge radii in two conventions, millicharges on free
    electrons and by equivalent photons, two vector mediators of one mass. A total charge radius must be told the
    couplings that it goes with: how much of it they hold differs between the schemes.
    """
    check_parameters(interactions)
    models = [model for model in interactions if isinstance(model, StandardModel)]
    for radius in interactions:
        if not isinstance(radius, ChargeRadius) or radius.convention != "total":
            continue
        for model in models:
            held = tuple(model.couplings.charge_radii[flavour] for flavour in FLAVOURS)
            if held != radius.standard:
                raise InputError(
                    f"'{radius.name}' takes the Standard Model to hold the charge radii {_digits(radius.standard)}, "
                    f"its couplings hold {_digits(held)} 1e-32 cm²: expected the same scheme for both"
                )


def _digits(values: tuple[float, ...]) -> str:
    """Return numbers for a message."""
    return ", ".join(f"{value:.4f}" for value in values)


class Combination(eqx.Module):
    """The Standard Model and further models, whose amplitudes interfere where they have one Lorentz structure."""

    standard: StandardModel
    beyond: tuple[Interaction, ...]
    electrons: bool = eqx.field(static=True)
    """Whether neutrinos scatter off atomic electrons too."""

    def __check_init__(self) -> None:
        check_combination(self.interactions)
        if self.oscillates and any(self.processes(target) for target in TARGETS):
            raise InputError(f"{', '.join(self.names)} cannot be combined: the limits of both move in energy")
        for target in TARGETS if self.electrons else TARGETS[:1]:
            if reason := incompatible(tuple(term.structure for term in self.terms(target))):
                raise InputError(f"{', '.join(self.names)} cannot be combined: {reason}")

    @property
    def interactions(self) -> tuple[Interaction, ...]:
        """Return the models, the Standard Model first."""
        return (self.standard, *self.beyond)

    @property
    def names(self) -> list[str]:
        """Return the names of the models."""
        return [interaction.name for interaction in self.interactions]

    def __repr__(self) -> str:
        """Return the names of the models."""
        return f"<{' + '.join(self.names)}{', electrons too' if self.electrons else ''}>"

    def parameters(self) -> tuple[Parameter, ...]:
        """Return the parameters of all models."""
        return tuple(parameter for interaction in self.interactions for parameter in interaction.parameters())

    def terms(self, target: str) -> tuple[Term, ...]:
        """Return the terms of all models on a "nucleus" or an "electron"."""
        return tuple(term for interaction in self.interactions for term in interaction.terms(target))

    @property
    def oscillates(self) -> bool:
        """Return whether neutrinos oscillate on their way."""
        return any(isinstance(interaction, SterileOscillation) for interaction in self.beyond)

    def processes(self, target: str) -> tuple[Process, ...]:
        """Return what happens on a target beside elastic scattering."""
        kinematics = self.kinematics(target)
        return tuple(process for model in self.interactions for process in model.processes(target, kinematics))

    def check(self, values: Mapping[str, float]) -> None:
        """Refuse values that are impossible together."""
        for interaction in self.interactions:
            interaction.check(values)

    def kinematics(self, target: str) -> str:
        """Return how exact the kinematics on a target are."""
        if target == "electron":
            return "spin-1/2"
        return "spin-0" if self.standard.recoil_term else "leading"


def check_models(name: str, value: Any) -> None:
    """Refuse what is neither a model of the interaction, nor a list of models, nor a combination of some."""
    if value is None or isinstance(value, Combination | Interaction):
        return
    listed = isinstance(value, Sequence) and not isinstance(value, str)
    for one in value if listed else (value,):
        if not isinstance(one, Interaction):
            hint = f": cj.model('{one}') makes one of it" if isinstance(one, str) else ""
            raise InputError(f"{name}: expected models of the interaction, found {arguments.shown(one)}{hint}")


@arguments.checked(interactions=check_models, couplings=arguments.text, electrons=arguments.switch)
def combine(
    interactions: Combination | Interaction | Sequence[Interaction] | None = None,
    couplings: str = "2022",
    electrons: bool = False,
) -> Combination:
    """Return the combination of `interactions`; the Standard Model with `couplings` is added if it is not among them.

    With `electrons`, neutrinos scatter off atomic electrons too.
    """
    if isinstance(interactions, Combination):
        if electrons and not interactions.electrons:
            raise InputError("electrons: expected those of the combination, which was made without")
        return interactions
    given = (interactions,) if isinstance(interactions, Interaction) else tuple(interactions or ())
    standard = [one for one in given if isinstance(one, StandardModel)]
    if len(standard) > 1:
        raise InputError("the Standard Model is named more than once")
    beyond = tuple(one for one in given if not isinstance(one, StandardModel))
    return Combination(standard[0] if standard else standard_model(couplings), beyond, electrons)
