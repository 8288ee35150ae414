"""The persistent compilation cache: what was compiled once is loaded from disk by the next process."""

import hashlib
import os
import platform
import tempfile
from pathlib import Path

VARIABLE = "CEVNSJAX_CACHE"


def _processor() -> str:
    """Return a short digest of the processor's features: compiled code does not travel between processors."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
        lines = sorted({line for line in text.splitlines() if line.startswith(("model name", "flags", "Features"))})
    except OSError:
        lines = [platform.processor(), platform.machine()]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]


def _folder() -> Path:
    """Return the folder of all caches; raise RuntimeError where a home is needed and there is none."""
    chosen = os.environ.get(VARIABLE)
    if chosen:
        return Path(chosen).expanduser()
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    # A variable that is empty or relative counts as unset (specifications.freedesktop.org/basedir-spec).
    return (base if base.is_absolute() else Path.home() / ".cache") / "cevnsjax"


def enable_compilation_cache() -> str | None:
    """Keep compiled programs on disk, in a folder of their own for each jaxlib and processor.

    The folder is ``$CEVNSJAX_CACHE``, by default ``cevnsjax`` under ``$XDG_CACHE_HOME`` or ``~/.cache``;
    ``CEVNSJAX_CACHE=off`` turns the cache off. Return why there is no cache although it is wanted, None if all is well.
    The command line calls this; a library user decides.
    """
    if os.environ.get(VARIABLE, "").strip().lower() == "off":
        return None
    import jax
    import jaxlib

    try:
        folder = _folder() / f"jaxlib-{jaxlib.__version__}-{_processor()}"
    except RuntimeError:
        return "there is no home folder"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        return f"'{folder}' cannot be written: {error.strerror or error}"
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", 0)
    return None
