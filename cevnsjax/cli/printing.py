"""What the commands print: tables for people, a JSON object for programs, progress on standard error, figures."""

import contextlib
import json
import shutil
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from .._base.clock import CLOCK
from .._base.errors import printable
from .._base.tables import WIDTH, Block, as_text
from .process import OUTPUT, WRITTEN

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NOT_CONVERGED = 3
"""Exit code of what did not converge."""


def blocks(content: Iterable[Block]) -> None:
    """Print lines and tables, as wide as the terminal."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else WIDTH
    OUTPUT.printed(print, as_text(content, width))


def json_object(content: Mapping[str, Any]) -> None:
    """Print `content` as JSON."""
    OUTPUT.printed(print, json.dumps(content, indent=2, allow_nan=False))


def result(content: Mapping[str, Any], as_json: bool, shown: Callable[..., list[Block]], *further: Any) -> None:
    """Print `content` as JSON, or as what it is `shown` as, which may take `further` arguments.

    The seconds of the result are those of the command so far, by part, and what else the result says of its time.
    """
    if "seconds" in content:
        content = {**content, "seconds": CLOCK.completed(content["seconds"])}
    if as_json:
        json_object(content)
    else:
        blocks(shown(content, *further))


def say(line: str) -> None:
    """Print a line on standard error."""
    print(printable(line), file=sys.stderr)


def exit_unless_converged(content: Mapping[str, Any]) -> None:
    """End with the exit code of what did not converge, if `content` did not."""
    if not content["converged"]:
        say(f"cevnsjax: {content['message']}")
        raise typer.Exit(NOT_CONVERGED)


def check_plot(plot: Path | None, style: Sequence[str] | None = None) -> None:
    """Raise InputError, before anything is computed, if no figure can be written to `plot`, or not in that `style`."""
    if plot is not None:
        from ..plots.look import settings
        from ..plots.style import check_figure_path

        check_figure_path(plot)
        settings(style)


def draw(plot: Path | None, make: "Callable[[], Figure]", style: Sequence[str] | None = None) -> None:
    """Draw a figure to a file, if `plot` is given, and print where it is; `style` is what it is made with."""
    if plot is not None:
        from ..plots.look import settings
        from ..plots.style import save

        save(make(), plot, settings(style))
        WRITTEN.append(f"'{plot}'")
        say(f"drawn to {plot}")


@contextmanager
def running() -> Generator[None, None, None]:
    """Count the block as running, and what follows as the report."""
    CLOCK.switch("run")
    try:
        yield
    finally:
        CLOCK.switch("report")


@contextmanager
def progress(what: str) -> Generator[None, None, None]:
    """Print on standard error what goes on, once it has taken a second; on a terminal, how long it took."""
    terminal, started, shown = sys.stderr.isatty(), time.perf_counter(), threading.Event()

    def write(text: str, end: str) -> None:
        with contextlib.suppress(OSError, ValueError):  # a stream that has gone is no reason to stop
            print(text, end=end, file=sys.stderr, flush=True)

    def show() -> None:
        shown.set()
        write(f"{what} …", "" if terminal else "\n")

    timer = threading.Timer(1.0, show)
    timer.start()
    try:
        with running():
            yield
    finally:
        timer.cancel()
        timer.join()
        if shown.is_set() and terminal:
            write(f"\r{what}: {time.perf_counter() - started:.1f} s", "\n")


class Bar:
    """A progress bar on standard error: at once on a terminal, elsewhere a line now and then after a second."""

    def __init__(self, what: str) -> None:
        """Take what goes on."""
        self._what, self._bar = what, None

    def __call__(self, done: int, total: int) -> None:
        """Show that `done` of `total` points are done."""
        if self._bar is None:
            from tqdm import tqdm

            terminal = sys.stderr.isatty()
            self._bar = tqdm(
                desc=self._what,
                total=total,
                initial=done,
                unit=" points",
                file=sys.stderr,
                dynamic_ncols=terminal,
                delay=0.0 if terminal else 1.0,
                mininterval=0.1 if terminal else 10.0,
                leave=False,
            )
        self._bar.update(done - self._bar.n)

    def close(self) -> None:
        """Remove the bar."""
        if self._bar is not None:
            self._bar.close()


@contextmanager
def bar(what: str) -> Generator[Bar, None, None]:
    """Show a progress bar while something runs."""
    shown = Bar(what)
    try:
        with running():
            yield shown
    finally:
        shown.close()


@contextmanager
def growing_bar(what: str) -> Generator[Callable[[int, int], None], None, None]:
    """Show how far something is whose end may move; where there is no terminal only print what goes on."""
    from tqdm import tqdm

    if not sys.stderr.isatty():
        with progress(what):
            yield lambda done, wanted: None
        return
    with running(), tqdm(desc=what, total=1, delay=1.0, leave=False, file=sys.stderr, mininterval=0.2) as shown:

        def report(done: int, wanted: int) -> None:
            shown.total = wanted
            shown.update(done - shown.n)

        yield report
