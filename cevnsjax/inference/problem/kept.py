"""Traced programs on disk: what one process has traced the next one does not trace again.

JAX's own cache on disk is asked what a program compiles to only once it is traced and lowered, which takes several
times as long as to load that. Here programs are kept as they are lowered (StableHLO), under the structure of the part
and the code of the package, which are all that they depend on; what they compile to is in JAX's cache.
"""

import os
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np

from ..._base.cache import Entry
from ..._base.identity import text_of_value

OF_NO_PROGRAM = ("cache", "dump", "log")
"""Words in the names of settings of JAX that change no program."""


def _entry(key: Any, arguments: Sequence[Any], platform: str) -> Entry | None:
    """Return the entry of the program that takes `arguments`, None if no text says what its `key` is."""
    name = text_of_value(key)
    if name is None:
        return None
    config: Any = jax.config  # which gets its settings as JAX is imported
    settings = {n: str(v) for n, v in sorted(config.values.items()) if not any(word in n for word in OF_NO_PROGRAM)}
    shapes = [(np.shape(leaf), str(np.asarray(leaf).dtype)) for leaf in jax.tree.leaves(arguments)]
    tree = str(jax.tree.structure(arguments))
    return Entry("program", name, repr((tree, shapes, platform, os.environ.get("XLA_FLAGS"), settings)))


def kept(function: Callable[..., Any], key: Any, arguments: Sequence[Any], platform: str) -> Callable[..., Any]:
    """Return a `function` of `arguments`, to be compiled: itself, or as it was traced before, from disk.

    The code of the package, the `key` and the shapes of the arguments are all that it depends on.
    """
    from jax import export

    entry = _entry(key, arguments, platform) if Entry.on() else None
    if entry is None:
        return function
    content = entry.read()
    try:
        if content is None:
            content = bytes(export.export(jax.jit(function), platforms=[platform])(*arguments).serialize())
            entry.write(content)
        return export.deserialize(bytearray(content)).call
    except (ImportError, ValueError, NotImplementedError):  # what cannot be written down is traced each time
        return function
