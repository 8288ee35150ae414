"""Errors a user can cause. Everything else that is raised is a defect of the library."""

import difflib
from collections.abc import Iterable


class InputError(ValueError):
    """What was asked for cannot be done as asked; the message says what was expected and what came."""


class DataError(InputError):
    """A data file is missing, unreadable, altered or outside its schema; names file, key, expected and found."""


class EngineError(InputError):
    """Workers cannot be reached, differ from this process or die; the message says where and what happened."""


def suggest(name: str, known: Iterable[str]) -> str:
    """Return ``" (did you mean 'x'?)"`` for the known name nearest to `name`, or an empty string."""
    near = difflib.get_close_matches(name, list(known), n=1)
    return f" (did you mean '{near[0]}'?)" if near else ""
