"""Flags of XLA with which programs compile quickly; they run more slowly.

Without fusion emitters loops are shared out among as many threads as there are, and round by it; the last flag keeps
them whole, so that a process with one thread finds the same.
"""

import os
import subprocess
import sys

QUICK = {
    "xla_backend_optimization_level": "0",
    "xla_llvm_disable_expensive_passes": "true",
    "xla_cpu_use_fusion_emitters": "false",
    "xla_disable_hlo_passes": "cpu-parallel-task-assigner",
}


def quick_to_compile() -> str:
    """Return those of the flags that the installed jaxlib knows: it ends a process that has another."""
    flags = dict(QUICK)
    while flags:
        text = " ".join(f"--{flag}={value}" for flag, value in flags.items())
        tried = subprocess.run(
            [sys.executable, "-c", "import jax; jax.devices()"],
            capture_output=True,
            text=True,
            env=os.environ | {"XLA_FLAGS": text, "JAX_PLATFORMS": "cpu"},
        )
        if tried.returncode == 0:
            return text
        known = {flag: value for flag, value in flags.items() if f"--{flag}" not in tried.stderr}
        flags = known if len(known) < len(flags) else {}
    return ""
