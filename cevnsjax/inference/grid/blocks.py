"""A grid cut into blocks of bounded memory."""

import dataclasses
import math
from collections.abc import Sequence

import numpy as np

from ..._base.errors import InputError
from ..._base.typing import Float
from ..defaults import CHUNK
from ..problem.specification import Specification
from .axes import Axis

MOST_POINTS, MOST_BLOCKS = 10**9, 10**6
"""Points and blocks of a grid: beyond, the search of the minima takes more than 24 GB of memory, and a store some ten
million files."""


@dataclasses.dataclass(frozen=True)
class Grid:
    """The axes of a scan, cut into blocks."""

    axes: tuple[Axis, ...]
    block: tuple[int, ...]
    """Shape of a block; the last along an axis may be shorter."""

    @property
    def names(self) -> tuple[str, ...]:
        """Return the parameters of the axes."""
        return tuple(axis.name for axis in self.axes)

    @property
    def shape(self) -> tuple[int, ...]:
        """Return the number of values of each axis."""
        return tuple(len(axis.values) for axis in self.axes)

    @property
    def size(self) -> int:
        """Return the number of points."""
        return math.prod(self.shape)

    @property
    def counts(self) -> tuple[int, ...]:
        """Return the number of blocks along each axis."""
        return tuple(-(-n // size) for n, size in zip(self.shape, self.block, strict=True))

    @property
    def blocks(self) -> int:
        """Return the number of blocks."""
        return math.prod(self.counts)

    def place(self, number: int) -> tuple[int, ...]:
        """Return where block `number` is: its number along each axis, the last axis fastest."""
        places = []
        for count in reversed(self.counts):
            number, along = divmod(number, count)
            places.append(along)
        return tuple(reversed(places))

    def slices(self, number: int) -> tuple[slice, ...]:
        """Return where a block lies in the grid."""
        places = zip(self.place(number), self.block, self.shape, strict=True)
        return tuple(slice(place * size, min((place + 1) * size, n)) for place, size, n in places)

    def points(self, number: int) -> Float[np.ndarray, "point axis"]:
        """Return the points of a block, the last axis fastest."""
        parts = (axis.values[part] for axis, part in zip(self.axes, self.slices(number), strict=True))
        return np.stack(np.meshgrid(*parts, indexing="ij"), axis=-1).reshape(-1, len(self.axes))

    def check_size(self) -> None:
        """Raise `InputError` for more points or blocks than memory and disks take."""
        shape = " x ".join(map(str, self.shape))
        if self.size > MOST_POINTS:
            raise InputError(f"expected a grid of {MOST_POINTS:g} points at most, found {shape} = {self.size:.3g}")
        if self.blocks > MOST_BLOCKS:
            raise InputError(
                f"expected a grid in {MOST_BLOCKS:g} chunks at most, found {self.blocks:.3g} for {shape} points: "
                "ask for larger chunks"
            )

    def check(self, specification: Specification) -> None:
        """Raise `InputError` for values beyond the bounds that hold in the fit."""
        for axis in self.axes:
            least, most = specification.bounds[axis.name]
            for edge in (float(axis.values[0]), float(axis.values[-1])):
                if not least <= edge <= most:
                    raise InputError(f"{axis.name}: expected a grid within {least:g} to {most:g}, found {edge:g}")


def bytes_per_point(coordinates: int) -> int:
    """Return how much memory a point of a block takes while it is minimised, an upper bound [bytes].

    Start, end, gradient and Hessian of each coordinate, once in the solver and once joined, and the values kept.
    """
    return 8 * (3 * coordinates**2 + 12 * coordinates + 16)


def block_shape(shape: Sequence[int], most: int) -> tuple[int, ...]:
    """Return the shape of blocks of up to `most` points: whole last axes as far as they fit."""
    block, room = [], most
    for n in reversed(shape):
        size = max(1, min(n, room))
        block.append(size)
        room //= n if size == n else room + 1
    return tuple(reversed(block))


def make_grid(axes: Sequence[Axis], coordinates: int, chunk: int | None = None, memory: float | None = None) -> Grid:
    """Return the grid cut into blocks of up to `chunk` points that take no more than `memory` [bytes]."""
    if not axes:
        raise InputError("expected a grid of at least one parameter, found none")
    if chunk is not None and chunk < 1:
        raise InputError(f"expected chunks of at least one point, found {chunk}")
    most = CHUNK if chunk is None else chunk
    if memory is not None:
        room = memory / bytes_per_point(coordinates)
        if not room >= 1.0:
            raise InputError(f"expected memory for at least one point, {bytes_per_point(coordinates)} bytes")
        most = int(min(most, room))
    grid = Grid(tuple(axes), block_shape([len(axis.values) for axis in axes], most))
    grid.check_size()
    return grid
