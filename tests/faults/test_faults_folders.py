"""Spoilt folders of experiments: each is refused in one line that names file and entry, and `check` tells every fault."""

import json
import re
import shutil
import tomllib
import warnings
from pathlib import Path

import numpy as np
import pytest
import two_runs
from spoilt_folders import CASES, DOCUMENT, change, content, form, several

import cevnsjax as cj
from cevnsjax.experiments.kinds import KINDS, entries
from cevnsjax.experiments.listing import TABLES
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


def check_line(document, key, line):
    """Check that a line of the document is that of an entry, or of a table that it should be in."""
    if line is None:
        first = re.escape(key.partition(".")[0].partition("[")[0])
        assert re.search(rf"^\[*{first}[.\] =]", document, re.MULTILINE) is None
    else:
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
    found = [p for p in problems if Path(p["file"]) == file and (p["key"] == case.key or case.file != DOCUMENT)]
    assert found, problems
    assert bool(found[0]["key"]) == bool(case.key)
    assert len({(p["file"], p["key"], p["message"]) for p in problems}) == len(problems)
    if case.file == DOCUMENT and case.key:
        assert case.key in message
        document = (folder / DOCUMENT).read_text()
        assert found[0]["line"] == told.line
        check_line(document, case.key, told.line)
    elif case.key:
        check_line((folder / DOCUMENT).read_text(), case.key, told.line)


# What is accepted


@pytest.mark.parametrize("file", [DOCUMENT, "efficiency.csv", "counts_summer.csv"])
@pytest.mark.parametrize(
    ("ends", "mark"), [("\r\n", b""), ("\n", b"\xef\xbb\xbf"), ("\r\n", b"\xef\xbb\xbf")], ids=["CRLF", "BOM", "both"]
)
def test_other_line_ends_and_a_mark_of_byte_order_change_nothing(file, ends, mark, sound, copied):
    plain = (sound("two-runs") / file).read_bytes().replace(b"\r\n", b"\n").decode()
    folder = copied("two-runs", content(file, mark + plain.replace("\n", ends).encode()))
    made, other = cj.measurement(folder), cj.measurement(sound("two-runs"))
    np.testing.assert_array_equal(made.observed, other.observed)
    assert [p.name for p in made.parameters()] == [p.name for p in other.parameters()]


def test_comments_and_blank_lines_of_a_table_change_nothing(sound, copied):
    folder = copied("two-runs", change("energy [keV]", "# measured\n\nenergy [keV]", "efficiency.csv"))
    np.testing.assert_array_equal(cj.measurement(folder).observed, cj.measurement(sound("two-runs")).observed)


# Several faults at once

SYNTAX = {
    "table not closed": ('name = "x"\n[source\n', 2, ""),
    "text not closed": ('name = "x"\ntitle = "y\n', 2, ""),
    "end of the file": ("name = [1,", 1, ""),
    "source that is no text": ('name = "x"\n[sources]\npaper = 3\n', 3, "sources.paper"),
}


@pytest.mark.parametrize("name", SYNTAX)
def test_a_document_that_cannot_be_read_is_told_with_its_line(name, tmp_path, command):
    text, line, key = SYNTAX[name]
    path = tmp_path / "mine.toml"
    path.write_text(text)
    code, out, err = command("check", path, "--json")
    assert (code, err) == (2, "")
    (problem,) = json.loads(out)["problems"]
    assert (problem["file"], problem["line"], problem["key"]) == (str(path), line, key)


FIVE = {
    "source.distance.unit": change('distance = { value = 20, unit = "m" }', 'distance = { value = 20, unit = "km" }'),
    "target.fromula": change('formula = "Ar"', 'formula = "Ar"\nfromula = "Ar"'),
    "detector.efficiency.fraction.column": change('column = "efficiency" }', "column = 3 }"),
    "binning.energy": change("[4, 6, 9, 13, 18, 25]", "[4, 6, 9, 8, 18, 25]"),
    "shapes.steady_shape.form": change('component = "steady"', 'component = "steady"\nform = "cubic"'),
}


def test_check_lists_all_of_five_faults_and_nothing_else(copied, command):
    folder = copied("two-runs", *FIVE.values())
    code, out, err = command("check", folder, "--json")
    assert (code, err) == (2, "")
    problems = json.loads(out)["problems"]
    assert sorted(problem["key"] for problem in problems) == sorted(FIVE)
    document = (folder / DOCUMENT).read_text()
    for problem in problems:
        assert Path(problem["file"]) == folder / DOCUMENT
        check_line(document, problem["key"], problem["line"])


