"""Fold once, evaluate for ever: a prediction is a tree of stages, and a stage no free parameter touches is an array.

A `Stage` is a pure function of the parameters with the data it needs. `specialise` replaces every stage of a tree
that depends on none of the free parameters by the array it evaluates to, on the host, before anything is compiled.
"""

import abc
import dataclasses
from collections.abc import Sequence, Set
from typing import Any

import equinox as eqx

from .._base.typing import Params


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

    def width(self) -> int:
        """Return how many numbers it makes on its way at most, its inputs left out; 0 where that is of no account."""
        return 0

    def largest_width(self) -> int:
        """Return the largest `width` of it and its inputs."""
        stages = (stage for inputs in self.inputs().values() for stage in inputs)
        return max(self.width(), *(stage.largest_width() for stage in stages), 0)

    def inputs(self) -> dict[str, "tuple[Stage, ...]"]:
        """Return the fields that are stages, or tuples of stages, by name."""
        fields = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        return {name: tuple(_stages(value)) for name, value in fields.items() if _stages(value)}

    def parameters(self) -> frozenset[str]:
        """Return the names of all parameters that the value depends on."""
        stages = (stage for inputs in self.inputs().values() for stage in inputs)
        return self.own_parameters().union(*(stage.parameters() for stage in stages))


def _stages(value: Any) -> Sequence[Stage]:
    """Return the stages that a field is or holds."""
    held = value if isinstance(value, tuple) else (value,)
    return held if all(isinstance(one, Stage) for one in held) else ()


class Constant(Stage):
    """A stage folded to its value, an array or a structure of arrays."""

    value: Any

    def own_parameters(self) -> frozenset[str]:
        return frozenset()

    def __call__(self, params: Params) -> Any:
        return self.value


class OnAxes(Stage):
    """Stage: an array with its cells spread over the axes of a measurement."""

    counts: Stage
    shape: tuple[int, ...] = eqx.field(static=True)

    def own_parameters(self) -> frozenset[str]:
        return frozenset()

    def __call__(self, params: Params) -> Any:
        return self.counts(params).reshape(self.shape)


def specialise(stage: Stage, free: Set[str], params: Params) -> Stage:
    """Return `stage` with all that depends on no parameter of `free` evaluated at `params` (host floats)."""
    if stage.parameters().isdisjoint(free):
        return stage if isinstance(stage, Constant) else Constant(stage(params))
    folded: dict[str, Any] = {}
    for name, inputs in stage.inputs().items():
        children = tuple(specialise(child, free, params) for child in inputs)
        folded[name] = children if isinstance(getattr(stage, name), tuple) else children[0]
    return dataclasses.replace(stage, **folded).simplified(free, params)
