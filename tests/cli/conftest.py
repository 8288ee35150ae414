"""Fixtures of the tests of the command line."""

import sys

import pytest
from PIL import Image

from cevnsjax import cli


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    """Run the command line in an empty folder; return exit code, standard output and standard error."""
    monkeypatch.chdir(tmp_path)

    def command(*arguments):
        monkeypatch.setattr(sys, "argv", ["cevnsjax", *arguments])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        captured = capsys.readouterr()
        return stop.value.code, captured.out, captured.err

    return command


@pytest.fixture
def looks_drawn():
    """Return the function that says whether the picture at a path holds more than one colour over a good part of it."""

    def drawn(path):
        with Image.open(path) as picture:
            grey = picture.convert("L")
            dark = sum(grey.histogram()[:250])
            return grey.width > 300 and dark > 0.02 * grey.width * grey.height

    return drawn
