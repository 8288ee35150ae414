"""``cevnsjax models``: what there is to fit it with."""

from ..interactions.catalogue import MODELS
from ..results.tables.lists import model_list
from . import options, printing


def models(json_: options.Json = False) -> None:
    """List the models of the interaction, with their variants and parameters."""
    content = {
        name: {
            "variants": list(entry.variants),
            "parameters": list(entry.parameters),
            "summary": entry.summary,
            "reference": entry.reference,
        }
        for name, entry in MODELS.items()
    }
    printing.result(content, json_, model_list)
