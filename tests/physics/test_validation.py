"""The page of published numbers: every number of ours in its window, and the page as the computation gives it."""

import importlib.util
import sys
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_published_numbers():
    spec = importlib.util.spec_from_file_location("validation", DOCS / "validation.py")
    validation = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(validation)
    try:
        text, moved = validation.page()
    finally:
        sys.path.remove(str(DOCS / "validations"))
        for name in set(validation.ORDER) | {"_common"}:
            sys.modules.pop(name, None)
    assert moved == []
    assert (DOCS / "validation.md").read_text() == text, "run python docs/validation.py"
