"""The command ``cevnsjax``, from its first moment: what stops it while it imports is said in one line, as later."""

import gc
import os
import signal
import sys
import time
from typing import Any, NoReturn

SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))

OLDEST = 20.0
"""Seconds that Python may take to come here; a process of a higher age was something else before, as a shell."""


def _stop(number: int, _: Any) -> NoReturn:
    os.write(2, f"cevnsjax: interrupted by {signal.Signals(number).name}; nothing was begun\n".encode())
    os._exit(128 + number)


def _age() -> float:
    """Return the seconds since this process was started, 0 where the system does not tell."""
    try:
        with open("/proc/self/stat", "rb") as file:
            started = int(file.read().rpartition(b")")[2].split()[19]) / os.sysconf("SC_CLK_TCK")
        age = time.clock_gettime(time.CLOCK_BOOTTIME) - started
    except (OSError, ValueError, IndexError, AttributeError):
        return 0.0
    return age if 0.0 <= age < OLDEST else 0.0


def main() -> None:
    """Import the package and run its command line."""
    began = time.perf_counter() - (0.0 if "cevnsjax" in sys.modules else _age())
    before = {number: signal.getsignal(number) for number in SIGNALS}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, _stop)
    gc.disable()  # imports make no garbage, and to search for some costs a fifth of their time
    from cevnsjax.cli import main as run

    gc.enable()
    for number, handler in before.items():
        signal.signal(number, handler)
    run(began)
