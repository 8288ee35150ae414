"""``cevnsjax measurements``: what there is to fit."""

from ..measurements.catalogue import CATALOGUE, RELATIONS, titles
from ..measurements.joint_analyses import joint_entries
from ..results.tables.lists import measurement_list
from . import options, printing


def measurements(json_: options.Json = False) -> None:
    """List the measurements, joint analyses and relations with their variants."""
    groups = (CATALOGUE, joint_entries(), RELATIONS)
    content = {
        name: {"variants": list(entry.variants), "summary": entry.summary}
        for entries in groups
        for name, entry in entries.items()
    }
    printing.result(content, json_, measurement_list, {} if json_ else titles())
