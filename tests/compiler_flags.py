"""Flags of XLA with which programs compile quickly; they run more slowly.

Without fusion emitters loops are shared out among as many threads as there are, and round by it; the last flag keeps
them whole, so that a process with one thread finds the same.
"""

import importlib.util
import mmap
from pathlib import Path

QUICK = {
    "xla_backend_optimization_level": "0",
    "xla_llvm_disable_expensive_passes": "true",
    "xla_cpu_use_fusion_emitters": "false",
    "xla_disable_hlo_passes": "cpu-parallel-task-assigner",
}


def quick_to_compile() -> str:
    """Return those of the flags that the installed jaxlib has: it ends a process that names another."""
    installed = importlib.util.find_spec("jaxlib")
    assert installed is not None
    assert installed.submodule_search_locations is not None
    (folder,) = installed.submodule_search_locations
    found = set()
    for library in Path(folder).glob("*jax*.so"):
        with library.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as code:
            found |= {flag for flag in QUICK if code.find(flag.encode()) >= 0}
    return " ".join(f"--{flag}={value}" for flag, value in QUICK.items() if flag in found)
