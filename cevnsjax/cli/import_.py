"""``cevnsjax import``: a likelihood in the format of another program, as an experiment's folder."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from .._base.tables import Block
from . import options, printing


def import_(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="A workspace of pyhf, or histograms in JSON of UHI.", show_default=False),
    ],
    out: Annotated[
        Path, typer.Option("--out", help="The folder to write, named as the experiment.", show_default=False)
    ],
    measurement: Annotated[
        str | None,
        typer.Option("--measurement", help="Measurement of a workspace that has several.", show_default=False),
    ] = None,
    interpolation: Annotated[
        str | None,
        typer.Option(
            "--interpolation",
            help="smooth (codes 4 and 4p, pyhf's default) or piecewise (codes 1 and 0).",
            show_default=False,
        ),
    ] = None,
    overwrite: options.Overwrite = False,
    json_: options.Json = False,
) -> None:
    """Write an experiment's folder with the likelihood of a file of another program."""
    from ..experiments.importing.folders import import_file

    folder = import_file(file, out, measurement, interpolation, overwrite)
    content = {"folder": str(folder), "files": sorted(entry.name for entry in folder.iterdir())}
    printing.result(content, json_, _shown)


def _shown(content: Mapping[str, Any]) -> list[Block]:
    return [
        f"{content['folder']}: {', '.join(content['files'])}",
        f"next: cevnsjax check {content['folder']}",
    ]
