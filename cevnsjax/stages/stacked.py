"""Rows of several stages, one after the other."""

from collections.abc import Set

import equinox as eqx

from .._base.numerics import namespace
from .._base.typing import Array, Float, Params
from .spectrum import EnergySpectrum
from .stage import Stage


def in_a_row(*arrays: Float[Array, "..."]) -> Float[Array, " row"]:
    """Return the numbers of all arrays in a single row."""
    return namespace(*arrays).concatenate([array.ravel() for array in arrays])


class Stacked(Stage):
    """Stage: the rows of several stages on an axis, in order."""

    parts: tuple[Stage, ...]
    axis: int = eqx.field(static=True)

    def own_parameters(self) -> frozenset[str]:
        return frozenset()

    def __call__(self, params: Params) -> Float[Array, "..."]:
        arrays = [part(params) for part in self.parts]
        return namespace(*arrays).concatenate(arrays, axis=self.axis)


class StackedResponse(Stage):
    """Stage: the rows (row, nuclide, node) of several responses, which meet the recoils separately."""

    parts: tuple[Stage, ...]

    def own_parameters(self) -> frozenset[str]:
        return frozenset()

    def __call__(self, params: Params) -> Float[Array, "row nuclide node"]:
        return Stacked(self.parts, 0)(params)

    def meeting(self, recoils: Stage, free: Set[str], params: Params) -> Stacked:
        """Return what each response selects of the recoils, as short as each can be."""
        return Stacked(tuple(EnergySpectrum(recoils, part).simplified(free, params) for part in self.parts), 1)


class Rows(Stage):
    """Stage: arrays of any shape, each in a single row, one after the other."""

    parts: tuple[Stage, ...]

    def own_parameters(self) -> frozenset[str]:
        return frozenset()

    def __call__(self, params: Params) -> Float[Array, " row"]:
        return in_a_row(*(part(params) for part in self.parts))
