"""The registry of kinds: what can stand in each table of an experiment."""

from . import backgrounds, detectors, measured, observed, shapes, sources, spreads, templates, whole
from .kind import KINDS, entries, read

__all__ = [
    "KINDS",
    "backgrounds",
    "detectors",
    "entries",
    "measured",
    "observed",
    "read",
    "shapes",
    "sources",
    "spreads",
    "templates",
    "whole",
]
