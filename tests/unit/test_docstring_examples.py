"""The examples in the docstrings give what they say."""

import doctest
import importlib
import pkgutil

import pytest

import cevnsjax

MODULES = sorted(found.name for found in pkgutil.walk_packages(cevnsjax.__path__, "cevnsjax."))


def examples(name):
    return [test for test in doctest.DocTestFinder().find(importlib.import_module(name)) if test.examples]


@pytest.mark.parametrize("name", [name for name in MODULES if examples(name)])
def test_examples(name):
    results = [doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(test) for test in examples(name)]
    assert sum(found.attempted for found in results) > 0
    assert sum(found.failed for found in results) == 0
