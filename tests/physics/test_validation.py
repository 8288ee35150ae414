"""The page of published numbers: every number of ours in its window, and the page as the computation gives it."""

import importlib.util
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "validation.md").read_text()


@cache
def validation():
    """Return the module that makes the page."""
    spec = importlib.util.spec_from_file_location("validation", DOCS / "validation.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


QUICK = {"couplings", "nuclei", "coherent_csi_2017", "models", "forecasts"}
"""Parts that take seconds; the others run with --slow, and with python docs/validation.py."""


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in validation().ORDER]
)
def test_published_numbers(name):
    sys.path.insert(0, str(DOCS / "validations"))
    try:
        lines, moved, count = validation().part(name)
    finally:
        sys.path.remove(str(DOCS / "validations"))
        for module in {name, "_common"}:
            sys.modules.pop(module, None)
    assert moved == []
    assert count > 0
    assert "\n".join(lines).strip() in PAGE, "run python docs/validation.py"


def test_number_of_published_numbers():
    tables = [tomllib.loads((DOCS / f"validations/{name}.toml").read_text()) for name in validation().ORDER]
    total = sum(bool(row["published"]) for table in tables for group in table["group"] for row in group["rows"])
    assert f"Published numbers on this page: {total}." in PAGE
