"""The cache on disk: what was compiled or chosen once is loaded by the next process.

There are JAX's own entries and those of the package, each a file that begins with the digest of what follows. An entry
that is damaged or cannot be read is as one that is not there, and one that cannot be written is not written.
"""

import functools
import hashlib
import os
import platform
import secrets
import sys
import tempfile
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import scipy

from .version import __version__

VARIABLE = "CEVNSJAX_CACHE"
DIGEST = hashlib.sha256().digest_size


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


def cache_folder() -> str | None:
    """Return the folder of the cache on disk, None if it is off."""
    import jax

    config: Any = jax.config  # which gets its settings as JAX is imported
    folder = config.jax_compilation_cache_dir
    return str(folder) if folder and config.jax_enable_compilation_cache else None


@functools.cache
def _code() -> str:
    """Return a digest of all that entries are made with: the code of the package, and the libraries."""
    import equinox
    import jax

    package = Path(__file__).parents[1]
    hasher = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        hasher.update(f"{path.relative_to(package)}\0".encode() + path.read_bytes())
    versions = __version__, *sys.version_info[:3], *(m.__version__ for m in (np, scipy, jax, equinox))
    hasher.update(repr(versions).encode())
    return hasher.hexdigest()


class Entry:
    """An entry of the cache: the file of what is made of `content`, by this code."""

    def __init__(self, kind: str, *content: str | bytes) -> None:
        """Take the `kind` of the entry, and all that it depends on."""
        folder = cache_folder()
        self._path: Path | None = None
        if folder is None:
            return
        with suppress(OSError):  # a package that is no folder of files has no digest
            hasher = hashlib.sha256(_code().encode())
            for part in content:
                own = part.encode() if isinstance(part, str) else part
                hasher.update(len(own).to_bytes(8, "little") + own)
            self._path = Path(folder) / f"{kind}-{hasher.hexdigest()}"

    @staticmethod
    def on() -> bool:
        """Return whether there is a cache: if not, nothing is read or written, and no entry needs a name."""
        return cache_folder() is not None

    def read(self) -> bytes | None:
        """Return what was written, None if there is nothing whole."""
        if self._path is None:
            return None
        try:
            content = self._path.read_bytes()
        except OSError:
            return None
        packed = content[DIGEST:]
        return zlib.decompress(packed) if hashlib.sha256(packed).digest() == content[:DIGEST] else None

    def write(self, content: bytes) -> None:
        """Write the entry, whole or not at all."""
        if self._path is None:
            return
        packed = zlib.compress(content, 1)
        part = self._path.with_name(f".{self._path.name}.{secrets.token_hex(4)}")
        with suppress(OSError):
            try:
                with part.open("xb") as file:
                    file.write(hashlib.sha256(packed).digest() + packed)
                part.replace(self._path)
            finally:
                part.unlink(missing_ok=True)
