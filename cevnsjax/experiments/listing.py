"""The registry of kinds as plain texts: for the command that lists them, and the page that is written of it."""

import inspect
from collections.abc import Mapping
from typing import Any

from .._base.errors import InputError, suggest
from .kinds import KINDS, entries
from .kinds.kind import REQUIRED

TABLES = {
    "source": "[source]",
    "target": "[target]",
    "detector": "[detector]",
    "quenching": "[detector.quenching]",
    "resolution": "[detector.resolution]",
    "efficiency": "[detector.efficiency], [detector.acceptance]",
    "sample": "[detector.samples.NAME]",
    "spread": "[signal.AXIS]",
    "background": "[backgrounds.NAME]",
    "shape": "[backgrounds.NAME.AXIS]",
    "shape nuisance": "[shapes.NAME]",
    "data": "[data]",
    "component": "[components.NAME]",
    "variation": "[components.NAME.variations.PARAMETER]",
    "parameter": "[parameters.NAME]",
    "measured": "[measured.NAME]",
}
"""Where the kinds of each category stand."""


def chosen(name: str | None) -> Mapping[str, Mapping[str, type]]:
    """Return the kinds of a category, or those of that name, or all."""
    if name is None:
        return KINDS
    if name in KINDS:
        return {name: KINDS[name]}
    found = {category: {name: kinds[name]} for category, kinds in KINDS.items() if name in kinds}
    if not found:
        known = (*KINDS, *dict.fromkeys(kind for kinds in KINDS.values() for kind in kinds))
        raise InputError(f"KIND: expected one of {', '.join(known)}, found '{name}'{suggest(name, known)}")
    return found


def described(kinds: Mapping[str, Mapping[str, type]]) -> dict[str, Any]:
    """Return kinds as plain texts and lists, the JSON of the command line."""
    return {
        category: {
            "table": TABLES[category],
            "kinds": {name: _described(made) for name, made in found.items()},
        }
        for category, found in sorted(kinds.items(), key=lambda pair: list(TABLES).index(pair[0]))
    }


def _described(made: type) -> dict[str, Any]:
    return {
        "summary": " ".join((inspect.getdoc(made) or "").split()),
        "entries": {
            name: {
                "unit": entry.unit,
                "text": entry.text,
                "required": entry.default is REQUIRED,
                "table": entry.many,
            }
            for name, entry in entries(made).items()
        },
        "example": vars(made)["example"],
    }
