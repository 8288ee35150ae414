"""What several kinds do with numbers: edges without gaps, and templates that variations move."""

from collections.abc import Mapping

import numpy as np

from ...parameters.parameter import Parameter
from ...stages.morphing import morphed_shape
from ...stages.stage import Constant, Stage
from .kind import Moved, Place


def joined(place: Place, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Return the edges of bins from their lower and upper ones, between which there are no gaps."""
    if len(low) != len(high) or not np.allclose(low[1:], high[:-1], rtol=0.0, atol=1e-9 * np.ptp(high)):
        raise place.fail("high", "upper edges that are the next lower ones", "gaps, or another number")
    return np.append(low, high[-1])


def varied(
    place: Place, nominal: np.ndarray, moved: Mapping[str, Moved], factors: np.ndarray | None = None
) -> tuple[Stage, tuple[Parameter, ...]]:
    """Return the stage of a template that its variations move, with its total kept, times fixed factors."""
    flat = nominal.ravel()
    if not moved:
        return Constant(nominal if factors is None else flat * factors), ()
    for name, variation in moved.items():
        for key, shape in (("up", variation.up), ("down", variation.down)):
            if shape is not None and shape.shape != flat.shape:
                raise place.fail(f"variations.{name}.{key}", f"{flat.size} numbers", shape.size)
    with place.data.at(f"{place.key}.variations"):
        stage = morphed_shape(flat, {name: (v.up, v.down) for name, v in moved.items()}, factors)
    return stage, tuple(variation.parameter for variation in moved.values())
