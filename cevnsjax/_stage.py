"""Fold once, evaluate for ever: a prediction is a tree of stages, and a stage no free parameter touches is an array.

A `Stage` is a pure function of the parameters with the data it needs. `specialise` replaces every stage of a tree
that depends on none of the free parameters by the array it evaluates to, on the host, before anything is compiled.
"""

import abc
import dataclasses
from collections.abc import Set
from typing import Any

import equinox as eqx

from ._typing import Params


class Stage(eqx.Module):
    """A pure function ``stage(params)`` of the parameters; fields that are stages are its inputs."""

    @abc.abstractmethod
    def own_parameters(self) -> frozenset[str]:
        """Return the names of the parameters that this stage reads itself, its inputs left out."""

    @abc.abstractmethod
    def __call__(self, params: Params) -> Any:
        """Return the value of the stage."""

    def simplified(self, free: Set[str], params: Params) -> "Stage":
        """Return a cheaper stage of the same value where only the parameters `free` move; itself by default.

        Its inputs are already folded at `params`.
        """
        return self

    def inputs(self) -> dict[str, "Stage"]:
        """Return the fields that are stages, by name."""
        fields = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        return {name: value for name, value in fields.items() if isinstance(value, Stage)}

    def parameters(self) -> frozenset[str]:
        """Return the names of all parameters that the value depends on."""
        return self.own_parameters().union(*(stage.parameters() for stage in self.inputs().values()))


class Constant(Stage):
    """A stage folded to its value, an array or a structure of arrays."""

    value: Any

    def own_parameters(self) -> frozenset[str]:
        return frozenset()

    def __call__(self, params: Params) -> Any:
        return self.value


def specialise(stage: Stage, free: Set[str], params: Params) -> Stage:
    """Return `stage` with all that depends on no parameter of `free` evaluated at `params` (host floats)."""
    if stage.parameters().isdisjoint(free):
        return stage if isinstance(stage, Constant) else Constant(stage(params))
    folded = {name: specialise(child, free, params) for name, child in stage.inputs().items()}
    return dataclasses.replace(stage, **folded).simplified(free, params)
