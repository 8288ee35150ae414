"""Fixtures of the tests of faults: the command line as users meet it, by its entry point alone."""

import os
import subprocess
import sys
from importlib.metadata import entry_points
from typing import Any

import pytest

(SCRIPT,) = entry_points(group="console_scripts", name="cevnsjax")
RUN = (
    "import sys; from importlib.metadata import entry_points; (found,) = entry_points(group='console_scripts', "
    "name='cevnsjax'); sys.argv[0] = 'cevnsjax'; found.load()()"
)


@pytest.fixture
def command(monkeypatch, capsys, tmp_path):
    """Run the command line in this process, in an empty folder; return exit code, standard output and error."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["cevnsjax", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            SCRIPT.load()()
        captured = capsys.readouterr()
        return stop.value.code, captured.out, captured.err

    return run


@pytest.fixture
def refused(command, tmp_path):
    """Run a command that must be refused: exit code 2, one line on standard error that holds `words`, no file."""

    def run(*arguments, words=()):
        before = sorted(tmp_path.rglob("*"))
        code, out, err = command(*arguments)
        assert code == 2, (code, out, err)
        assert out == "", out
        assert err.startswith("cevnsjax: "), err
        assert err.count("\n") == 1, err
        assert len(err) < 1000, len(err)
        for word in words:
            assert word in err, err
        assert sorted(tmp_path.rglob("*")) == before
        return err

    return run


@pytest.fixture
def process(tmp_path):
    """Run the command line as a process of its own in an empty folder; `environment` changes variables (None drops)."""

    def run(*arguments, environment=None, timeout=300, **options):
        variables = dict(os.environ)
        for name, value in (environment or {}).items():
            if value is None:
                variables.pop(name, None)
            else:
                variables[name] = value
        asked: dict[str, Any] = {"capture_output": True, "text": True, "cwd": tmp_path} | options
        return subprocess.run(
            [sys.executable, "-c", RUN, *map(str, arguments)], env=variables, timeout=timeout, check=False, **asked
        )

    return run
