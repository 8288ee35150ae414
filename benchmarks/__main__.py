"""Run all benchmarks and print their tables: ``python -m benchmarks [--only BLOCK] [--quick] [--json FILE]``."""

import argparse
import json
import os
import platform
from importlib.metadata import version
from pathlib import Path

import jax
from rich.console import Console

import cevnsjax

from .case import Case
from .device import device
from .evaluation import evaluation
from .every_measurement import every_measurement
from .global_fits import global_fits
from .growth import growth
from .mediator_grid import mediator_grid
from .minimisers import minimisers
from .models import models
from .pulls import pulls
from .quadrature import quadrature
from .samplers import samplers
from .scans import scans
from .start import start
from .toys import toys

BLOCKS = (
    evaluation,
    quadrature,
    minimisers,
    pulls,
    every_measurement,
    models,
    mediator_grid,
    growth,
    samplers,
    scans,
    toys,
    start,
    device,
    global_fits,
)
PACKAGES = (
    *("jax", "jaxlib", "equinox", "numpy", "scipy", "numba", "optimistix", "optax", "iminuit", "numpyro", "emcee"),
    "dynesty",
)


def machine() -> dict[str, str]:
    """Return what the numbers depend on: processor, cores, load at the start, versions."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        processor = next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        processor = platform.processor() or platform.machine()
    found = {"processor": processor, "cores": str(os.cpu_count()), "python": platform.python_version()}
    found["load"] = f"{os.getloadavg()[0]:.1f}"
    return found | {"cevnsjax": cevnsjax.__version__} | {name: version(name) for name in PACKAGES}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the tables to FILE as well")
    blocks = {block.__name__.removesuffix("_fits"): block for block in BLOCKS}
    parser.add_argument("--only", choices=blocks, help="one block alone")
    parser.add_argument("--quick", action="store_true", help="small sizes in the blocks on grids and growth")
    chosen = parser.parse_args()
    jax.config.update("jax_enable_compilation_cache", False)
    console = Console(width=140)
    found = machine()
    console.print(", ".join(f"{name} {text}" for name, text in found.items()))
    case, tables = Case(quick=chosen.quick), []
    for block in [blocks[chosen.only]] if chosen.only else blocks.values():
        made = block(case)
        made = made if isinstance(made, list) else [made]
        for table in made:
            table.show(console)
        tables += made
    if chosen.json is not None:
        document = {"machine": found, "tables": [table.as_dict() for table in tables]}
        chosen.json.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
