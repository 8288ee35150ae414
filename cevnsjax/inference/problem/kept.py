"""Traced programs on disk: what one process has traced the next one does not trace again.

JAX's own cache on disk is asked what a program compiles to only once it is traced and lowered, which takes several
times as long as to load that. Here programs are kept as they are lowered (StableHLO), under the structure of the part
and the code of the package, which are all that they depend on; what they compile to is in JAX's cache.
"""

import os
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from ..._base.cache import Entry
from ..._base.identity import text_of_structure

OF_NO_PROGRAM = ("cache", "dump", "log")
"""Words in the names of settings of JAX that change no program."""


def _entry(structure: Any, arguments: tuple[Any, ...], numbers: tuple[int, ...], platform: str) -> Entry | None:
    """Return the entry of the program that takes `arguments` for a part of a `structure`, None if it has no name."""
    name = text_of_structure(structure)
    if name is None:
        return None
    config: Any = jax.config  # which gets its settings as JAX is imported
    settings = {n: str(v) for n, v in sorted(config.values.items()) if not any(word in n for word in OF_NO_PROGRAM)}
    shapes = [(np.shape(leaf), str(np.asarray(leaf).dtype)) for leaf in jax.tree.leaves(arguments)]
    return Entry("program", name, repr((shapes, numbers, platform, os.environ.get("XLA_FLAGS"), settings)))


def kept(
    structure: Any, arguments: tuple[Any, ...], numbers: tuple[int, ...], platform: str, made: Callable[..., Any]
) -> Callable[..., Any]:
    """Return the function of `arguments` for parts of a `structure`, to be compiled: as it is `made`, or from disk.

    `numbers` are what else it depends on.
    """
    from jax import export

    entry = _entry(structure, arguments, numbers, platform) if Entry.on() else None
    if entry is None:
        return made
    content = entry.read()
    try:
        if content is None:
            content = bytes(export.export(jax.jit(made), platforms=[platform])(*arguments).serialize())
            entry.write(content)
        return export.deserialize(bytearray(content)).call
    except (ImportError, ValueError, NotImplementedError):  # what cannot be written down is traced each time
        return made
