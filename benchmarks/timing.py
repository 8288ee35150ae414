"""Timing: what was measured, apart from compilation, with every result waited for; and the memory that it took."""

import ctypes
import dataclasses
import gc
import re
import time
from collections.abc import Callable, Hashable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import jax
import numpy as np

Name = TypeVar("Name", bound=Hashable)
"""What a call is known by."""
ROUNDS = 9
"""Times that every competitor has its turn."""
TURN = 0.15
"""Duration [s] of one turn: a call is repeated for as long, twice at least."""


@dataclasses.dataclass(frozen=True)
class Timed:
    """Time [s] of one call."""

    median: float
    """Median of the medians of the turns."""
    best: float
    """Lowest of the medians of the turns: what the machine does when nobody else uses it."""


def first_call(call: Callable[[], Any]) -> float:
    """Return the time [s] of the first call: tracing and compiling, and one run; nothing compiled before counts."""
    jax.clear_caches()
    started = time.perf_counter()
    jax.block_until_ready(call())
    return time.perf_counter() - started


def _turn(call: Callable[[], Any]) -> float:
    times: list[float] = []
    finish = time.perf_counter() + TURN
    while len(times) < 2 or time.perf_counter() < finish:
        started = time.perf_counter()
        jax.block_until_ready(call())
        times.append(time.perf_counter() - started)
    return float(np.median(times))


def compete(calls: Mapping[Name, Callable[[], Any]], rounds: int = ROUNDS) -> dict[Name, Timed]:
    """Return the time of each call, warmed up; they take turns, so that all see the same load."""
    for call in calls.values():
        jax.block_until_ready(call())
    turns = [{name: _turn(call) for name, call in calls.items()} for _ in range(rounds)]
    collected = {name: [turn[name] for turn in turns] for name in calls}
    return {name: Timed(float(np.median(times)), min(times)) for name, times in collected.items()}


def _resident(field: str) -> float:
    found = re.search(rf"^{field}:\s*(\d+) kB", Path("/proc/self/status").read_text(), re.MULTILINE)
    return float(found[1]) / 1024.0 if found else float("nan")


def peak_memory(call: Callable[[], Any]) -> float | None:
    """Return by how many MiB the resident memory of this process rises at most during a call; None but on Linux."""
    try:
        gc.collect()
        ctypes.CDLL(None).malloc_trim(0)
        Path("/proc/self/clear_refs").write_text("5")  # the high-water mark starts again from here
        before = _resident("VmRSS")
        jax.block_until_ready(call())
        return max(0.0, _resident("VmHWM") - before)
    except (OSError, AttributeError):
        return None
