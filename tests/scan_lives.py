"""Run a scan again and again in processes that are stopped in every way, and say what it came to as JSON.

python scan_lives.py FOLDER KILLS SEED CHUNK: the scan is whole in FOLDER/whole.zarr, with a second process that tries to
write to it. In FOLDER/stopped.zarr it is killed at random times, interrupted, left without room on the disk, and ended.
Every process leaves an empty file for each block that it begins.
"""

import json
import os
import random
import resource
import signal
import sys
import time
from pathlib import Path

import cevnsjax as cj
from cevnsjax.inference.grid.scan import ScanWork

GRID = {"g_zp": "1e-6:1e-2:48:log", "m_zp": "10:1e4:50:log"}
REFUSED, INTERRUPTED = 2, 130


def scan(likelihood: cj.Likelihood, chunk: int, store: Path, log: Path, progress=None) -> None:
    """Scan into `store`, a file for every block that is begun in the folder `log`."""
    whole = ScanWork.__call__

    def logged(self, number):
        (log / f"{os.getpid()}-{number}").touch()
        return whole(self, number)

    log.mkdir(exist_ok=True)
    ScanWork.__call__ = logged
    likelihood.scan(GRID, store, chunk=chunk, progress=progress)


def life(*asked) -> int:
    """Return the id of a new process that runs `scan`; no JAX ran in this one before."""
    child = os.fork()
    if child:
        return child
    code = 0
    try:
        cj.enable_compilation_cache()
        scan(*asked)
    except cj.InputError as error:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        print(error, file=sys.stderr)
        code = REFUSED
    except KeyboardInterrupt:
        code = INTERRUPTED
    os._exit(code)


def begun(log: Path) -> int:
    """Return how many blocks were begun."""
    return len(list(log.iterdir())) if log.exists() else 0


def ended(child: int) -> int | None:
    """Return the exit code of a process, None while it runs."""
    done, status = os.waitpid(child, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if done else None


def code_of(child: int) -> int:
    """Wait for a process and return its exit code."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def killed_after(child: int, log: Path, blocks: int, wait: float, number: int) -> bool:
    """Send a process signal `number` when it has begun so many `blocks`, and `wait` [s] more; whether it came to it."""
    before = begun(log)
    while begun(log) < before + blocks:
        if ended(child) is not None:
            return False
        time.sleep(0.001)
    time.sleep(wait)
    try:
        os.kill(child, number)
    except ProcessLookupError:
        return False
    return True


def fill_disk(done: int, total: int) -> None:
    """Let no file grow beyond a few bytes once a part of the scan is done."""
    if 0 < done < total:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, resource.RLIM_INFINITY))


def main(folder: Path, kills: int, seed: int, chunk: int) -> None:
    """Do it all."""
    chance = random.Random(seed)
    likelihood = cj.Likelihood([cj.measurements.coherent_csi_2021()], cj.light_vector("B-L"))
    whole, stopped, first_log, log = (folder / name for name in ("whole.zarr", "stopped.zarr", "first", "begun"))
    first = life(likelihood, chunk, whole, first_log)
    while begun(first_log) < 1:
        time.sleep(0.001)
    second = code_of(life(likelihood, chunk, whole, folder / "second"))
    assert code_of(first) == 0
    for _ in range(kills):
        child = life(likelihood, chunk, stopped, log)
        assert killed_after(child, log, chance.randrange(1, 4), chance.uniform(0.0, 0.01), signal.SIGKILL)
        assert code_of(child) == -signal.SIGKILL
    child = life(likelihood, chunk, stopped, log)
    assert killed_after(child, log, 1, 0.0, signal.SIGINT)
    interrupted = code_of(child)
    no_room = code_of(life(likelihood, chunk, stopped, log, fill_disk))
    assert code_of(life(likelihood, chunk, stopped, log)) == 0
    numbers = [file.name.partition("-")[2] for file in log.iterdir()]
    result = {
        "blocks": begun(first_log),
        "stops": kills + 2,
        "begun": len(numbers),
        "repeated": len(numbers) - len(set(numbers)),
        "second": second,
        "interrupted": interrupted,
        "no_room": no_room,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:]))
