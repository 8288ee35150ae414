"""The same jobs by an earlier commit of the package, before global fits were made fast: an opponent like the others.

Its sources are taken out of the repository into a temporary folder and run by the same interpreter, with what is
installed: its dependencies are among ours. Where there is no repository, or it lacks the commit, there is no opponent.
"""

import dataclasses
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
COMMIT = "b931871"
LIMIT = 400.0
"""Longest time [s] that a job of the earlier commit gets."""

NOT_CONVERGED = 3
"""Exit code of the command line where a fit or a posterior is not to be trusted: it ran all the same."""

COUNT = """
import atexit, jax
counts = {"programs": 0, "hits": 0}
def lasted(event, seconds, **_):
    counts["programs"] += event == "/jax/core/compile/backend_compile_duration"
def happened(event, **_):
    counts["hits"] += event == "/jax/compilation_cache/cache_hits"
jax.monitoring.register_event_duration_secs_listener(lasted)
jax.monitoring.register_event_listener(happened)
atexit.register(lambda: print("compiled", counts["programs"] - counts["hits"], file=sys.stderr))
"""
"""What counts the programs that XLA compiled, those left out that the cache on disk had."""

SCAN = """
import json, sys
import cevnsjax as cj
job = json.loads(sys.argv[1])
model = getattr(cj, job["model"][0])(*job["model"][1:])
likelihood = cj.Likelihood(cj.measurements.resolve(job["measurements"]), model, electrons=job["electrons"])
result = likelihood.scan(job["grid"], **job["asked"])
print(json.dumps({**result.seconds, "chi2": result.dataset["chi2"].values.ravel().tolist()}))
"""
"""A scan; `seconds` has the time of the points apart from that of compiling."""


@dataclasses.dataclass(frozen=True)
class Package:
    """A copy of the package that jobs are run with, each in a process of its own."""

    root: Path
    command: str
    """The module that has the `main` of the command line."""

    def program(self, arguments: Sequence[str], counting: bool = False) -> str:
        """Return the program of a command line; `counting`, it tells how many programs were compiled."""
        before = COUNT if counting else ""
        return f"import sys\n{before}\nfrom {self.command} import main\nsys.argv[1:] = {list(arguments)!r}\nmain()"

    def run(self, program: str, *arguments: str, cache: str = "off", limit: float = LIMIT) -> "Done | None":
        """Return what a program did in a process of its own, None if it took longer than `limit` [s]."""
        given = {**os.environ, "PYTHONPATH": str(self.root), "CEVNSJAX_CACHE": cache}
        with tempfile.TemporaryDirectory() as folder:
            begun = time.perf_counter()
            try:
                done = subprocess.run(
                    [sys.executable, "-c", program, *arguments],
                    env=given,
                    cwd=folder,
                    capture_output=True,
                    text=True,
                    timeout=limit,
                    check=False,
                )
            except subprocess.TimeoutExpired:
                return None
            seconds = time.perf_counter() - begun
        if done.returncode not in (0, NOT_CONVERGED):
            raise RuntimeError(f"expected a job to succeed, found {done.stderr[-2000:]}")
        return Done(seconds, done.stdout, done.stderr)


@dataclasses.dataclass(frozen=True)
class Done:
    """What a process did."""

    seconds: float
    """Wall clock of the whole process."""
    output: str
    errors: str

    @property
    def compiled(self) -> int:
        """Return how many programs it said that it compiled."""
        return int(self.errors.rpartition("compiled ")[2].split()[0])


NOW = Package(ROOT, "cevnsjax_command")


@contextmanager
def earlier() -> Generator[Package | None, None, None]:
    """Lend the earlier commit in a temporary folder, None where it is not at hand."""
    try:
        taken = subprocess.run(
            ["git", "-C", str(ROOT), "archive", "--format=tar", COMMIT], capture_output=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        yield None
        return
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(fileobj=io.BytesIO(taken.stdout)) as archive:
            archive.extractall(folder, filter="data")
        yield Package(Path(folder), "cevnsjax.cli")


def scanned(package: Package, job: dict[str, Any]) -> dict[str, Any] | None:
    """Return the seconds and χ² of a scan in a process of its own, None if it took too long."""
    done = package.run(SCAN, json.dumps(job))
    return None if done is None else json.loads(done.output.splitlines()[-1])