def test_a_fit_names_the_first_of_five_faults_and_how_many_more(copied, refused):
    folder = copied("two-runs", *FIVE.values())
    said = refused("fit", folder, "--free", "sin2_theta_w", words=["source.distance.unit", "4 more", "cevnsjax check"])
    assert str(folder / DOCUMENT) in said


def test_check_prints_every_fault_on_a_line_of_its_own(copied, command):
    folder = copied("two-runs", *FIVE.values())
    code, out, err = command("check", folder)
    assert (code, err) == (2, "")
    for key in FIVE:
        assert sum(key in line for line in out.split("\n")) == 1, (key, out)


def test_a_form_factor_for_measured_numbers_alone_is_refused(sound, refused):
    refused(
        "predict", sound("prex-ii"), "--form-factor", "klein-nystrand", words=["no form factor to choose", "prex-ii"]
    )


# The command line as a process

COMMANDS = {
    "fit": ("fit", "{}", "--free", "sin2_theta_w", "--out", "result.json"),
    "predict": ("predict", "{}"),
    "forecast": ("forecast", "{}", "--free", "sin2_theta_w"),
    "parameters": ("parameters", "{}"),
}
SAMPLE = {
    "two-runs: misspelt key": "fit",
    "two-runs: runs asimov": "predict",
    "dresden-ii: formula import": "parameters",
    "germanium-reactor: mass kg": "forecast",
}


@pytest.mark.parametrize("name", SAMPLE)
def test_the_command_line_says_one_line_and_writes_nothing(name, copied, process, tmp_path):
    (case,) = (case for case in CASES if str(case) == name)
    folder = copied(case.base, case.edit)
    before = sorted(tmp_path.rglob("*"))
    done = process(*(part.format(folder) for part in COMMANDS[SAMPLE[name]]))
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert done.stderr.startswith("cevnsjax: ")
    assert done.stderr.count("\n") == 1
    assert case.file in done.stderr
    assert sorted(tmp_path.rglob("*")) == before


def test_check_of_a_faulty_folder_exits_with_2_as_a_process(copied, process):
    done = process("check", copied("two-runs", *FIVE.values()), "--json")
    assert (done.returncode, done.stderr) == (2, "")
    assert len(json.loads(done.stdout)["problems"]) == len(FIVE)


# cevnsjax new


@pytest.mark.parametrize("name", ["", "..", "a/b", "/tmp/a", "a b", "-a", ".a", "a" * 65, "ä", "a\nb"])
def test_new_refuses_a_bad_name(name, refused):
    refused("new", "--like", "coherent-csi-2021", "--", name, words=["NAME"])


