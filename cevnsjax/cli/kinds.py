"""``cevnsjax kinds``: what can stand in the tables of an experiment."""

from typing import Annotated

import typer

from . import options, printing


def kinds(
    kind: Annotated[
        str | None, typer.Argument(metavar="[KIND]", help="A category, as resolution, or a kind, as gaussian.")
    ] = None,
    json_: options.Json = False,
) -> None:
    """List the kinds of sources, detectors, backgrounds, nuisances and terms of an experiment's folder."""
    from ..experiments.listing import chosen, described
    from ..results.tables.kinds import kind_list

    content = {"kinds": described(chosen(kind))}
    printing.result(content, json_, kind_list, kind is not None)
