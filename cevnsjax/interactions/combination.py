"""Several models at once: the Standard Model with what is added to it."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard

import equinox as eqx

from .._base import arguments
from .._base.errors import InputError
from .._base.module import Module
from ..parameters.parameter import Parameter
from .interaction import Interaction, Term, check_parameters
from .process import Process
from .standard_model import StandardModel, standard_model
from .structures import ELECTRON_KINEMATICS, incompatible


def check_combination(interactions: tuple[Interaction, ...]) -> None:
    """Raise InputError for models that count an effect twice, or that do not fit together.

    Models that share a parameter are two forms of the same effect: charge radii in two conventions, millicharges on
    free electrons and by equivalent photons, two vector mediators of the same mass. A total charge radius must be made
    for the couplings that it goes with: how much of it they hold differs between the schemes.
    """
    check_parameters(interactions)
    for interaction, other in itertools.permutations(interactions, 2):
        interaction.check_beside(other)


class Combination(Module):
    """The Standard Model and further models, whose amplitudes interfere where they have the same Lorentz structure."""

    standard: StandardModel
    beyond: tuple[Interaction, ...]
    electrons: bool = eqx.field(static=True)
    """Whether neutrinos scatter off atomic electrons too."""

    def __check_init__(self) -> None:
        check_combination(self.interactions)
        if self.oscillates and (self.nuclear_processes() or self.electron_processes()):
            raise InputError(f"{', '.join(self.names)} cannot be combined: the limits of both move in energy")
        for terms in (self.nuclear_terms(), self.electron_terms() if self.electrons else ()):
            if reason := incompatible(tuple(term.structure for term in terms)):
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

    def nuclear_terms(self) -> tuple[Term, ...]:
        """Return the terms of all models on a nucleus."""
        return tuple(term for model in self.interactions for term in model.nuclear_terms())

    def electron_terms(self) -> tuple[Term, ...]:
        """Return the terms of all models on an electron."""
        return tuple(term for model in self.interactions for term in model.electron_terms())

    @property
    def nuclear_kinematics(self) -> str:
        """Return how exact the kinematics on a nucleus are."""
        return "spin-0" if self.standard.recoil_term else "leading"

    def nuclear_processes(self) -> tuple[Process, ...]:
        """Return what happens to a nucleus beside elastic scattering."""
        processes = (model.nuclear_processes(self.nuclear_kinematics) for model in self.interactions)
        return tuple(itertools.chain.from_iterable(processes))

    def electron_processes(self) -> tuple[Process, ...]:
        """Return what happens to an electron beside elastic scattering."""
        processes = (model.electron_processes(ELECTRON_KINEMATICS) for model in self.interactions)
        return tuple(itertools.chain.from_iterable(processes))

    @property
    def oscillates(self) -> bool:
        """Return whether neutrinos oscillate on their way."""
        return any(model.oscillates for model in self.interactions)

    def check(self, values: Mapping[str, float]) -> None:
        """Raise InputError for values that are impossible together."""
        for interaction in self.interactions:
            interaction.check(values)


def check_models(name: str, value: Any) -> None:
    """Raise InputError for anything but a model of the interaction, a list of models or a combination of models."""
    if value is None or isinstance(value, Combination | Interaction):
        return
    listed = isinstance(value, Sequence) and not isinstance(value, str)
    for entry in value if listed else (value,):
        if not isinstance(entry, Interaction):
            hint = f": did you mean cj.model('{entry}')?" if isinstance(entry, str) else ""
            raise InputError(f"{name}: expected models of the interaction, found {arguments.shown(entry)}{hint}")


def _is_standard(interaction: Interaction) -> TypeGuard[StandardModel]:
    """Return whether a model is the Standard Model, in a form that type checkers understand."""
    return interaction.is_standard


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
    standard = [interaction for interaction in given if _is_standard(interaction)]
    if len(standard) > 1:
        raise InputError("the Standard Model is named more than once")
    beyond = tuple(interaction for interaction in given if not interaction.is_standard)
    return Combination(standard[0] if standard else standard_model(couplings), beyond, electrons)
