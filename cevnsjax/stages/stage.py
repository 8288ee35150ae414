"""Fold once, evaluate for ever: a prediction is a tree of stages, and a stage no free parameter touches is an array.

A `Stage` is a pure function of the parameters with the data it needs. `specialise` replaces every stage of a tree
that depends on none of the free parameters by the array it evaluates to, on the host, before anything is compiled, and
calls `simplified` on each of the others for a cheaper form. Which stages fold together depends on what these methods
return, never on their types. None means that there is no shorter form: the calling stage stays as it is, and only speed
is lost. So a user's stage needs `own_parameters` and the call alone.

    any stage
        array                           its value, if it is folded to an array; else None
        simplified(free, params)        a cheaper stage of the same value; by default itself
        parted(free)                    the same, what no parameter of `free` moves summed apart; by default itself
        at(places)                      the same at some places of its last axis; by default taken of the whole
    recoils (flavour, nuclide, node)
        through(rows, free, params)     what fixed rows (row, nuclide, node) select of them, (flavour, row), or None
        spectra(free, params)           arrays that represent all recoils there are while `free` moves, or None
        shaped(free)                    whether the shape of what each product of amplitudes gives moves
    a response (row, nuclide, node)
        meeting(recoils, free, params)  what it selects of recoils, shorter than the product of both, or None
    selected recoils (flavour, row)
        expanded(terms, count)          the sum over terms that move, of rows that are terms × bins, or None
        mapped(matrix)                  sums over the rows in place of the rows, if that is shorter, or None

`params` are the values of all parameters, of which those of `free` move. A fixed response meets recoils by sending its
array `through` them; a moving response takes the `spectra` it has to be right for, and sends the arrays of a short sum.
"""

import abc
import dataclasses
from collections.abc import Callable, Sequence, Set
from typing import Any

import equinox as eqx
import numpy as np

from .._base.module import Module
from .._base.numerics import namespace
from .._base.typing import Array, Float, Params, Scalar

Places = np.ndarray
"""Whole numbers: places of a last axis, (place,), or separate places for each row before it, (nuclide, place)."""


class Stage(Module):
    """A pure function ``stage(params)`` of the parameters; fields that are stages are its inputs."""

    @abc.abstractmethod
    def own_parameters(self) -> frozenset[str]:
        """Return the names of the parameters that this stage reads itself, its inputs left out."""

    @abc.abstractmethod
    def __call__(self, params: Params) -> Any:
        """Return the value of the stage."""

    @property
    def array(self) -> Any:
        """Return its value if it is folded to an array, else None."""
        return None

    def simplified(self, free: Set[str], params: Params) -> "Stage":
        """Return a cheaper stage of the same value where only the parameters `free` move; itself by default.

        Its inputs are already folded at `params`.
        """
        return self

    def parted(self, free: Set[str]) -> "Stage":
        """Return the same, what depends on no parameter of `free` summed in stages of its own; itself by default."""
        return self

    def at(self, places: Places) -> "Stage":
        """Return the same at some places of its last axis."""
        return Taken(self, places)

    def through(self, rows: Float[np.ndarray, "row nuclide node"], free: Set[str], params: Params) -> "Stage | None":
        """Return the stage of what fixed rows select of these recoils, (flavour, row)."""
        return None

    def spectra(self, free: Set[str], params: Params) -> Float[np.ndarray, "spectrum nuclide node"] | None:
        """Return spectra that represent all recoils there are while the parameters `free` move."""
        return None

    def shaped(self, free: Set[str]) -> bool:
        """Return whether the parameters `free` change the shape of what each product of amplitudes gives."""
        return False

    def meeting(self, recoils: "Stage", free: Set[str], params: Params) -> "Stage | None":
        """Return the stage of what this response selects of `recoils`, (flavour, row)."""
        return None

    def expanded(self, terms: "Stage", count: int) -> "Stage | None":
        """Return the sum over `count` terms that move, of rows that are all bins of the first term, then the next."""
        return None

    def mapped(self, matrix: Float[np.ndarray, "row bin"]) -> "Stage | None":
        """Return the same with sums over its rows for rows, where that holds fewer numbers than a row for each."""
        return None

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

    def reshaped(self, shape: tuple[int, ...]) -> "Stage":
        """Return the same array in another shape."""
        return OnAxes(self, shape)

    def parameters(self) -> frozenset[str]:
        """Return the names of all parameters that the value depends on."""
        stages = (stage for inputs in self.inputs().values() for stage in inputs)
        return self.own_parameters().union(*(stage.parameters() for stage in stages))


