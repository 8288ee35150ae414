"""Errors a user can cause, and how they quote the user's text. Everything else that is raised is a defect."""

import difflib
import re
import unicodedata
from collections.abc import Iterable

LONGEST, LONGEST_PATH = 80, 240
"""Letters of a quoted text that an error shows; more of a path, whose end matters."""


def printable(text: str) -> str:
    """Return `text` with every character that could steer a terminal escaped as Python writes it."""
    return "".join(c if _harmless(c) else c.encode("unicode_escape", "surrogatepass").decode() for c in text)


def _harmless(character: str) -> bool:
    return character.isprintable() or unicodedata.category(character) == "Zs"


def _cut(match: re.Match[str]) -> str:
    text = match[0]
    most = LONGEST_PATH if "/" in text else LONGEST
    return text if len(text) <= most else f"{text[: most - 20]}…{text[-16:]}"


def legible(message: str) -> str:
    """Return a message as a single line: long words and long quotations cut, control characters escaped."""
    line = printable(" ".join(message.split("\n"))).strip()
    return re.sub(r"\S{81,}", _cut, re.sub(r"(?<!\w)'[^']*'", _cut, line))


class InputError(ValueError):
    """A request cannot be carried out; the message states what was expected and what was given."""

    def __init__(self, message: str) -> None:
        super().__init__(legible(message))


class DataError(InputError):
    """A data file is missing, unreadable, altered or outside its schema; names file, key, expected and actual value."""

    key: str = ""
    """The entry that is at fault, if it is known."""
    line: int | None = None
    """The line of the file that it begins on, if it is known."""


class EngineError(InputError):
    """Workers cannot be reached, differ from this process or die; the message states where and what happened."""


def suggest(name: str, known: Iterable[str]) -> str:
    """Return ``" (did you mean 'x'?)"`` for the known name nearest to `name`, or an empty string."""
    if len(name) > LONGEST:
        return ""
    lower = {candidate.lower(): candidate for candidate in known}
    longer = [candidate for candidate in lower if candidate.startswith(name.lower())] if len(name) > 2 else []
    near = longer if len(longer) == 1 else difflib.get_close_matches(name.lower(), list(lower), n=1)
    return f" (did you mean '{lower[near[0]]}'?)" if near else ""


BLANKS = " \t\n\r\v\f"
"""What may surround a name or a number: no other space of Unicode, no character that steers."""
UNSIGNED = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
"""A number as it is written, without a sign: ASCII digits, a point, an exponent; no underscores, no names."""
NUMBER = rf"[+-]?{UNSIGNED}"


def read_number(text: str, what: str) -> float:
    """Return the finite number that `text` is; `what` names it in the error otherwise."""
    stripped = text.strip(BLANKS)
    if re.fullmatch(r"[+-]?(nan|inf|infinity)", stripped, re.IGNORECASE):
        raise InputError(f"{what}: expected a finite number, found '{text}'")
    if not re.fullmatch(NUMBER, stripped):
        raise InputError(f"{what}: expected a number, found '{text}'")
    value = float(stripped)
    if abs(value) == float("inf"):
        raise InputError(f"{what}: expected a finite number, found '{text}'")
    return value


def read_whole(text: str, what: str) -> int:
    """Return the whole number that `text` is."""
    stripped = text.strip(BLANKS)
    if not re.fullmatch(r"[+-]?[0-9]{1,40}", stripped):
        raise InputError(f"{what}: expected a whole number, found '{text}'")
    return int(stripped)
