"""``cevnsjax show``: what the file of a result holds, and the command that makes it again."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from . import options, printing


def show(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A scan, or the file of any result.", show_default=False)
    ],
    json_: options.Json = False,
) -> None:
    """Show what a scan or the file of a result holds, and the command that makes it again."""
    from ..results.held import read_held
    from ..results.tables.held import held_blocks
    from .rerun import described, rerun

    held = read_held(file)
    words, reasons = rerun(held)
    content = described(held) | {"command": None if reasons else shlex.join(words), "no_command": reasons}
    printing.result(content, json_, held_blocks)
