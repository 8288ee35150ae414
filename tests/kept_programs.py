"""Compiled programs that tests keep: many compile the same ones, and compiling takes most of the time.

Each process that runs tests has a folder of its own, which those that it starts share; the first removes them all.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

FOLDER = "CEVNSJAX_TESTS"


def kept_programs() -> dict[str, str]:
    """Return the variables of the environment that make JAX keep them."""
    folder = os.environ.get(FOLDER)
    if folder is None:
        folder = tempfile.mkdtemp(prefix="cevnsjax-tests-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return {
        FOLDER: folder,
        "JAX_COMPILATION_CACHE_DIR": str(Path(folder) / os.environ.get("PYTEST_XDIST_WORKER", "main")),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "0",
    }
