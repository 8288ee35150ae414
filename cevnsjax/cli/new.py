"""``cevnsjax new``: a folder to begin an experiment with."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from .._base.tables import Block
from . import options, printing


def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the experiment and its folder.")],
    like: Annotated[
        str,
        typer.Option(
            "--like", help="The measurement or forecast to begin with.", autocompletion=options.complete_experiment
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="Where the folder is made: here by default.")] = Path(),
    json_: options.Json = False,
) -> None:
    """Make a folder to edit, like that of a shipped measurement: a commented document and its tables."""
    from ..experiments.starting import check_name, files, write
    from ..measurements.loading import shipped_document

    check_name(name)
    made = files(shipped_document(like), name, like)
    folder = out / name
    write(folder, made)
    content = {"folder": str(folder), "files": list(made)}
    printing.result(content, json_, _shown)


def _shown(content: Mapping[str, Any]) -> list[Block]:
    return [
        f"{content['folder']}: {', '.join(content['files'])}",
        f"next: cevnsjax check {content['folder']}",
    ]
