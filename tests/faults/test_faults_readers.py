"""Whatever a file holds, it is read or refused in one line: no other error, no warning, no number that is none."""

import hashlib
import os
import re
import shutil
import tempfile
import warnings
from pathlib import Path

import numpy as np
import pytest
from experiment_texts import TEXTS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import cevnsjax as cj

FEW, MANY = 60, 5000
"""Examples of every run, and of a proof."""


def examples(count):
    """Return the settings of a sweep."""
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]
    return settings(max_examples=count, deadline=None, database=None, suppress_health_check=checks, derandomize=True)


SCALARS = st.one_of(
    st.floats().map(repr),
    st.integers(-(10**6), 10**6).map(str),
    st.integers(1, 500).map(lambda n: "9" * n),
    st.sampled_from(["", "true", "{}", "[]", "[[]]", "1979-05-27", '"text"', '"$x"', "'", '"""', "nan", "-inf", "0x7f", "1e400", "-0.0", "5e-324"]),
    st.text(max_size=8).map(lambda text: f'"{text}"'),
)  # fmt: skip
UNITS = st.sampled_from(["1", "kg", "keV", "PE", "us", "m", "day", "h", "fraction", "counts", "", "[1]"])
VALUES = st.one_of(
    SCALARS,
    st.tuples(SCALARS, UNITS).map(lambda pair: f'{{ value = {pair[0]}, unit = "{pair[1]}" }}'),
    st.lists(SCALARS, max_size=5).map(lambda items: f"[{', '.join(items)}]"),
    st.text(max_size=20),
)


@st.composite
def changed(draw):
    """Draw a description with a few changes: of a number, of a value, of a line, of a letter."""
    lines = draw(st.sampled_from(sorted(TEXTS.values()))).split("\n")
    for _ in range(draw(st.integers(1, 3))):
        k = draw(st.integers(0, len(lines) - 1))
        kind = draw(st.sampled_from(["number", "number", "value", "drop", "double", "letter"]))
        if kind == "number":
            found = list(re.finditer(r"(?<![\w\"^/-])-?\d[\d.e]*", lines[k]))
            if found:
                one = draw(st.sampled_from(found))
                number = draw(st.one_of(SCALARS, st.floats(-10, 100).map(repr)))
                lines[k] = lines[k][: one.start()] + number + lines[k][one.end() :]
        elif kind == "value":
            lines[k] = f"{lines[k].partition(' = ')[0]} = {draw(VALUES)}"
        elif kind == "letter":
            place = draw(st.integers(0, len(lines[k])))
            lines[k] = lines[k][:place] + draw(st.text(max_size=2)) + lines[k][place + draw(st.integers(0, 1)) :]
        else:
            lines[k : k + 1] = [lines[k]] * (2 if kind == "double" else 0)
    return "\n".join(lines)


