"""``cevnsjax cross-sections``: flux-averaged cross sections, measured and of the Standard Model."""

from typing import Annotated

import typer

from .._base.json_files import check_json
from . import keeping, options, printing
from .request import Request, with_request

Names = Annotated[
    list[str] | None,
    typer.Argument(
        help="Measurements at the Spallation Neutron Source; CsI 2021, argon and germanium by default.",
        autocompletion=options.complete_measurement,
    ),
]


@with_request(Names, "interaction", "couplings", "form_factor", required=False)
def cross_sections(
    request: Request,
    out: options.OutJson = None,
    overwrite: options.Overwrite = False,
    json_: options.Json = False,
    plot: options.Plot = None,
) -> None:
    """Measure flux-averaged cross sections, beside those of the Standard Model for each number of neutrons."""
    from ..joint.cross_sections import DEFAULT_MEASUREMENTS, flux_averaged_cross_sections
    from ..results.tables.sections import section_blocks

    printing.check_plot(plot)
    output = keeping.written_at_once(out, overwrite, check_json)
    interaction = request.models()
    with printing.progress("fitting"):
        names = tuple(request.names or DEFAULT_MEASUREMENTS)
        result = flux_averaged_cross_sections(names, interaction, request.chosen_form_factor)
        content = result.as_dict()
    content |= output.written(result.save)
    printing.result(content, json_, section_blocks)
    keeping.conclude(output, content, plot, result.plot)
