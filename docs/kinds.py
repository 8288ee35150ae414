"""Write docs/kinds.md, the reference of what can stand in an experiment's folder, from the registry of kinds.

python docs/kinds.py
"""

from pathlib import Path

from cevnsjax.experiments.kinds import KINDS
from cevnsjax.experiments.listing import described

PAGE = Path(__file__).parent / "kinds.md"
HEAD = """\
# The kinds: what can stand in each table

This page is written by `python docs/kinds.py` from the registry that the reader uses; `cevnsjax kinds` prints the same.
[Experiments](experiments.md) says how a folder is made of them. An entry marked ○ may be left out. Units are those of
the tables; "axis" is the unit of the axis that the table is of. Where a list of numbers stands, a column of a CSV file
or an array may stand instead.
"""


def page() -> str:
    """Return the page."""
    parts = [HEAD]
    for category, found in described(KINDS).items():
        parts.append(f"\n## {category[0].upper()}{category[1:]}: `{found['table']}`\n")
        for name, kind in found["kinds"].items():
            parts.append(f"\n### `{name}`\n\n{kind['summary']}\n")
            if kind["entries"]:
                parts.append("\n| entry | unit | what it is |\n|---|---|---|\n")
                parts += [
                    f"| `{entry}`{'' if about['required'] else ' ○'} | {about['unit']} | {_cell(about['text'])} |\n"
                    for entry, about in kind["entries"].items()
                ]
            if kind["example"]:
                parts.append(f"\n```toml\n{kind['example']}\n```\n")
    return "".join(parts)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page())
