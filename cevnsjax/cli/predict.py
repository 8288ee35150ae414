"""``cevnsjax predict``: expected counts."""

from typing import TYPE_CHECKING

from .._base.errors import InputError
from .._base.json_files import check_json
from . import keeping, options, printing
from .request import MODEL, Request, with_request

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@with_request(options.Experiments, "settings", *MODEL)
def predict(
    request: Request,
    out: options.OutJson = None,
    overwrite: options.Overwrite = False,
    json_: options.Json = False,
    plot: options.Plot = None,
) -> None:
    """Predict the counts of each measurement, by component and bin."""
    printing.check_plot(plot)
    output = keeping.written_at_once(out, overwrite, check_json)
    if out is not None and len(request.names or ()) != 1:
        raise InputError("--out: expected a single measurement, whose prediction is saved")
    values = request.arguments()["values"]
    predictions = request.experiments().predict(values)
    written = output.written(predictions[0].save)
    if json_:
        contents = [prediction.as_dict() for prediction in predictions]
        printing.json_object(contents[0] | written if len(contents) == 1 else {"predictions": contents})
    else:
        printing.blocks(block for prediction in predictions for block in prediction.blocks())
    output.check()

    def figure() -> "Figure":
        from ..plots.spectra import draw_spectra

        return draw_spectra([prediction.panel() for prediction in predictions])

    printing.draw(plot, figure)
