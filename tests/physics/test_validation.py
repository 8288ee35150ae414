"""The page of published numbers: every number of ours in its window, and the page as the computation gives it."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from validation.page import ORDER, head, part, table  # noqa: E402

PAGE = (ROOT / "docs" / "validation.md").read_text()


@pytest.mark.parametrize("name", ORDER)
def test_published_numbers(name):
    lines, moved, count = part(name)
    assert moved == []
    assert count > 0
    assert "\n".join(lines).strip() in PAGE, "run python -m validation"


def test_number_of_published_numbers():
    rows = [row for name in ORDER for group in table(name)["group"] for row in group["rows"]]
    assert PAGE.startswith("\n".join(head(sum(bool(row["published"]) for row in rows))) + "\n")
