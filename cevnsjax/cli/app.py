"""The command line: its commands, and what runs them."""

import errno
import functools
import sys
import time
from collections.abc import Callable
from typing import Annotated, Any

import typer

from .._base.clock import CLOCK
from .._base.errors import InputError, legible
from .._base.version import __version__
from .check import check
from .cite import cite
from .contour import contour
from .cross_sections import cross_sections
from .export import export
from .fit import fit
from .forecast import forecast
from .import_ import import_
from .kinds import kinds
from .measurements import measurements
from .models import models
from .new import new
from .parameters import parameters
from .predict import predict
from .process import OUTPUT, prepare_jax, prepare_streams, say_stopped, stoppable, stops_shown
from .profile import profile
from .running import running
from .sample import sample
from .scan import scan
from .show import show
from .toys import toys

COMMANDS = {
    "measurements": measurements,
    "models": models,
    "parameters": parameters,
    "kinds": kinds,
    "new": new,
    "check": check,
    "predict": predict,
    "fit": fit,
    "forecast": forecast,
    "profile": profile,
    "scan": scan,
    "sample": sample,
    "toys": toys,
    "contour": contour,
    "export": export,
    "import": import_,
    "show": show,
    "cross-sections": cross_sections,
    "running": running,
    "cite": cite,
}
LISTS = ("measurements", "models", "cite")
"""Commands that need no JAX."""
EXAMPLES = {
    "measurements": ("cevnsjax measurements",),
    "models": ("cevnsjax models --json",),
    "parameters": ("cevnsjax parameters coherent-csi-2021", "cevnsjax parameters apv-cs --interaction nsi"),
    "kinds": ("cevnsjax kinds", "cevnsjax kinds resolution"),
    "new": ("cevnsjax new my-detector --like coherent-csi-2021",),
    "check": ("cevnsjax check my-detector --plot check.png",),
    "predict": (
        "cevnsjax predict coherent-csi-2021",
        "cevnsjax predict conus-plus-2025 --set cevns_norm=1.1 --json",
        "cevnsjax predict coherent-csi-2021 --axis recoil --plot recoils.png",
    ),
    "fit": (
        "cevnsjax fit coherent-csi-2021 --free sin2_theta_w --plot fit.png",
        "cevnsjax fit coherent-csi-2021 --free r_n_cs --tie r_n_i=r_n_cs --cl 95",
        "cevnsjax fit coherent-csi-2021 --interaction light-vector:B-L --free g_zp --set m_zp=50",
    ),
    "forecast": ("cevnsjax forecast cryocsi-i --free r_n_cs --tie r_n_i=r_n_cs",),
    "profile": ("cevnsjax profile coherent-csi-2021 --free sin2_theta_w --points 31 --plot profile.png",),
    "scan": (
        "cevnsjax scan coherent-csi-2021 --interaction light-vector:universal "
        "--grid g_zp=1e-6:1e-2:40:log --grid m_zp=1:1e4:40:log --out scan.zarr",
    ),
    "sample": ("cevnsjax sample apv-cs --free sin2_theta_w --out posterior.nc",),
    "toys": ("cevnsjax toys conus-plus-2025 --free cevns_norm --count 200",),
    "contour": (
        "cevnsjax contour scan.zarr --cl 90 --plot exclusion.png",
        'cevnsjax contour scan.zarr --label "CsI 2021" --style column --plot exclusion.pdf',
    ),
    "export": (
        "cevnsjax export coherent-csi-2021 --format pyhf --out csi.json",
        "cevnsjax export scan.zarr --format hepdata --out submission",
    ),
    "import": ("cevnsjax import csi.json --out csi-imported",),
    "show": ("cevnsjax show posterior.nc",),
    "cross-sections": ("cevnsjax cross-sections coherent-csi-2021 --plot sections.png",),
    "running": ("cevnsjax running --plot running.png",),
    "cite": ("cevnsjax cite coherent-csi-2021",),
}
"""Command lines that the help of each command shows; they can be run in this order."""

app = typer.Typer(
    no_args_is_help=True,
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


def _with_jax(command: Callable[..., None]) -> Callable[..., None]:
    """Return the command, for which JAX is imported first."""

    @functools.wraps(command)
    def run(**given: Any) -> None:
        prepare_jax()
        CLOCK.switch("fold")
        command(**given)

    return run


def _examples(name: str) -> str:
    """Return the examples of a command, each on a line of its own: the mark keeps them from being wrapped."""
    lines = "\n".join(f"  {line}" for line in EXAMPLES[name])
    return f"\b\nExamples:\n{lines}"


for _name, _command in COMMANDS.items():
    app.command(name=_name, epilog=_examples(_name))(_command if _name in LISTS else _with_jax(_command))


def main(began: float | None = None) -> None:
    """Run the command line; turn errors that a user can cause into a line and exit code 2.

    `began` is the moment of `time.perf_counter` at which the user began to wait, by default now.
    """
    CLOCK.begin(time.perf_counter() if began is None else began)
    try:
        with stops_shown(), stoppable():
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
        command = typer.main.get_command(app)
        command._main_shell_completion({}, "cevnsjax")
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
