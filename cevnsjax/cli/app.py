"""The command line: its commands, and what runs them."""

import errno
import gc
import sys
from typing import Annotated

import typer

from .._base.errors import InputError, legible
from .._base.version import __version__
from .cite import cite
from .contour import contour
from .cross_sections import cross_sections
from .fit import fit
from .forecast import forecast
from .measurements import measurements
from .models import models
from .parameters import parameters
from .predict import predict
from .process import OUTPUT, check_environment, prepare_streams, say_stopped, stoppable, use_cache
from .profile import profile
from .sample import sample
from .scan import scan
from .show import show
from .toys import toys

COMMANDS = {
    "measurements": measurements,
    "models": models,
    "parameters": parameters,
    "predict": predict,
    "fit": fit,
    "forecast": forecast,
    "profile": profile,
    "scan": scan,
    "sample": sample,
    "toys": toys,
    "contour": contour,
    "show": show,
    "cross-sections": cross_sections,
    "cite": cite,
}

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)

NO_OUTPUT, BAD_INPUT = 1, 2
FULL = (errno.ENOSPC, errno.EPIPE, errno.EIO, errno.EBADF)
"""Errors of a stream that takes no more; those of files have the name of the file."""


def _show_version(requested: bool | None) -> None:
    if requested:
        print(f"cevnsjax {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool | None, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = None,
) -> None:
    """A differentiable likelihood engine for coherent elastic neutrino-nucleus scattering."""


for _name, _command in COMMANDS.items():
    app.command(name=_name)(_command)


def main() -> None:
    """Run the command line; turn errors that a user can cause into a line and exit code 2."""
    try:
        with stoppable():
            gc.freeze()  # what the imports made stays: to search it for garbage again costs a tenth of a command
            prepare_streams()
            code = _run()
    except KeyboardInterrupt as stop:
        code = say_stopped(stop)
    OUTPUT.printed(lambda: None)
    if OUTPUT.error is not None:
        print(f"cevnsjax: cannot write to the standard output: {OUTPUT.error.strerror}", file=sys.stderr)
        code = NO_OUTPUT
    sys.exit(code)


def _run() -> int:
    """Return the exit code of the command."""
    try:
        check_environment()
        use_cache()
        command = typer.main.get_command(app)
        # Not by its own main, which makes an exit code of an interruption and drops its message.
        with command.make_context("cevnsjax", sys.argv[1:]) as context:
            command.invoke(context)
        return 0
    except typer.Exit as exit_:
        return exit_.exit_code
    except typer.TyperException as error:
        message = error.format_message()
        print(message if len(sys.argv) == 1 else f"cevnsjax: {legible(' '.join(message.split()))}", file=sys.stderr)
    except InputError as error:
        print(f"cevnsjax: {' '.join(str(error).split())}", file=sys.stderr)
    except OSError as error:
        unnamed = error.filename is None and error.errno in FULL
        if not (unnamed or OUTPUT.fails):
            raise
        OUTPUT.drop(error)
    return BAD_INPUT
