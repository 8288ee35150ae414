"""Stages on disk: what took long to choose is chosen once, for the same inputs and by the same code."""

import io
import pickle
import time
from collections.abc import Callable, Sequence, Set
from typing import Any

import jax
import numpy as np

from .._base.cache import Entry
from .._base.identity import PACKAGE, text_of_structure
from .._base.typing import Params
from .stage import Stage

WORTH_KEEPING = 0.05
"""Seconds from which on it is kept what was made."""
KNOWN = (PACKAGE, "numpy", "equinox")
"""Packages whose classes an entry may hold."""


class _Reader(pickle.Unpickler):
    """What reads stages and arrays, and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        if module.partition(".")[0] not in KNOWN:
            raise pickle.UnpicklingError(f"{module}.{name}")
        return super().find_class(module, name)


def _entry(inputs: Sequence[Stage], free: Set[str], params: Params) -> Entry | None:
    """Return the entry of what is made of stages where `free` moves from `params`, None if it has no name."""
    leaves, structure = jax.tree.flatten(tuple(inputs))
    name = text_of_structure(structure)
    arrays = [np.ascontiguousarray(leaf) for leaf in leaves]
    if name is None or any(array.dtype.hasobject for array in arrays):
        return None
    names = sorted(frozenset().union(*(stage.parameters() for stage in inputs)))
    numbers = [(n, n in free, float(params[n])) for n in names if n in params]
    kinds = [(array.shape, str(array.dtype)) for array in arrays]
    return Entry("stage", name, repr((numbers, kinds)), *(array.tobytes() for array in arrays))


def kept(inputs: Sequence[Stage], free: Set[str], params: Params, made: Callable[[], Stage | None]) -> Stage | None:
    """Return what is `made` of stages where the parameters `free` move from `params`, from disk if it is there.

    It depends on nothing else, and `made` is called where there is no cache.
    """
    entry = _entry(inputs, free, params) if Entry.on() else None
    if entry is None:
        return made()
    content = entry.read()
    if content is not None:
        try:
            return _Reader(io.BytesIO(content)).load()
        except (pickle.UnpicklingError, AttributeError, ImportError, TypeError, ValueError, EOFError):
            pass  # an entry that cannot be read is made again
    started = time.perf_counter()
    stage = made()
    if time.perf_counter() - started > WORTH_KEEPING:
        entry.write(pickle.dumps(stage, pickle.HIGHEST_PROTOCOL))
    return stage
