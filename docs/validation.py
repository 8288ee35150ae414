"""Write docs/validation.md: every published number that the project covers, beside ours, with the difference explained.

python docs/validation.py                   compute all, write the page; exit code 1 if a number left its window
python docs/validation.py --check           the same, but write nothing: exit code 1 also if the page would change
python docs/validation.py --only NAME       compute docs/validations/NAME alone and print its part of the page

What is compared stands in docs/validations/NAME.toml: one table a number, `published` and where, the `low` to `high`
window that our value must stay in, and `why` it differs from the published one. The windows are those that an
independent reconstruction of the analyses (NumPy and SciPy, from the released data) leaves; they are not widened to
fit. The module NAME.py beside it computes ours: each function of its SOURCES returns values by the id of their row.
"""

import importlib
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).parent
FOLDER = HERE / "validations"
ORDER = (
    "couplings",
    "nuclei",
    "coherent_csi_2021",
    "coherent_csi_2017",
    "coherent_lar_2020",
    "coherent_ge_mini_2024",
    "reactor_germanium",
    "electroweak",
    "solar",
    "xenon_er",
    "models",
    "joint",
    "forecasts",
    "cross_sections",
)
"""The parts of the page."""


def part(name: str) -> tuple[list[str], list[str], int]:
    """Return the lines of one part of the page, a line for each number that left its window, and how many there are."""
    table = tomllib.loads((FOLDER / f"{name}.toml").read_text())
    ours: dict[str, float] = {}
    for source in importlib.import_module(name).SOURCES:
        ours |= source()
    lines, moved, count = [], [], 0
    for group in table["group"]:
        lines += ["", f"## {group['title']}", "", " ".join(group["note"].split()), ""]
        lines += ["| quantity | published | source | ours | window | why it differs |", "|---|---|---|---|---|---|"]
        for row in group["rows"]:
            value, digits = ours[row["id"]], row["digits"]
            if not row["low"] <= value <= row["high"]:
                moved.append(f"{row['id']}: {value:.6g} is not in {row['low']:g} … {row['high']:g}")
            window = f"{row['low']:g} … {row['high']:g}"
            paper, published = table["papers"][row["paper"]], row["published"] or "–"
            cells = [row["quantity"], published, paper, f"{value:.{digits}f}", window, row["why"]]
            lines.append(f"| {' | '.join(cells)} |")
            count += bool(row["published"])
    return lines, moved, count


def page(names: Sequence[str] = ORDER) -> tuple[str, list[str]]:
    """Return the page and a line for each number that left its window."""
    sys.path.insert(0, str(FOLDER))
    body, moved, total = [], [], 0
    for name in names:
        lines, left, count = part(name)
        body, moved, total = body + lines, moved + left, total + count
    head = [
        "# Validation: published numbers beside ours",
        "",
        "Written by `python docs/validation.py`, which fails when a number of ours leaves its window. What is compared",
        f"and why it differs stands in `docs/validations/`. Published numbers on this page: {total}.",
    ]
    return "\n".join(head + body) + "\n", moved


def main(arguments: Sequence[str]) -> int:
    """Write, check or print the page."""
    alone = arguments[1:] if arguments[:1] == ["--only"] else ()
    text, moved = page(alone or ORDER)
    path = HERE / "validation.md"
    for line in moved:
        print(line, file=sys.stderr)
    if alone:
        print(text)
    elif "--check" in arguments:
        if not path.exists() or path.read_text() != text:
            print(f"{path.name} is not what the computation gives: run python docs/validation.py", file=sys.stderr)
            return 1
    elif not moved:
        path.write_text(text)
    return 1 if moved else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
