"""The registry of kinds: what can stand in each table of an experiment."""

from . import (
    backgrounds,
    components,
    detectors,
    measured,
    observed,
    own_parameters,
    relations,
    shapes,
    sources,
    spreads,
    templates,
    whole,
)
from .kind import KINDS, entries, read

__all__ = [
    "KINDS",
    "backgrounds",
    "components",
    "detectors",
    "entries",
    "measured",
    "observed",
    "own_parameters",
    "read",
    "relations",
    "shapes",
    "sources",
    "spreads",
    "templates",
    "whole",
]
