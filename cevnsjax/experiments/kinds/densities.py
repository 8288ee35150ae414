"""Densities at unbinned events: of what is known in bins, of what is even, and their products.

What is flat inside its bins has the density dν/dx = (counts of the bin that the event is in) / (volume of the bin).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..._base.typing import Float
from ...stages.products import Product
from ...stages.stage import Constant, Stage
from .setting import Setting

Densities = Mapping[str, Stage]
"""Density of a background at the events along each axis that it has a shape of."""


def where(setting: Setting, axis: str) -> Float[np.ndarray, " event"]:
    """Return where the events are along an axis."""
    assert setting.events is not None
    return setting.events[axis]


def count(setting: Setting) -> int:
    """Return the number of events."""
    return len(where(setting, next(iter(setting.axes))))


def bin_of(setting: Setting, axis: str) -> np.ndarray:
    """Return the bin of each event along an axis; the last edge belongs to the last bin."""
    edges = setting.axes[axis]
    return np.clip(np.searchsorted(edges, where(setting, axis), side="right") - 1, 0, len(edges) - 2)


def flat_in_bins(stage: Stage, setting: Setting, axes: Sequence[str], rows: tuple[int, ...] = ()) -> Stage:
    """Return the density (*rows, event) of counts (*rows, bins of some axes) that are flat inside each bin."""
    indices = [bin_of(setting, axis) for axis in axes]
    place = np.ravel_multi_index(tuple(indices), setting.bins(*axes))
    sizes = [np.diff(setting.axes[axis])[index] for axis, index in zip(axes, indices, strict=True)]
    inside = stage.reshaped((*rows, -1)).at(place)
    over = tuple(range(len(rows)))
    return Product(
        (inside, Constant(1.0 / np.prod(sizes, axis=0))), ((*over, len(rows)), (len(rows),)), (*rows, len(place))
    )


def evenly(setting: Setting, axis: str) -> Constant:
    """Return the density at the events of what is even along an axis."""
    return Constant(np.full(count(setting), 1.0 / np.ptp(setting.axes[axis])))


def product_density(setting: Setting, given: Stage | None, axes: Sequence[str], densities: Densities) -> Stage:
    """Return the density at the events of a background: that `given` over some axes, times those along the others.

    Those along axes without a shape are even. A number may be given, over no axis.
    """
    others = [densities.get(axis, evenly(setting, axis)) for axis in setting.axes if axis not in axes]
    factors, places = list[Any](others), [(0,)] * len(others)
    if given is not None:
        factors, places = [given, *factors], [(0,) if axes else (), *places]
    made = Product(tuple(factors), tuple(places), (count(setting),))
    return made if made.parameters() else Constant(made({}))
