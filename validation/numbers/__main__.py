"""Record the numbers of the whole code, and compare two records.

python -m validation.numbers record FILE            compute, and write them to FILE as JSON
python -m validation.numbers record FILE --rows     the rows of docs/validation.md too
python -m validation.numbers record FILE --only SECTION ...
python -m validation.numbers compare OLD NEW        print what differs beyond tolerance; exit code 1 if anything does
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .comparing import compare, summary


def record(path: Path, names: Sequence[str]) -> int:
    """Compute the sections `names`; the file has what there is so far, section by section, and at a failure too."""
    from .recording import SECTIONS

    sections: dict[str, dict[str, Any]] = {}
    for name in names:
        sections[name] = {}
        try:
            for key, numbers in SECTIONS[name]():
                sections[name][key] = numbers
        finally:
            path.write_text(json.dumps(sections))
    return 0


def differences(old: Path, new: Path) -> int:
    """Print each difference beyond tolerance, and a line about all."""
    first, second = (json.loads(path.read_text()) for path in (old, new))
    alone = sorted(set(first) ^ set(second))
    if alone:
        print(f"in only a single record, not compared: {', '.join(alone)}")
    compared = compare(first, second)
    for difference in compared:
        if difference.size > 1.0:
            print(f"{difference.kind}: {difference.where}: {difference.text} ({difference.size:.3g} tolerances)")
    print(summary(compared))
    return 1 if any(difference.size > 1.0 for difference in compared) or not compared else 0


def main(arguments: Sequence[str]) -> int:
    """Record or compare."""
    parser = argparse.ArgumentParser(prog="python -m validation.numbers", description=__doc__.partition("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    recorded = commands.add_parser("record", help="compute the numbers and write them")
    recorded.add_argument("file", type=Path)
    recorded.add_argument("--rows", action="store_true", help="the rows of the page of published numbers too")
    sections = ("counts", "models", "chi2", "fits", "profiles", "scans", "rows")
    recorded.add_argument("--only", nargs="+", choices=sections, help="these sections alone")
    compared = commands.add_parser("compare", help="compare two records")
    compared.add_argument("old", type=Path)
    compared.add_argument("new", type=Path)
    chosen = parser.parse_args(arguments)
    if chosen.command == "compare":
        return differences(chosen.old, chosen.new)
    return record(chosen.file, chosen.only or [name for name in sections if name != "rows" or chosen.rows])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
