"""Timing: what was measured, apart from compilation, with every result waited for."""

import dataclasses
import time
from collections.abc import Callable, Hashable, Mapping
from typing import Any

import jax
import numpy as np

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


def compete(calls: Mapping[Hashable, Callable[[], Any]], rounds: int = ROUNDS) -> dict[Hashable, Timed]:
    """Return the time of each call, warmed up; they take turns, so that all see the same load."""
    for call in calls.values():
        jax.block_until_ready(call())
    turns = [{name: _turn(call) for name, call in calls.items()} for _ in range(rounds)]
    collected = {name: [turn[name] for turn in turns] for name in calls}
    return {name: Timed(float(np.median(times)), min(times)) for name, times in collected.items()}
