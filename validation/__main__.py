"""Write docs/validation.md: every published number that the project covers, beside ours, with the difference explained.

python -m validation                   compute all, write the page; exit code 1 if a number left its window
python -m validation --check           the same, but write nothing: exit code 1 also if the page would change
python -m validation --only NAME       compute validation/parts/NAME alone and print its part of the page
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from .page import ORDER, page

PAGE = Path(__file__).parents[1] / "docs" / "validation.md"


def main(arguments: Sequence[str]) -> int:
    """Write, check or print the page."""
    alone = arguments[1:] if arguments[:1] == ["--only"] else ()
    text, moved = page(alone or ORDER)
    for line in moved:
        print(line, file=sys.stderr)
    if alone:
        print(text)
    elif "--check" in arguments:
        if not PAGE.exists() or PAGE.read_text() != text:
            print(f"{PAGE.name} is not what the computation gives: run python -m validation", file=sys.stderr)
            return 1
    elif not moved:
        PAGE.write_text(text)
    return 1 if moved else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
