"""``cevnsjax predict``: expected counts."""

from typing import TYPE_CHECKING

from .._base.errors import InputError
from .._base.json_files import check_json
from . import keeping, options, printing
from .request import MODEL, Request, with_request

RECOIL = "recoil"
"""What `--axis` takes, and the key of it in JSON."""

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@with_request(options.Experiments, "settings", *MODEL)
def predict(
    request: Request,
    out: options.OutJson = None,
    overwrite: options.Overwrite = False,
    json_: options.Json = False,
    plot: options.Plot = None,
    axis: options.RateAxis = None,
) -> None:
    """Predict the counts of each measurement, by component and bin."""
    printing.check_plot(plot)
    if axis not in (None, RECOIL):
        raise InputError(f"--axis: expected {RECOIL}, found '{axis}'")
    output = keeping.written_at_once(out, overwrite, check_json)
    if out is not None and len(request.names or ()) != 1:
        raise InputError("--out: expected a single measurement, whose prediction is saved")
    values = request.arguments()["values"]
    predictions = request.experiments().predict(values)
    recoils = [prediction.recoil() for prediction in predictions] if axis == RECOIL else []
    written = output.written(predictions[0].save)
    if json_:
        contents = [prediction.as_dict() for prediction in predictions]
        for content, rates in zip(contents, recoils, strict=False):
            content[RECOIL] = rates.as_dict()
        printing.json_object(contents[0] | written if len(contents) == 1 else {"predictions": contents})
    else:
        shown = [[prediction, *recoils[k : k + 1]] for k, prediction in enumerate(predictions)]
        printing.blocks(block for results in shown for result in results for block in result.blocks())
    output.check()

    def figure() -> "Figure":
        from ..plots.recoils import draw_recoils
        from ..plots.spectra import draw_spectra

        if recoils:
            return draw_recoils([rates.rates() for rates in recoils])
        return draw_spectra([prediction.panel() for prediction in predictions])

    printing.draw(plot, figure)