def test_new_refuses_an_existing_folder_and_leaves_it(refused, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    refused("new", "mine", "--like", "prex-ii", words=["mine"])
    assert [path.name for path in tmp_path.rglob("*")] == ["mine", "notes.txt"]


@pytest.mark.parametrize(
    ("like", "suggested"), [("coherent-csi-2012", "coherent-csi-2021"), ("prex", "prex-ii"), ("xx", "")]
)
def test_new_suggests_a_measurement(like, suggested, refused):
    refused("new", "mine", "--like", like, words=[like, suggested])


def test_new_needs_the_folder_that_it_writes_into(refused):
    refused("new", "mine", "--like", "prex-ii", "--out", "nowhere", words=["nowhere"])


def test_new_leaves_nothing_behind_when_writing_fails(tmp_path, monkeypatch):
    written = Path.write_bytes

    def full(path, data):
        if path.name.endswith(".csv"):
            raise OSError(28, "No space left on device")
        return written(path, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    made = files(shipped_document("dresden-ii"), "mine", "dresden-ii")
    with pytest.raises(cj.InputError, match="No space left"):
        write(tmp_path / "mine", made)
    assert list(tmp_path.iterdir()) == []


# cevnsjax kinds

EVERY = [(category, name) for category, kinds in KINDS.items() for name in kinds]


@pytest.mark.parametrize(("category", "name"), EVERY)
def test_the_example_of_each_kind_has_entries_of_it_and_of_tables_beside_it(category, name):
    made = KINDS[category][name]
    example = tomllib.loads(vars(made)["example"])
    for table in (part for part in TABLES[category].replace("[", "").replace("]", "").split(", ")):
        inside = example.get(table.split(".")[0])
        if table.split(".")[0] not in entries(made) and isinstance(inside, dict):
            example.pop(table.split(".")[0])
            while isinstance(inside, dict) and not set(inside) <= set(entries(made)):
                (inside,) = inside.values()
            example |= inside
    beside = {"kind", *({"width", "time", "energy"} if category == "background" else ())}
    assert set(example) <= {*entries(made), *beside}, example


@pytest.mark.parametrize(("name", "suggested"), [("gausian", "gaussian"), ("resolutions", "resolution"), ("xx", "")])
def test_kinds_suggests_a_kind(name, suggested, refused):
    refused("kinds", name, words=["KIND", name, suggested])


# What only looks wrong

SUSPICIONS = {
    "counts that are not whole": (
        "two-runs",
        change(
            'data.counts = { table = "counts_summer.csv", columns = ["t_0", "t_1", "t_2", "t_4"] }',
            'data.counts = { outer = [{ value = [4, 5, 6, 7, 8], unit = "counts" }, { value = [0.5, 1, 1, 1], unit = "1" }] }',
        ),
        "not whole",
    ),
    "nothing counted": (
        "dresden-ii",
        change('{ table = "rates.csv", column = "on" }', f'{{ value = {[0] * 130}, unit = "1/day" }}'),
        "nothing was counted",
    ),
    "a negative background": ("dresden-ii", form("0 - 500 * energy"), "fewer than no events"),
    "an efficiency that ends": (
        "two-runs",
        change("40.0,0.7", "20.0,0.7", "efficiency.csv"),
        "constant beyond",
    ),
    "a quenching that falls": (
        "two-runs",
        change(
            'kind = "polynomial", coefficients = { value = [0.25], unit = ["1"] }',
            'kind = "table", recoil = { value = [1, 30, 60], unit = "keV" }, factor = { value = [0.3, 0.3, 0.1], unit = "1" }',
        ),
        "falls while the recoil energy rises",
    ),
    "a quenching that gains": (
        "two-runs",
        change("{ value = [0.25], unit", "{ value = [2500], unit"),
        "more electron-equivalent energy",
    ),
    "shares above 1": ("two-runs", change("0.55", "0.85", "times.csv"), "shares of the other axes that sum to 1.3"),
    "a quenching of crystals that gains": (
        "dresden-ii",
        change("\n0,0.4361", "\n0,5", "quenching_fef.csv"),
        "more electron-equivalent energy",
    ),
    "a part that covers nothing": (
        "coherent-csi-2021",
        change('covers = ["quenching_*"]', 'covers = ["quenching_*", "quench_*"]'),
        "signal.parts.quenching.covers[1]: no parameter of the target or the detector is named 'quench_*'",
    ),
    "the molar mass of something else": (
        "coherent-csi-2021",
        change("value = 259.8", "value = 130"),
        "target.molar_mass: 130 g/mol, where 133Cs, 127I have 260",
    ),
    "bins beyond the signal": (
        "two-runs",
        change("[5, 8, 12, 18, 26]", "[5, 8, 12, 400, 500]"),
        "no signal is expected in the last 1 of 9 bins of energy bin, by run [1]",
    ),
    "a resolution too narrow for the bins": (
        "two-runs",
        change(
            'value = 0.5, unit = "keV" }, slope = { value = 0.3', 'value = 0.001, unit = "keV" }, slope = { value = 0'
        ),
        "missed in a bin (it takes",
    ),
    "an uncertainty in words": (
        "two-runs",
        change('{ value = 20, unit = "m" }', '{ value = 20, unit = "m", uncertainty = 1 }'),
        "source.distance: its uncertainty is not used",
    ),
}


@pytest.mark.parametrize("name", SUSPICIONS)
def test_what_looks_wrong_is_said_and_read(name, copied, command):
    base, edit, words = SUSPICIONS[name]
    code, out, err = command("check", copied(base, edit), "--json")
    found = json.loads(out)
    assert (code, err, found["problems"]) == (0, "", [])
    assert sum(words in warning for warning in found["warnings"]) >= 1, found["warnings"]
