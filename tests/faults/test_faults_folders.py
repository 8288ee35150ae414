"""Spoilt folders of experiments: each is refused in one line that names file and entry, and `check` tells every fault."""

import json
import re
import shutil
import warnings
from pathlib import Path

import numpy as np
import pytest
import two_runs
from spoilt_folders import CASES, DOCUMENT, several

import cevnsjax as cj
from cevnsjax.experiments.starting import files, write
from cevnsjax.measurements.loading import shipped_document

LONGEST = 1500
"""Letters of a message."""


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """Return a sound folder by name: two runs made of tables, or a copy of what is shipped."""
    made = {}

    def folder(name):
        if name not in made:
            made[name] = tmp_path_factory.mktemp("sound") / name
            if name == "two-runs":
                counts = {run: np.round(two_runs.background(run)) + 3.0 for run in two_runs.ENERGY}
                two_runs.write_folder(made[name], counts)
            else:
                write(made[name], files(shipped_document(name), f"copy-of-{name}", name))
        return made[name]

    return folder


@pytest.fixture
def copied(sound, tmp_path):
    """Return a copy of a sound folder that is spoilt by edits."""

    def make(name, *edits):
        folder = tmp_path / "mine"
        shutil.copytree(sound(name), folder)
        several(*edits)(folder)
        return folder

    return make


def refusal(path):
    """Return the error that an experiment is refused with; a warning is another error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(cj.InputError) as caught:
            cj.measurement(path)
    return caught.value


def named_in(document, key):
    """Return whether the table that `key` begins with is anywhere in a document."""
    return re.search(rf"^\W*{re.escape(key.partition('.')[0].partition('[')[0])}\b", document, re.MULTILINE) is not None


def check_line(document, key, line):
    """Check that a line of the document is that of an entry, or of a table that it should be in."""
    assert (line is not None) == named_in(document, key), (line, key)
    if line is not None:
        words = set(re.findall(r"[A-Za-z0-9_-]+", document.split("\n")[line - 1]))
        assert words & set(re.sub(r"\[\d+\]", "", key).split(".")), document.split("\n")[line - 1]


@pytest.mark.parametrize("name", ["two-runs", *dict.fromkeys(case.base for case in CASES if case.base != "two-runs")])
def test_the_folders_that_are_spoilt_are_sound(name, sound, command):
    """Each is read without a warning before it is spoilt, and `check` finds no fault."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cj.measurement(sound(name))
    code, out, err = command("check", sound(name), "--json")
    assert (code, json.loads(out)["problems"], err) == (0, [], "")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_each_fault_is_told_with_file_and_entry(case, copied, command):
    """One line that begins with the file and names the entry; the same from `check`, with the line of the document."""
    folder = copied(case.base, case.edit)
    told = refusal(f"{folder}{case.variant}")
    message, file = str(told), folder if case.file == "." else folder / case.file
    assert "\n" not in message
    assert len(message) < LONGEST
    assert case.file in message.partition(": ")[0] or case.file == "." or len(case.file) > 200
    assert told.key == case.key
    code, out, err = command("check", folder, "--json")
    assert (code, err) == (2, ""), err
    problems = json.loads(out)["problems"]
    found = [problem for problem in problems if problem["key"] == case.key]
    assert found, problems
    assert len({(p["file"], p["key"], p["message"]) for p in problems}) == len(problems)
    if case.file == DOCUMENT and case.key:
        assert case.key in message
        document = (folder / DOCUMENT).read_text()
        assert (Path(found[0]["file"]), found[0]["line"]) == (file, told.line)
        check_line(document, case.key, told.line)
    elif case.key:
        check_line((folder / DOCUMENT).read_text(), case.key, told.line)
