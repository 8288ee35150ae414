"""Whole processes of the command line by the wall clock: global fits, what the cache spares, a posterior.

The cache is off, or a new folder that the same command has filled before. The earlier commit runs the same commands.
"""

import json
import statistics
import tempfile
from collections.abc import Sequence
from typing import Any

from .before import COMMIT, LIMIT, NOW, Package
from .case import Case
from .table import Table, verdict

SEVEN = (
    "coherent-csi-2021",
    "coherent-lar-2020",
    "coherent-ge-mini-2024",
    "dresden-ii",
    "conus-plus-2025",
    "xenonnt-8b",
    "apv-cs",
)
ANGLE = ("--free", "sin2_theta_w")
POSTERIOR = ("sample", SEVEN[0], "--free", "sin2_theta_w,r_n_cs", "--tie", "r_n_i=r_n_cs")
WIDTH, WIDTH_ERROR = 1.8239, 0.012
"""Standard deviation of R_n [fm] by quadrature in six dimensions, and how far the draws may be off."""
LARGEST_SHAPE = 0.7
"""k̂ up to which the weights of importance sampling are trusted."""
BARS = {"cold": 15.0, "warm": 6.0, "single": 2.4, "posterior": 8.0}
"""Seconds that are not to be exceeded."""


def seconds_of(package: Package, arguments: Sequence[str], cache: str, turns: int) -> float | None:
    """Return the median wall clock [s] of a command, None if it took too long."""
    taken = []
    for _ in range(turns):
        done = package.run(package.program(arguments), cache=cache)
        if done is None:
            return None
        taken.append(done.seconds)
    return statistics.median(taken)


def _fits(package: Package, names: Sequence[str], turns: int) -> dict[str, Any]:
    """Return the seconds of the fits, and how many programs a joint fit compiled after both fits alone.

    The earlier commit fills its cache where we run without any: a fit of its takes minutes.
    """
    found: dict[str, Any] = {}
    fit = ("fit", *names, *ANGLE)
    with tempfile.TemporaryDirectory() as cache:
        found["cold"] = seconds_of(package, fit, "off" if package is NOW else cache, turns)
        if package is NOW:
            seconds_of(package, fit, cache, 1)
        found["warm"] = None if found["cold"] is None else seconds_of(package, fit, cache, turns)
    with tempfile.TemporaryDirectory() as cache:
        for name in SEVEN[:2]:
            seconds_of(package, ("fit", name, *ANGLE), cache, 1)
        counted = package.run(package.program(("fit", *SEVEN[:2], *ANGLE), counting=True), cache=cache)
        found["joint"] = None if counted is None else counted.seconds
        found["compiled"] = None if counted is None else counted.compiled
        found["single"] = seconds_of(package, ("fit", SEVEN[0], *ANGLE), cache, turns)
    return found


def _posterior(package: Package, draws: int, turns: int) -> dict[str, Any]:
    """Return the seconds of the posterior, with k̂ and σ(R_n) of its draws; the earlier commit has its own method."""
    arguments = (*POSTERIOR, "--draws", str(draws), "--json", "--out", "posterior.nc")
    if package is NOW:
        arguments = (*arguments, "--method", "importance")
    taken, content = list[float](), dict[str, Any]()
    with tempfile.TemporaryDirectory() as cache:
        for _ in range(turns + 1):  # the first fills the cache
            done = package.run(package.program(arguments), cache=cache)
            if done is None:
                return {"seconds": None}
            taken.append(done.seconds)
            content = json.loads(done.output)
    width = content["parameters"]["r_n_cs"].get("sd")
    return {"seconds": statistics.median(taken[1:]), "khat": content.get("khat"), "width": width}


def processes(case: Case, before: Package | None) -> Table:
    """Return the seconds of all jobs, ours beside the bars and those of the earlier commit."""
    names, turns, draws = (SEVEN[1:2], 1, 2000) if case.quick else (SEVEN, 3, 200_000)
    ours, posterior = _fits(NOW, names, turns), _posterior(NOW, draws, turns)
    theirs: dict[str, Any] = {}
    if before is not None:
        theirs = _fits(before, names, 1) | {"posterior": _posterior(before, draws, 1)["seconds"]}
    rows: list[tuple[Any, ...]] = []

    def add(job: str, key: str, seconds: float | None, bar: float | None, note: str = "", good: bool = True) -> None:
        if seconds is None:
            raise RuntimeError(f"{job}: expected it to end within {LIMIT:.0f} s")
        kept = None if bar is None else verdict(good and seconds <= bar)
        other = None if before is None else theirs[key]
        slower = None if other is None else other / seconds
        shown = other if other is not None or before is None else f"> {LIMIT:.0f}"
        rows.append((job, seconds, bar, kept, shown, slower, note))

    add(f"fit of {len(names)}, no cache", "cold", ours["cold"], BARS["cold"])
    add(f"fit of {len(names)}, cache warm", "warm", ours["warm"], BARS["warm"])
    add("fit of CsI 2021, cache warm", "single", ours["single"], BARS["single"])
    compiled = f"{ours['compiled']} programs compiled"
    if before is not None:
        compiled += f", {theirs['compiled']} by {COMMIT}"
    rows.append(("fit of CsI 2021 and LAr, after each alone", ours["joint"], "0 compiled"))
    rows[-1] += (verdict(ours["compiled"] == 0), theirs.get("joint"))
    rows[-1] += (theirs["joint"] / ours["joint"] if theirs.get("joint") else None, compiled)
    khat, width = posterior["khat"], posterior["width"]
    good = khat is not None and khat < LARGEST_SHAPE and abs(width - WIDTH) < WIDTH_ERROR
    note = f"khat {khat:.2f}, sd(R_n) {width:.4f} fm, {WIDTH} +- {WIDTH_ERROR} wanted"
    add(f"posterior of {draws} draws, cache warm", "posterior", posterior["seconds"], BARS["posterior"], note, good)
    columns = ("job", "s", "bar", "verdict", f"{COMMIT} s", "times slower", "note")
    return Table(f"14. Whole processes; {COMMIT} draws the posterior by its own method", columns, rows)