def _stages(value: Any) -> Sequence[Stage]:
    """Return the stages that a field is or holds."""
    held = value if isinstance(value, tuple) else (value,)
    return held if all(isinstance(item, Stage) for item in held) else ()


def taken(array: Float[Array, "..."], places: Places) -> Float[Array, "..."]:
    """Return the values at some places of the last axis."""
    index = np.broadcast_to(places, (*array.shape[:-1], places.shape[-1]))
    return namespace(array).take_along_axis(array, index, axis=-1)


class Taken(Stage):
    """Stage: another stage at some places of its last axis."""

    whole: Stage
    places: Places

    def own_parameters(self) -> frozenset[str]:
        return frozenset()

    def __call__(self, params: Params) -> Float[Array, "..."]:
        return taken(self.whole(params), np.asarray(self.places))


class Constant(Stage):
    """A stage folded to its value, an array."""

    value: Any

    def own_parameters(self) -> frozenset[str]:
        return frozenset()

    def __call__(self, params: Params) -> Any:
        return self.value

    @property
    def array(self) -> Any:
        """Return the value."""
        return self.value

    def at(self, places: Places) -> "Constant":
        """Return the values at the places."""
        return Constant(taken(self.value, places))

    def reshaped(self, shape: tuple[int, ...]) -> "Constant":
        """Return the value in another shape."""
        return Constant(self.value.reshape(shape))

    def through(self, rows: Float[np.ndarray, "row nuclide node"], free: Set[str], params: Params) -> "Constant":
        """Return what the rows select, an array."""
        return Constant(np.tensordot(self.value, rows, ((1, 2), (1, 2))))

    def spectra(self, free: Set[str], params: Params) -> Float[np.ndarray, "spectrum nuclide node"]:
        """Return the recoils themselves."""
        return self.value

    def meeting(self, recoils: Stage, free: Set[str], params: Params) -> Stage | None:
        """Return what the array selects of the recoils."""
        return recoils.through(self.value, free, params)


EMPTY = object()
"""Value of a constant that is to be filled."""


class Value(Stage):
    """Stage: the value of a parameter."""

    name: str = eqx.field(static=True)

    def own_parameters(self) -> frozenset[str]:
        return frozenset((self.name,))

    def __call__(self, params: Params) -> Scalar:
        return params[self.name]


class OnAxes(Stage):
    """Stage: an array with its cells spread over the axes of a measurement."""

    counts: Stage
    shape: tuple[int, ...] = eqx.field(static=True)

    def own_parameters(self) -> frozenset[str]:
        return frozenset()

    def __call__(self, params: Params) -> Any:
        return self.counts(params).reshape(self.shape)

    def reshaped(self, shape: tuple[int, ...]) -> "OnAxes":
        """Return the same array in another shape alone."""
        return OnAxes(self.counts, shape)


def hold(stage: Stage, free: Set[str], params: Params) -> Stage:
    """Return `stage` with its parts that depend on no parameter of `free` evaluated at `params`, the rest as it is."""
    return _held(stage, free, params, lambda made: made)


def separate(stage: Stage, free: Set[str]) -> tuple[Stage, tuple[Stage, ...]]:
    """Return `stage` with empty constants for all parts that no parameter of `free` moves, and these parts in order.

    Arrays stay where they are. The constants have the value `EMPTY`.
    """
    if stage.array is not None:
        return stage, ()
    if stage.parameters().isdisjoint(free):
        return Constant(EMPTY), (stage,)
    stage, parts = stage.parted(free), []
    folded: dict[str, Any] = {}
    for name, inputs in stage.inputs().items():
        children, several = zip(*(separate(child, free) for child in inputs), strict=True)
        folded[name] = children if isinstance(getattr(stage, name), tuple) else children[0]
        parts += [part for own in several for part in own]
    return dataclasses.replace(stage, **folded), tuple(parts)


def specialise(stage: Stage, free: Set[str], params: Params) -> Stage:
    """Return `stage` with all that depends on no parameter of `free` evaluated at `params` (host floats)."""
    return _held(stage, free, params, lambda made: made.simplified(free, params))


def _held(stage: Stage, free: Set[str], params: Params, finish: Callable[[Stage], Stage]) -> Stage:
    if stage.parameters().isdisjoint(free):
        return Constant(stage(params)) if stage.array is None else stage
    folded: dict[str, Any] = {}
    for name, inputs in stage.inputs().items():
        children = tuple(_held(child, free, params, finish) for child in inputs)
        folded[name] = children if isinstance(getattr(stage, name), tuple) else children[0]
    return finish(dataclasses.replace(stage, **folded))