def outcome(call, *arguments):
    """Return what a call gives, or None and the line it is refused with; a warning is an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            return call(*arguments), ""
        except cj.InputError as error:
            message = str(error)
    assert message
    assert "\n" not in message
    assert len(message) < 1500, len(message)
    return None, message


def read(content, folder):
    """Read a description; return whether it was taken."""
    path = Path(folder) / "experiment.toml"
    path.write_bytes(content)
    found, refused = outcome(cj.measurements.described, path)
    if refused:
        return False
    assert np.all(np.isfinite(found.observed))
    assert np.all(found.observed >= 0)
    assert found.observed.sum() > 0
    return True


def sweep_descriptions(count, tmp_path):
    taken = []

    @examples(count)
    @given(changed())
    def run(text):
        taken.append(read(text.encode("utf-8", "surrogatepass"), tmp_path))

    run()
    assert any(taken)
    assert not all(taken)


def sweep_bytes(count, tmp_path):
    @examples(count)
    @given(st.binary(max_size=300) | st.text(max_size=300).map(lambda t: t.encode("utf-8", "surrogatepass")))
    def run(content):
        assert not read(content, tmp_path)

    run()


FORMULAS = st.lists(
    st.tuples(
        st.sampled_from(["", "", "", "76", "133", "12", "0", "999"]),
        st.sampled_from(["Cs", "I", "Ge", "C", "O", "W", "Ca", "Xe", "Na", "H", "Zz", "x"]),
        st.sampled_from(["", "", "", "2", "4", "40", "0", "127", "1001", "٣"]),
    ).map("".join),
    max_size=4,
).map("".join)


def sweep_formulas(count, tmp_path):
    """A formula that is taken holds atoms of each of its elements, as many as it says."""
    text = TEXTS["xenon"]

    @examples(count)
    @given(FORMULAS)
    def run(formula):
        path = tmp_path / "formula.toml"
        path.write_text(text.replace('formula = "Xe"', f'formula = "{formula}"'))
        found, refused = outcome(cj.measurements.described, path)
        if refused:
            assert "target.formula" in refused
            return
        found = found.scattering.target
        isotopes = formula[0].isdigit()
        atoms = {}
        for mass, symbol, number in re.findall(r"(\d*)([A-Z][a-z]?)(\d*)", formula) if not isotopes else []:
            assert not mass
            atoms[symbol.lower()] = atoms.get(symbol.lower(), 0) + int(number or 1)
        total = {}
        for nucleus, count in zip(found.nuclides, found.numbers, strict=True):
            total[nucleus.element] = total.get(nucleus.element, 0.0) + count
        if not isotopes:
            (first, *others) = atoms
            for other in others:
                assert total[other] / total[first] == pytest.approx(atoms[other] / atoms[first], rel=1e-6)
        mass = sum(n * nucleus.atomic_mass for nucleus, n in zip(found.nuclides, found.numbers, strict=True))
        assert mass / 6.02214076e26 == pytest.approx(700.0, rel=1e-9)

    run()


def data_folder(folder, name, content):
    """Return a data folder of links to the shipped files, with one other and its digest."""
    package = Path(cj.__file__).parent
    shipped = package / "data" if (package / "data").is_dir() else package.parent / "data"
    root = Path(tempfile.mkdtemp(dir=folder)) / "data"
    shutil.copytree(shipped, root, copy_function=os.symlink)
    digest = hashlib.sha256(content).hexdigest()
    lines = (root / "SHA256SUMS").read_text().splitlines()
    lines = [f"{digest}  {name}" if line.endswith(f"  {name}") else line for line in lines]
    for path, text in ((name, content), ("SHA256SUMS", "\n".join(lines).encode())):
        (root / path).unlink()
        (root / path).write_bytes(text)
    return root, shipped


def sweep_tables(count, tmp_path, monkeypatch):
    """A table and the numbers of a measurement with a few letters changed."""
    files = {"csre_cs/experiment.toml": "csre-cs", "coherent_csi_2021/events_coincidence.csv": "coherent-csi-2021"}
    shipped = data_folder(tmp_path, "csre_cs/experiment.toml", b"")[1]
    originals = {name: (shipped / name).read_bytes() for name in files}

    @examples(count)
    @given(st.sampled_from(sorted(files)), st.data())
    def run(name, data):
        content = bytearray(originals[name])
        for _ in range(data.draw(st.integers(1, 3))):
            place = data.draw(st.integers(0, len(content)))
            content[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=4))
        root, _ = data_folder(tmp_path, name, bytes(content))
        monkeypatch.setenv("CEVNSJAX_DATA", str(root))
        found, refused = outcome(cj.measurements.load, files[name])
        shutil.rmtree(root.parent)
        assert refused or np.all(np.isfinite(found.observed))

    run()


STARTS = [b"", b"\x89HDF\r\n\x1a\n", b"PK\x03\x04", b'{"zarr_format": 3, ', b"CDF\x02"]


def sweep_results(count, tmp_path, command):
    """Arbitrary bytes in place of scans, posteriors and toys, for all commands that open them."""
    file, store = tmp_path / "result.nc", tmp_path / "store.zarr"
    store.mkdir()

    @examples(count)
    @given(st.binary(max_size=200), st.sampled_from(STARTS))
    def run(content, start):
        file.write_bytes(start + content)
        (store / "zarr.json").write_bytes(start + content)
        for arguments in (("contour", store), ("contour", file), ("show", store), ("show", file)):
            code, out, err = command(*arguments)
            assert (code, out) == (2, ""), arguments
            assert err.startswith("cevnsjax: ")
            assert err.count("\n") == 1
            assert "allow_pickle" not in err

    run()


def test_changed_descriptions(tmp_path):
    sweep_descriptions(FEW, tmp_path)


def test_bytes_for_a_description(tmp_path):
    sweep_bytes(FEW, tmp_path)


def test_formulas(tmp_path):
    sweep_formulas(FEW, tmp_path)


def test_changed_data_files(tmp_path, monkeypatch):
    sweep_tables(FEW // 3, tmp_path, monkeypatch)


def test_bytes_for_results(tmp_path, command):
    sweep_results(FEW, tmp_path, command)


@pytest.mark.proof
def test_readers_of_descriptions_at_length(tmp_path):
    sweep_descriptions(MANY, tmp_path)
    sweep_bytes(MANY, tmp_path)
    sweep_formulas(MANY, tmp_path)


@pytest.mark.proof
def test_readers_of_data_and_results_at_length(tmp_path, monkeypatch, command):
    sweep_results(MANY, tmp_path, command)
    sweep_tables(MANY, tmp_path, monkeypatch)
