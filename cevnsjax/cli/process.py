"""The process around a command: the streams it prints to, the signals that stop it, the settings of JAX."""

import _thread
import codecs
import gc
import io
import logging
import os
import signal
import sys
import threading
import unicodedata
import warnings
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

from .._base.cache import enable_compilation_cache
from .._base.errors import InputError

ERRORS = "cevnsjax"
"""Name of the error handler that writes in letters what an encoding has no signs for."""
LETTERS = {
    "±": "+-",
    "×": "x",
    "·": ".",
    "…": "...",
    "≤": "<=",
    "≥": ">=",
    "→": "->",
    "∞": "inf",
    "°": "deg",
    "√": "sqrt",
}
LETTERS |= dict.fromkeys("‐‑‒–—−", "-") | dict.fromkeys("“”„", '"') | dict.fromkeys("‘’", "'")
STOPS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""Signals that stop a command."""
WRITTEN: list[str] = []
"""What the command has written and is there, whatever stops it now."""
FIT_FOR = {
    "jax_numpy_rank_promotion": ("allow", "warn"),
    "jax_numpy_dtype_promotion": ("standard",),
    "jax_transfer_guard": (None, "allow", "log"),
    "jax_transfer_guard_host_to_device": (None, "allow", "log"),
    "jax_transfer_guard_device_to_host": (None, "allow", "log"),
    "jax_transfer_guard_device_to_device": (None, "allow", "log"),
    "jax_debug_nans": (False,),
    "jax_debug_infs": (False,),
    "jax_check_tracer_leaks": (False,),
    "jax_disable_jit": (False,),
}
"""Settings of JAX under which this program runs: each has its variable in the environment."""


class Stopped(KeyboardInterrupt):
    """The process received a signal to end: from the keyboard, or another that is to leave as much in order."""

    def __init__(self, number: int) -> None:
        """Take the number of the signal."""
        super().__init__()
        self.number = number


@contextmanager
def stoppable() -> Generator[None, None, None]:
    """Raise `Stopped` for the signals that stop a command; a signal that is ignored stays so.

    A signal that comes while Python calls back from where nothing can be raised, as in the collection of garbage, is
    sent again a moment later.
    """
    if not _is_main():
        yield
        return
    before = {number: signal.getsignal(number) for number in STOPS}
    before = {number: handler for number, handler in before.items() if handler is not signal.SIG_IGN}
    hook = sys.unraisablehook

    def stop(number: int, _: Any) -> None:
        for each in before:
            if each != signal.SIGINT:  # from an impatient keyboard a second signal ends what the first began to save
                signal.signal(each, signal.SIG_IGN)
        raise Stopped(number)

    def listen() -> None:
        for number in before:
            signal.signal(number, stop)

    def lost(unraisable: Any) -> None:
        if not isinstance(unraisable.exc_value, Stopped):
            hook(unraisable)
            return
        listen()
        threading.Timer(0.02, _thread.interrupt_main, [unraisable.exc_value.number]).start()

    listen()
    sys.unraisablehook = lost
    try:
        yield
    finally:
        sys.unraisablehook = hook
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def ended_at_once() -> Generator[None, None, None]:
    """End the process where a signal stops it, with no way back: from a library that is half imported it may crash."""

    def end(number: int, _: Any) -> None:
        code = say_stopped(Stopped(number))
        sys.stderr.flush()
        os._exit(code)

    mine = [number for number in STOPS if callable(signal.getsignal(number))]
    before = {number: signal.signal(number, end) for number in mine if _is_main()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _is_main() -> bool:
    return threading.current_thread() is threading.main_thread()


@contextmanager
def stops_shown() -> Generator[None, None, None]:
    """Raise a stop again where an error hides it: of a lock of Python's own that was waited for as the signal came."""
    try:
        yield
    except RuntimeError as error:
        stop = error.__context__
        while stop is not None and not isinstance(stop, Stopped):
            stop = stop.__context__
        if stop is None:
            raise
        raise stop from error


def say_stopped(stop: BaseException | None) -> int:
    """Print what is kept of a run that was stopped and how it goes on; return the exit code."""
    number = getattr(stop, "number", signal.SIGINT)
    written = f"written and whole: {', '.join(WRITTEN)}" if WRITTEN else "nothing is kept"
    notes = "; ".join(getattr(stop, "__notes__", [written]))
    print(f"cevnsjax: interrupted by {signal.Signals(number).name}; {notes}", file=sys.stderr)
    return 128 + number


