"""The page on `cj.physics`: every example gives what it says, in order."""

import doctest
import re
from pathlib import Path

import cevnsjax as cj

PAGE = Path(__file__).parents[2] / "docs" / "physics.md"


def test_examples():
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert len(blocks) > 10
    known, runner = {}, doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    for number, block in enumerate(blocks):
        test = doctest.DocTestParser().get_doctest(block, known, f"block {number}", str(PAGE), 0)
        assert test.examples, block
        assert runner.run(test, clear_globs=False).failed == 0, block
        known = test.globs


def test_every_function_is_on_the_page():
    text = PAGE.read_text()
    for name in cj.physics.__all__:
        assert name == "NeutrinoCouplings" or f"cj.physics.{name}(" in text, name
