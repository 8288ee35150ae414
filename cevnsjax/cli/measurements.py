"""``cevnsjax measurements``: what there is to fit."""

from ..measurements.catalogue import CATALOGUE, titles
from ..results.tables.lists import measurement_list
from . import options, printing


def measurements(json_: options.Json = False) -> None:
    """List the measurements and their variants."""
    content = {name: {"variants": list(entry.variants), "summary": entry.summary} for name, entry in CATALOGUE.items()}
    printing.result(content, json_, measurement_list, {} if json_ else titles())
