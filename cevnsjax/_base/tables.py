"""What a result is shown as, lines of text and tables: the same in a terminal, in Python and in a notebook."""

import abc
import dataclasses
import html
import itertools
import textwrap
import unicodedata
from collections.abc import Iterable, Sequence

from .errors import printable

WIDTH = 120
"""Columns of text by default."""
GAP, NARROWEST = "  ", 16
"""What separates columns, and the least width of a column that may take several lines."""


@dataclasses.dataclass(frozen=True)
class Table:
    """A table of texts."""

    headers: tuple[str, ...]
    rows: Sequence[Sequence[str]]
    wrapped: tuple[int, ...] = ()
    """Columns whose texts may take several lines."""
    right: tuple[int, ...] = ()
    """Columns that end at the right, as numbers."""
    breaks: tuple[int, ...] = ()
    """Rows before which a new section begins."""


Block = str | Table


def abridged(names: Sequence[str], most: int = 6) -> str:
    """Return a list of names, the first and how many there are where there are many."""
    listed = names if len(names) <= most else [*names[:most], f"… {len(names)} in all"]
    return ", ".join(listed)


def listed(faults: Sequence[str]) -> str:
    """Return the first faults, and how many more there are."""
    return ", ".join(faults[:2]) + (f" and {len(faults) - 2} more" if len(faults) > 2 else "")


def _harmless(text: str) -> str:
    """Return a text as it is shown: nothing in it steers a terminal."""
    return printable(text.expandtabs())


def _columns(text: str) -> int:
    """Return the columns of a terminal that a text takes."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(sign) in "WF" for sign in text)
    return len(text) + wide - sum(unicodedata.combining(sign) > 0 for sign in text)


def _padded(text: str, width: int, right: bool) -> str:
    space = " " * (width - _columns(text))
    return space + text if right else text + space


def _narrowed(widths: Sequence[int], wrapped: Sequence[int], most: int) -> list[int]:
    """Return the widths of columns that fit into `most`, as far as those that may take several lines allow it."""
    narrowed = list(widths)
    while sum(narrowed) + len(GAP) * (len(narrowed) - 1) > most:
        widest = max(wrapped, key=lambda k: narrowed[k], default=None)
        if widest is None or narrowed[widest] <= NARROWEST:
            break
        narrowed[widest] -= 1
    return narrowed


def _table_lines(table: Table, most: int) -> list[str]:
    cells = [[_harmless(text) for text in row] for row in (table.headers, *table.rows)]
    widths = [max(map(_columns, column)) for column in zip(*cells, strict=True)]
    widths = _narrowed(widths, table.wrapped, most)
    lines = []
    for number, row in enumerate(cells):
        if number and number - 1 in table.breaks:
            lines.append("")
        parts = [
            textwrap.wrap(text, widths[k], break_on_hyphens=False) or [""] if k in table.wrapped else [text]
            for k, text in enumerate(row)
        ]
        for level in range(max(map(len, parts), default=0)):
            texts = [part[level] if level < len(part) else "" for part in parts]
            padded = (_padded(text, widths[k], k in table.right) for k, text in enumerate(texts))
            lines.append(GAP.join(padded).rstrip())
    return lines


def as_text(blocks: Iterable[Block], width: int = WIDTH) -> str:
    """Return blocks as lines of text with aligned columns, without a newline at the end."""
    lines = []
    for block in blocks:
        lines += _table_lines(block, width) if isinstance(block, Table) else map(_harmless, block.split("\n"))
    return "\n".join(lines)


def _row(tag: str, texts: Sequence[str], right: Sequence[int]) -> str:
    sides = ("right" if k in right else "left" for k in range(len(texts)))
    cells = (
        f'<{tag} style="text-align: {side}">{html.escape(_harmless(text))}</{tag}>'
        for side, text in zip(sides, texts, strict=True)
    )
    return f"<tr>{''.join(cells)}</tr>"


def _table_html(table: Table) -> str:
    ends = [0, *sorted(k for k in table.breaks if 0 < k < len(table.rows)), len(table.rows)]
    sections = [table.rows[first:last] for first, last in itertools.pairwise(ends)]
    bodies = ("".join(_row("td", row, table.right) for row in rows) for rows in sections)
    head = _row("th", table.headers, table.right)
    return f"<table><thead>{head}</thead>{''.join(f'<tbody>{body}</tbody>' for body in bodies)}</table>"


def as_html(blocks: Iterable[Block]) -> str:
    """Return blocks as HTML: the same texts, escaped."""
    parts: list[str] = []
    for block in blocks:
        if isinstance(block, Table):
            parts.append(_table_html(block))
        else:
            lines = "\n".join(map(_harmless, block.split("\n")))
            parts.append(f'<div style="white-space: pre-wrap">{html.escape(lines) or "&nbsp;"}</div>')
    return f"<div>{''.join(parts)}</div>"


class Shown(abc.ABC):
    """What shows itself as lines and tables, printed or at the end of a cell of a notebook."""

    @abc.abstractmethod
    def blocks(self) -> list[Block]:
        """Return the lines and tables that it is shown as."""

    def _shown(self) -> list[Block]:
        """Return the blocks; where there are none, because something is wrong with it, the error."""
        try:
            return self.blocks()
        except Exception as error:  # to look at something never fails
            return [f"<{type(self).__name__} that cannot be shown: {type(error).__name__}: {error}>"]

    def __repr__(self) -> str:
        """Return it as text."""
        return as_text(self._shown())

    def _repr_html_(self) -> str:
        """Return it as a notebook shows it."""
        return as_html(self._shown())
