"""Run one command again and again in processes that are stopped in every way, and say what it came to as JSON.

python stopped_runs.py FOLDER KIND STOPS SEED: the command of KIND (scan, sample, toys) runs whole in FOLDER/whole. In
FOLDER/stopped it is killed, ended, hung up or interrupted at random times, and goes on, until it is done; then it begins
anew, until it was stopped STOPS times and is whole. Everything is by the command line and by the files that it leaves.
"""

import contextlib
import json
import os
import random
import shutil
import signal
import sys
import time
from importlib.metadata import entry_points
from pathlib import Path

RUNS = {
    "scan": "scan coherent-csi-2021 --interaction light-vector:B-L --grid g_zp=1e-6:1e-2:40:log "
    "--grid m_zp=10:1e4:30:log --chunk 15 --out out.zarr",
    "sample": "sample csre-cs --free r_n_cs --method hmc --draws 600000 --seed 3 --out out.nc",
    "toys": "toys csre-cs --free r_n_cs --count 100000 --seed 5 --out out.nc",
}
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
LONGEST = 120.0
"""Seconds in which a run must show that it goes on."""


def life(folder: Path, arguments: list[str], script) -> int:
    """Return the id of a new process that runs the command in `folder`; no JAX ran in this one before."""
    child = os.fork()
    if child:
        return child
    os.chdir(folder)
    log = os.open("log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 2)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    sys.argv = ["cevnsjax", *arguments]
    code = 99
    try:
        script()
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else code
    except BaseException as error:
        os.write(2, f"{type(error).__name__} reached the shell\n".encode())
    finally:
        os._exit(code)


def code_of(child: int) -> int:
    """Wait for a process and return its exit code."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def alive(child: int) -> bool:
    """Return whether a process runs; it is not waited for."""
    return os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None


def footprint(folder: Path) -> tuple[object, ...]:
    """Return what changes with all that is kept."""
    with contextlib.suppress(FileNotFoundError):
        kept = [(str(f), f.stat().st_mtime_ns) for f in sorted(folder.rglob("*")) if f.name != "log" and f.is_file()]
        return tuple(one for one in kept if not one[0].endswith((".lock", ".writing")))
    return ()


def wait_for_progress(child: int, folder: Path, steps: int) -> None:
    """Wait until what is kept has changed `steps` times, or the process has ended."""
    for _ in range(steps):
        before, until = footprint(folder), time.monotonic() + LONGEST
        while alive(child) and footprint(folder) == before and time.monotonic() < until:
            time.sleep(0.003)


def content(folder: Path) -> dict[str, bytes]:
    """Return every file of the output by name."""
    (out,) = (path for path in folder.glob("out.*") if path.suffix != ".unfinished")
    files = [out] if out.is_file() else [path for path in sorted(out.rglob("*")) if path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def main(folder: Path, kind: str, stops: int, seed: int) -> None:
    """Do it all."""
    for number in SIGNALS[1:]:  # which a batch system or a shell may have had ignored
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    (point,) = entry_points(group="console_scripts", name="cevnsjax")
    script, chance, arguments = point.load(), random.Random(seed), RUNS[kind].split()
    whole, stopped = folder / "whole", folder / "stopped"
    for each in (whole, stopped):
        each.mkdir(parents=True)
    first = code_of(life(whole, arguments, script))
    assert first in (0, 3), (whole / "log").read_text()
    expected = content(whole)
    found = {"by_signal": dict.fromkeys([number.name for number in SIGNALS], 0), "runs": 0, "early": 0, "resumed": 0}
    while True:
        kept = (stopped / "out.nc.unfinished").exists()
        found["resumed"] += kept or (stopped / "out.zarr").exists()
        child = life(stopped, [*arguments, *(["--resume"] if kept else [])], script)
        if sum(found["by_signal"].values()) < stops:
            wait_for_progress(child, stopped, chance.choice((0, 1, 1, 2)))
            time.sleep(chance.uniform(0.0, 1.0))
            number = chance.choice(SIGNALS)
            if alive(child):
                os.kill(child, number)
        else:
            number = None
        code = code_of(child)
        if code == first:
            assert content(stopped) == expected, "the output differs"
            assert sorted(path.name for path in stopped.iterdir()) in (
                [*sorted({next(iter(expected)).split("/")[0], "log"})],
            )
            found["runs"] += 1
            if number is None:
                break
            shutil.rmtree(stopped)
            stopped.mkdir()
            continue
        assert number is not None, (code, (stopped / "log").read_text())
        expected_code = -number if number == signal.SIGKILL else 128 + number
        if code == -number != expected_code:  # in its first moments, before the command could take signals
            found["early"] += 1
            code = expected_code
        assert code == expected_code, (code, number, (stopped / "log").read_text())
        found["by_signal"][number.name] += 1
        if (stopped / "out.nc").exists():  # it was written, and stopped while it printed
            assert content(stopped).pop("out.nc") == expected["out.nc"], "the output differs"
            shutil.rmtree(stopped)
            stopped.mkdir()
    log = (stopped / "log").read_text()
    assert "Traceback" not in log, log
    assert "reached the shell" not in log, log
    print(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], *map(int, sys.argv[3:]))
