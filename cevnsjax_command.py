"""The command ``cevnsjax``, from its first moment: what stops it while it imports is said in one line, as later."""

import gc
import os
import signal
from typing import Any, NoReturn

SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


def _stop(number: int, _: Any) -> NoReturn:
    os.write(2, f"cevnsjax: interrupted by {signal.Signals(number).name}; nothing was begun\n".encode())
    os._exit(128 + number)


def main() -> None:
    """Import the package and run its command line."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, _stop)
    gc.disable()  # imports make no garbage, and to search for some costs a fifth of their time
    from cevnsjax.cli import main as run

    gc.enable()
    for number, handler in before.items():
        signal.signal(number, handler)
    run()
