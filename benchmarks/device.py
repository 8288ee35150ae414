"""What the engine makes of the device it runs on, a processor or a GPU: arithmetic a second, beside a matrix product.

The operations are those that XLA counts in the compiled program (sines, logarithms and divisions apart); the largest
rate is that of a product of two square float64 matrices on the same device, measured in the same run. It runs on
whatever device JAX finds: on a GPU with `pip install "jax[cuda12]"`.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .case import Case
from .table import Table
from .timing import compete, first_call

BATCHES = {"cpu": (256, 1024, 8192), "gpu": (1024, 16_384, 262_144)}
"""Points side by side: on a processor, around what its caches hold."""
QUICK_BATCHES = (256,)
SIDE = {"cpu": 1536, "gpu": 8192}
"""Rows of the matrices."""


def matrix_rate(device: Any) -> float:
    """Return the rate [1/s] of multiplications and additions of a matrix product."""
    side = SIDE.get(device.platform, 2048)
    matrix = jax.device_put(np.random.default_rng(0).normal(size=(side, side)), device)
    product = jax.jit(jnp.matmul)
    timed = compete({"product": lambda: product(matrix, matrix)}, 5)
    return 2.0 * side**3 / timed["product"].best


def device(case: Case) -> Table:
    """Return time, operations and their share of the largest rate against the number of points side by side."""
    chosen = jax.devices()[0]
    largest = matrix_rate(chosen)
    problem = jax.device_put(case.problem(), chosen)
    functions = {"likelihood": lambda p, u: p(u), "with gradient": lambda p, u: jax.value_and_grad(p)(u)}
    rows = []
    for count in QUICK_BATCHES if case.quick else BATCHES.get(chosen.platform, BATCHES["gpu"]):
        points = jax.device_put(case.points(count), chosen)
        for name, function in functions.items():
            program = jax.jit(jax.vmap(function, in_axes=(None, 0)))
            compiled = first_call(lambda f=program, u=points: f(problem, u))
            analysis = program.lower(problem, points).compile()
            cost, memory = analysis.cost_analysis(), analysis.memory_analysis()
            if cost is None or memory is None:
                raise RuntimeError("XLA does not count the operations and the memory of a program on this device")
            seconds = compete({name: lambda f=program, u=points: f(problem, u)}, 3)[name].best
            rate, held = cost["flops"] / seconds, memory.temp_size_in_bytes / 2**20
            share = rate / largest
            each = (1e6 * seconds / count, cost["flops"] / count, cost.get("transcendentals", 0.0) / count)
            rows.append((name, count, compiled, *each, 1e-9 * rate, share, held))
    columns = ("program", "points", "compile s", "us/point", "operations", "functions beside", "Gflop/s", "share")
    return Table(
        f"13. Operations on {chosen.device_kind}; share of the {1e-9 * largest:.0f} Gflop/s of a matrix product",
        (*columns, "temporary MiB"),
        rows,
    )
