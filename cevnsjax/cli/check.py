"""``cevnsjax check``: what is understood of an experiment's folder, and every fault in it."""

from typing import TYPE_CHECKING, Annotated

import typer

from . import options, printing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FAULTY = 2
"""Exit code of a folder with faults."""


def check(
    path: Annotated[
        str, typer.Argument(metavar="PATH", help="A folder with experiment.toml, or such a file.", show_default=False)
    ],
    json_: options.Json = False,
    plot: options.Plot = None,
) -> None:
    """Check an experiment's folder: what was understood, what looks wrong, and every fault with file, line and key."""
    from ..joint.checking import checked
    from ..results.tables.kinds import checked_folder

    printing.check_plot(plot)
    content, likelihood = checked(path)
    printing.result(content, json_, checked_folder)
    if content["problems"]:
        raise typer.Exit(FAULTY)

    def figure() -> "Figure":
        from ..plots.spectra import draw_spectra

        assert likelihood is not None
        return draw_spectra([prediction.panel() for prediction in likelihood.predict({})])

    if likelihood is not None:
        printing.draw(plot, figure)
