"""The persistent compilation cache: what was compiled once is loaded from disk by the next process."""

import hashlib
import os
import platform
from pathlib import Path

import jax
import jaxlib


def _processor() -> str:
    """Return a short digest of the processor's features: compiled code does not travel between processors."""
    try:
        text = Path("/proc/cpuinfo").read_text()
        lines = sorted({line for line in text.splitlines() if line.startswith(("model name", "flags", "Features"))})
    except OSError:
        lines = [platform.processor(), platform.machine()]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]


def enable_compilation_cache() -> None:
    """Keep compiled programs on disk, in a folder of their own for each jaxlib and processor.

    The folder is ``$CEVNSJAX_CACHE``, by default ``cevnsjax`` under ``$XDG_CACHE_HOME`` or ``~/.cache``;
    ``CEVNSJAX_CACHE=off`` turns the cache off. The command line calls this; a library user decides.
    """
    chosen = os.environ.get("CEVNSJAX_CACHE")
    if chosen == "off":
        return
    base = Path(chosen) if chosen else Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "cevnsjax"
    folder = base / f"jaxlib-{jaxlib.__version__}-{_processor()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", 0)
