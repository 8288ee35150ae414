"""The reference of the kinds is written from the registry, and its examples are those that can be read."""

import importlib.util
import tomllib
from pathlib import Path

import pytest

from cevnsjax.experiments.kinds import KINDS, entries
from cevnsjax.experiments.kinds.kind import REQUIRED
from cevnsjax.experiments.listing import TABLES

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_is_what_the_registry_says():
    spec = importlib.util.spec_from_file_location("kinds_page", DOCS / "kinds.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert (DOCS / "kinds.md").read_text() == module.page()


def test_every_category_has_a_table():
    assert set(TABLES) == set(KINDS)


@pytest.mark.parametrize(("category", "name"), [(c, n) for c, kinds in KINDS.items() for n in kinds])
def test_every_kind_says_what_it_is(category, name):
    made = KINDS[category][name]
    assert made.__doc__
    for entry in entries(made).values():
        assert entry.text
        assert entry.unit
    if any(about.default is REQUIRED for about in entries(made).values()):
        assert tomllib.loads(vars(made)["example"])
