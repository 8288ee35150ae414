"""Fixtures of the tests of the command line."""

import pytest
from PIL import Image


@pytest.fixture
def looks_drawn():
    """Return the function that says whether the picture at a path holds more than one colour over a good part of it."""

    def drawn(path):
        with Image.open(path) as picture:
            grey = picture.convert("L")
            dark = sum(grey.histogram()[:250])
            return grey.width > 300 and dark > 0.02 * grey.width * grey.height

    return drawn
