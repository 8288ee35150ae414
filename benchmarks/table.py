"""Tables of results: printed for people, written as JSON for machines."""

import dataclasses
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table as RichTable


@dataclasses.dataclass(frozen=True)
class Table:
    """A titled table; every row has one entry for each column."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]

    def as_dict(self) -> dict[str, Any]:
        """Return the table as a list of records."""
        return {"title": self.title, "rows": [dict(zip(self.columns, row, strict=True)) for row in self.rows]}

    def show(self, console: Console) -> None:
        """Print the table."""
        table = RichTable(title=escape(self.title), title_justify="left")
        for k, column in enumerate(self.columns):
            table.add_column(column, justify="left" if k == 0 else "right")
        for row in self.rows:
            table.add_row(*(_text(entry) for entry in row))
        console.print(table)


def verdict(good: bool) -> str:
    """Return what a table says of a bar."""
    return "met" if good else "missed"


def _text(entry: Any) -> str:
    """Return an entry with three digits; nothing for None."""
    if entry is None:
        return ""
    if isinstance(entry, float):
        return f"{entry:.3g}" if abs(entry) < 1000 else f"{entry:.0f}"
    return str(entry)
