"""The output of a long run: checked and locked before the work, kept when that is stopped, never lost at its end."""

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._base.checkpoint import read, unfinished
from .._base.errors import InputError
from .._base.netcdf import check_netcdf
from .._base.writing import exists, locked
from . import printing
from .process import WRITTEN, stops_shown

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Output:
    """Where the result of a long run goes, and where it is kept until it is there; nowhere, if `out` is None."""

    def __init__(self, out: Path | None, overwrite: bool, resumes: bool = True) -> None:
        """Take the file to write, whether an existing file is replaced, and whether the run can go on later."""
        self.out, self.overwrite = out, overwrite
        self.checkpoint = unfinished(out) if out is not None and resumes else None
        self.lost: InputError | None = None

    def save(self, write: Callable[[Path, bool], None] | None) -> str | None:
        """Return where the result was written, or None: `check` raises why, after the result has been printed.

        A run that came to nothing has nothing to `write`.
        """
        if self.out is None:
            return None
        try:
            if write is not None:
                write(self.out, self.overwrite)
        except InputError as error:
            self.lost = error
            return None
        if write is not None:
            WRITTEN.append(f"'{self.out}'")
        if self.checkpoint is not None:
            self.checkpoint.unlink(missing_ok=True)
        return None if write is None else str(self.out)

    def written(self, write: Callable[[Path, bool], None]) -> dict[str, str | None]:
        """Return the entry of a short run's JSON with where its result was written, nothing if `out` is None."""
        return {} if self.out is None else {"out": self.save(write)}

    def check(self) -> None:
        """Raise what `save` has met."""
        if self.lost is not None:
            whole = self.checkpoint is not None and exists(self.checkpoint)
            hint = f"; '{self.checkpoint}' keeps the run: --resume goes on with it" if whole else ""
            raise InputError(f"{self.lost}{hint}")


def written_at_once(out: Path | None, overwrite: bool, check: Callable[[Path, bool], None]) -> Output:
    """Return the output of a short run, which is not resumed; `check` it before anything is computed."""
    if out is not None:
        check(out, overwrite)
    elif overwrite:
        raise InputError("--overwrite needs --out: the name of the file")
    return Output(out, overwrite, resumes=False)


def conclude(
    destination: Output,
    content: Mapping[str, Any],
    plot: Path | None,
    make: "Callable[[], Figure]",
    style: Sequence[str] | None = None,
) -> None:
    """End a command whose result is printed: raise errors of writing, draw what converged, set the exit code."""
    destination.check()
    if content["converged"]:
        printing.draw(plot, make, style)
    printing.exit_unless_converged(content)


@contextmanager
def output(out: Path | None, resume: bool, overwrite: bool) -> Generator[Output, None, None]:
    """Yield the output of a long run, which no other process writes meanwhile; check it before anything is computed.

    An interruption gets a note of how the run goes on.
    """
    if out is None:
        if resume or overwrite:
            option = "--resume" if resume else "--overwrite"
            raise InputError(f"{option} needs --out: the name of the file")
        yield Output(None, False)
        return
    check_netcdf(out, overwrite)
    with locked(out):
        check_netcdf(out, overwrite)  # another process may have ended meanwhile
        checkpoint = unfinished(out)
        if exists(checkpoint) and not resume:
            read(checkpoint)
            if not overwrite:
                raise InputError(
                    f"'{checkpoint}' is an unfinished run: --resume carries it on, --overwrite begins anew"
                )
            checkpoint.unlink()
        if resume and not exists(checkpoint):
            raise InputError(f"there is nothing to resume: no '{checkpoint}'")
        try:
            with stops_shown():
                yield Output(out, overwrite)
        except KeyboardInterrupt as stop:
            if exists(checkpoint):
                stop.add_note(f"'{checkpoint}' keeps the run: the same command goes on with --resume")
            raise
