"""``cevnsjax new``: a folder to begin an experiment with."""

from pathlib import Path
from typing import Annotated

import typer

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
    lines = lambda c: [f"{c['folder']}: {', '.join(c['files'])}", f"next: cevnsjax check {c['folder']}"]  # noqa: E731
    printing.result(content, json_, lines)
