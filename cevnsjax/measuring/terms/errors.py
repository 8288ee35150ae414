"""What numbers with errors must be."""

import numpy as np

from ..._base.errors import InputError
from ..._base.typing import Float


def check_errors(
    name: str, shape: tuple[int, ...], observed: Float[np.ndarray, "..."], sigma: Float[np.ndarray, "..."]
) -> None:
    """Refuse numbers or errors of another `shape`, numbers that are not finite, and errors that are not positive."""
    if observed.shape != shape:
        raise InputError(f"{name}: expected observed numbers of shape {shape}, found {observed.shape}")
    if not (sigma.shape == shape and np.all(sigma > 0)):
        raise InputError(f"{name}: expected positive errors of shape {shape}, found {sigma}")
