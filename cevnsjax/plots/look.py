"""The look of a figure: our settings, with style sheets of matplotlib over them.

A sheet is one of ours, for the width of a column or of a page of Physical Review (8.6 and 17.8 cm, with capitals at
least 2 mm high), one that matplotlib knows by its name, or a file of lines ``key: value``.
"""

import os
import re
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matplotlib import RcParams, rcParams
from matplotlib.style import available, library

from .._base.data_files import read_bounded
from .._base.errors import DataError, InputError, suggest
from .style import RC

if TYPE_CHECKING:
    from matplotlib.typing import RcKeyType

COLUMN, PAGE = 8.6 / 2.54, 17.8 / 2.54
"""Widths [inch]."""
PRINTED: dict[str, Any] = {
    "axes.linewidth": 0.6,
    "lines.linewidth": 1.2,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.minor.width": 0.4,
    "ytick.minor.width": 0.4,
    "legend.labelspacing": 0.3,
    "legend.borderaxespad": 0.3,
    "savefig.dpi": 600,
}


def _sized(width: float, height: float, text: float) -> dict[str, Any]:
    """Return the sheet of a figure of that size [inch] with texts of that size [points]."""
    sizes = ("font.size", "axes.titlesize", "figure.titlesize", "xtick.labelsize", "ytick.labelsize", "legend.fontsize")
    return {"figure.figsize": (width, height), **PRINTED, **dict.fromkeys(sizes, text), "axes.labelsize": text + 1.0}


SHEETS = {"column": _sized(COLUMN, 3.2, 8.0), "wide": _sized(PAGE, 4.0, 9.0)}
"""Our style sheets by name."""
LARGEST = 2**20
"""Bytes of a style sheet up to which it is read."""
NOT_OF_A_FIGURE = ("backend", "interactive", "toolbar", "timezone", "webagg.", "tk.", "savefig.directory", "docstring.")
"""Settings of a session, which a style sheet does not change."""


def settings(styles: Sequence[str | Path] | None = None) -> "dict[RcKeyType, Any]":
    """Return the settings of figures with style sheets, by name or file, the later over the earlier.

    A sheet that is unknown, or that cannot be read, raises InputError.

    >>> settings(["column"])["font.size"]
    8.0

    """
    merged: dict[Any, Any] = dict(RC)
    for style in styles or ():
        merged |= _sheet(style)
    if merged["text.usetex"]:
        raise InputError("style: expected text.usetex to be off (labels are mathematics of matplotlib), found it on")
    return merged


def _sheet(style: str | Path) -> Mapping[str, Any]:
    """Return the settings of a style sheet, by name or file."""
    if str(style) in SHEETS:
        return SHEETS[str(style)]
    if str(style) in library:
        return dict(library[str(style)].items())
    if not isinstance(style, Path) and os.sep not in style and not style.endswith(".mplstyle"):
        known = [*SHEETS, *available]
        hint = suggest(style, known) or f" ({', '.join(SHEETS)}, or one of matplotlib's)"
        raise InputError(f"style: expected the name of a style sheet or a file .mplstyle, found '{style}'{hint}")
    return _read(Path(style))


def _read(path: Path) -> dict[str, Any]:
    """Return the settings of a file."""
    try:
        text = read_bounded(path, LARGEST).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DataError(f"{path}: expected a text in UTF-8, found other bytes") from None
    found: dict[str, Any] = {}
    for number, line in enumerate(text.splitlines(), 1):
        entry = re.sub(r'("[^"]*")|#.*', r"\1", line).strip()
        if entry:
            key, value = _entry(f"{path}, line {number}", entry)
            if key in found:
                raise DataError(f"{path}, line {number}: expected each setting once, found '{key}' again")
            if not key.startswith(NOT_OF_A_FIGURE):
                found[key] = value
    return found


def _entry(where: str, entry: str) -> tuple[str, Any]:
    """Return the setting of a line and its value, as matplotlib takes it."""
    key, colon, text = (part.strip() for part in entry.partition(":"))
    if not colon:
        raise DataError(f"{where}: expected KEY: VALUE, found '{entry}'")
    if key not in rcParams:
        raise DataError(f"{where}: expected a setting of matplotlib, found '{key}'{suggest(key, rcParams)}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return key, RcParams({key: text.removeprefix('"').removesuffix('"')})[key]
    except (ValueError, TypeError, SyntaxError) as error:
        raise DataError(f"{where}: expected a value of {key}, found '{text}': {error}") from None
