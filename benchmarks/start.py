"""Block 13: how long the package and the command line take to start, in processes of their own."""

import statistics
import subprocess
import sys
import time

from .case import Case
from .table import Table

PROGRAMS = {
    "import jax": "import jax",
    "import cevnsjax": "import cevnsjax",
    "import cevnsjax, jax; cevnsjax.Likelihood": "import cevnsjax, jax; cevnsjax.Likelihood",
    **{
        f"cevnsjax {arguments}": f"import sys; sys.argv[1:] = {arguments.split()!r}\n"
        "from cevnsjax_command import main; main()"
        for arguments in ("--version", "--help", "fit --help", "measurements", "models", "cite", "parameters crex")
    },
}
"""What runs, by name."""


def start(case: Case) -> Table:
    """Return the seconds of whole processes, taken in turn, and their ratio to a process that imports JAX."""
    turns = 2 if case.quick else 7
    seconds: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    for _ in range(turns + 1):  # the first turn brings the files into memory
        for name, program in PROGRAMS.items():
            begun = time.perf_counter()
            subprocess.run([sys.executable, "-c", program], check=True, stdout=subprocess.DEVNULL)
            seconds[name].append(time.perf_counter() - begun)
    jax = statistics.median(seconds["import jax"][1:])
    return Table(
        "13. Start of a process [s]",
        ("process", "median", "best turn", "of import jax"),
        [
            (name, median := statistics.median(taken[1:]), min(taken[1:]), median / jax)
            for name, taken in seconds.items()
        ],
    )
