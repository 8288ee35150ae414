"""``cevnsjax predict``: expected counts."""

from typing import TYPE_CHECKING

from . import options, printing
from .asked import MODEL, Asked, asking

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@asking(options.Experiments, "settings", *MODEL)
def predict(asked: Asked, json_: options.Json = False, plot: options.Plot = None) -> None:
    """Predict the counts of each measurement, by component and bin."""
    printing.check_plot(plot)
    values = asked.arguments()["values"]
    predictions = asked.experiments().predict(values)
    if json_:
        found = [prediction.as_dict() for prediction in predictions]
        printing.json_object(found[0] if len(found) == 1 else {"predictions": found})
    else:
        printing.blocks(block for prediction in predictions for block in prediction.blocks())

    def figure() -> "Figure":
        from ..plots.spectra import draw_spectra

        return draw_spectra([prediction.panel() for prediction in predictions])

    printing.draw(plot, figure)
