"""`Likelihood.scan` on grids of coupling and mass of a vector mediator: time and peak memory, in memory and to a store.

Beside the time it takes, what a user waits for: the checks, the blocks, the best fit at the end, the store on disk.
"""

import tempfile
import time
from functools import partial
from pathlib import Path

import jax

import cevnsjax as cj

from .case import Case
from .mediator_grid import COUPLINGS, MASSES
from .table import Table
from .timing import peak_memory

SIDES, QUICK_SIDES = (32, 100, 316, 1000), (6, 10)
"""Values of each parameter."""


def scans(case: Case) -> Table:
    """Return time and memory against the number of points, the program compiled by a first small scan."""
    likelihood = cj.Likelihood([case.measurement], cj.light_vector("universal"))
    sides = QUICK_SIDES if case.quick else SIDES
    jax.clear_caches()
    compiled = likelihood.scan(_grid(sides[0])).seconds["compile"]
    rows = []
    for side in sides:
        for stored in (False, True):
            with tempfile.TemporaryDirectory() as folder:
                out = Path(folder) / "scan.zarr" if stored else None
                started = time.perf_counter()
                found: list[cj.GridResult] = []
                memory = peak_memory(partial(_run, likelihood, _grid(side), out, found))
                seconds = time.perf_counter() - started
                size = sum(file.stat().st_size for file in out.rglob("*") if file.is_file()) / 2**20 if out else None
            name = "to a store" if stored else "in memory"
            failed = found[0].not_converged
            rows.append((f"{side} x {side}", name, seconds, 1e6 * seconds / side**2, memory, size, failed))
    columns = ("grid", "result", "seconds", "us/point", "memory MiB", "store MiB", "not converged")
    return Table(f"11. Scans of (g, M), the four pulls profiled; compiled in {compiled:.1f} s before", columns, rows)


def _grid(side: int) -> dict[str, str]:
    return {name: f"{low}:{high}:{side}:log" for name, (low, high) in {"g_zp": COUPLINGS, "m_zp": MASSES}.items()}


def _run(likelihood: cj.Likelihood, grid: dict[str, str], out: Path | None, found: list[cj.GridResult]) -> None:
    found.append(likelihood.scan(grid, out))