def _in_letters(sign: str, after_superscript: bool) -> str:
    if 0xDC80 <= ord(sign) <= 0xDCFF:  # a byte of a file name that is no text
        return f"\\x{ord(sign) - 0xDC00:02x}"
    if sign in LETTERS:
        return LETTERS[sign]
    if unicodedata.combining(sign):
        return ""
    raised = unicodedata.decomposition(sign).startswith("<super>") and not after_superscript
    plain = unicodedata.normalize("NFKD", sign)
    if plain != sign:
        return "^"[: int(raised)] + "".join(LETTERS.get(p, p) if p.isascii() or p in LETTERS else "?" for p in plain)
    name = unicodedata.name(sign, "")
    if name.startswith("GREEK "):
        letter = name.split(" LETTER ")[-1].split(" ")[0].lower()
        return letter.capitalize() if "CAPITAL" in name else letter
    return "?"


def _write_in_letters(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    letters, raised = [], False
    for sign in error.object[error.start : error.end]:
        letters.append(_in_letters(sign, raised))
        raised = unicodedata.decomposition(sign).startswith("<super>")
    return "".join(letters), error.end


def prepare_streams() -> None:
    """Have all text printed in whatever encoding the streams have, and figures drawn; a closed stream drops all."""
    OUTPUT.error = None
    WRITTEN.clear()
    codecs.register_error(ERRORS, _write_in_letters)
    os.environ["MPLBACKEND"] = "agg"  # figures go to files, whatever a notebook or a profile has set
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # that it has no folder for its fonts is no news
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, io.StringIO())
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=ERRORS)


class Output:
    """The standard output: if it takes nothing more, what is printed is dropped, and the command goes on to its end."""

    error: OSError | None = None
    """Why something was lost: not where its reader has gone, who has read what he wanted."""

    def printed(self, write: Callable[..., None], *what: Any, **how: Any) -> None:
        """Write, or drop what cannot be written."""
        try:
            write(*what, **how)
            sys.stdout.flush()
        except OSError as error:
            self.drop(error)

    @property
    def fails(self) -> bool:
        """Return whether the standard output does not take what was printed."""
        try:
            sys.stdout.flush()
        except OSError:
            return True
        return False

    def drop(self, error: OSError) -> None:
        """Let everything go nowhere from now on."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
        if not isinstance(error, BrokenPipeError):
            self.error = error


OUTPUT = Output()


def prepare_jax() -> None:
    """Import JAX and the engine, under settings with which they run, with the cache of compiled programs."""
    gc.disable()  # imports make no garbage, and to search for some costs a fifth of their time
    try:
        with ended_at_once():
            _import_engine()
    finally:
        gc.enable()
    gc.freeze()  # what the imports made stays: to search it for garbage again costs a tenth of a command
    use_cache()


def _import_engine() -> None:
    try:
        import jax
    except ValueError as error:  # so JAX rejects variables of the environment
        names = [name for name in os.environ if name.startswith("JAX_") and name in str(error)]
        if not names:
            raise
        raise InputError(f"{names[0]}: {error}") from None
    _check_settings(jax.config)
    _check_devices(jax)
    from ..joint import likelihood  # noqa: F401


def _check_settings(config: Any) -> None:
    """Raise InputError for settings of JAX, from environment variables, under which nothing here runs."""
    for name, fit in FIT_FOR.items():
        value = getattr(config, name)
        value = getattr(value, "value", value)
        if value not in fit:
            expected = " or ".join("none" if setting is None else str(setting) for setting in fit)
            raise InputError(f"{name.upper()}: expected {expected} in the environment, found '{value}'")


def _check_devices(jax: Any) -> None:
    """Raise InputError if there is no device of the platforms that the environment names."""
    platforms = jax.config.jax_platforms
    if platforms and platforms != "cpu":
        try:
            jax.devices()
        except (RuntimeError, AssertionError, ValueError) as error:
            reason = " ".join(str(error).split())
            raise InputError(
                f"JAX_PLATFORMS: JAX finds no device for '{platforms}'{': ' if reason else ''}{reason}"
            ) from None


def use_cache() -> None:
    """Turn the cache of compiled programs on, or print in a line why there is none."""
    why = enable_compilation_cache()
    if why is not None:
        print(f"cevnsjax: no cache of compiled programs: {why} (CEVNSJAX_CACHE names another, or off)", file=sys.stderr)
    # A full disk, or an entry that another process has just removed, costs a compilation and nothing else.
    warnings.filterwarnings("ignore", message="Error (reading|writing) persistent compilation cache")
