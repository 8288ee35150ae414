"""Files that are no such files, too large, or full of numbers that can only be slips: one line, before any work."""

import hashlib
import io
import os
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from experiment_texts import CAESIUM, GERMANIUM, XENON, with_entry, without_entry

import cevnsjax as cj

HUGE = "9" * 5000


def quantity(value, unit):
    return f'{{ value = {value}, unit = "{unit}" }}'


NUMBERS = [
    (GERMANIUM, "target.mass", quantity(HUGE, "kg"), "expected a TOML file, found"),
    (GERMANIUM, "target.mass", quantity("0x" + "f" * 5000, "kg"), "target.mass: expected a finite number"),
    (GERMANIUM, "target.mass", quantity("1e308", "kg"), "target.mass: expected a magnitude from"),
    (GERMANIUM, "target.mass", quantity("1e-300", "kg"), "target.mass: expected a magnitude from"),
    (GERMANIUM, "target.mass", quantity("[" * 5000 + "1" + "]" * 5000, "kg"), "found: lists or tables nested too"),
    (GERMANIUM, "source.live_time", quantity("1e308", "day"), "source.live_time: expected a magnitude"),
    (GERMANIUM, "source.live_time", quantity("1e-18", "day"), "source.live_time: expected a magnitude"),
    (GERMANIUM, "source.flux", quantity("1e30", "1/cm^2/s"), "source: expected at most 1e+15 events"),
    (GERMANIUM, "backgrounds.flat.rate", quantity("1e14", "1/keV/kg/day"), "backgrounds.flat: expected at most 1e+15"),
    (GERMANIUM, "backgrounds.flat.width", quantity("1e308", "1"), "backgrounds.flat.width: expected a magnitude"),
    (GERMANIUM, "detector.resolution.noise", quantity("1e308", "keV"), "detector.resolution.noise: expected a magnitude"),
    (GERMANIUM, "binning.energy", quantity("[1, 1e308]", "keV"), "binning.energy[1]: expected a magnitude"),
    (CAESIUM, "source.distance", quantity("1e-18", "m"), "source.distance: expected a magnitude"),
    (CAESIUM, "detector.resolution.light_yield", quantity("1e308", "PE/keV"), "light_yield: expected a magnitude"),
    (CAESIUM, "binning.time", quantity("[0, 1, 2, 3, 1e308]", "us"), "binning.time[4]: expected a magnitude"),
    (CAESIUM, "signal.time.mean", quantity("1e308", "us"), "signal.time.mean: expected a magnitude"),
    (CAESIUM, "signal.time.mean", quantity("-1e308", "us"), "signal.time.mean: expected a magnitude"),
    (CAESIUM, "signal.time.width", quantity("1e308", "us"), "signal.time.width: expected a number up to 100"),
    (CAESIUM, "signal.time.width", quantity("5e3", "us"), "signal.time.width: expected a number up to 100"),
    (CAESIUM, "binning.parts", quantity("1e9", "1"), "binning.parts: expected a number up to 1000"),
    (CAESIUM, "detector.efficiency.coefficients", '{ value = [1.3, 1e308, 6, -0.3], unit = ["1", "1/PE", "PE", "1"] }', "coefficients[1]: expected a magnitude"),
    (CAESIUM, "backgrounds.steady.counts", quantity("[1e40, 1, 1, 1]", "counts"), "counts[0]: expected a magnitude"),
    (XENON, "backgrounds.flat.total", quantity("1e40", "counts"), "backgrounds.flat.total: expected a magnitude"),
    (XENON, "source.flux.nu_e", quantity("[0, 1e300, 0, 0]", "1/MeV/cm^2/s"), "source.flux.nu_e[1]: expected a magnitude"),
    (XENON, "source.flux.nu_e", quantity("[0, 1e29, 0, 0]", "1/MeV/cm^2/s"), "source: expected at most 1e+15 events"),
    (XENON, "binning.energy", quantity(f"[{', '.join(map(str, range(100_001)))}]", "keV"), "binning.energy: expected at most 20000 numbers"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "entry", "value", "words"), NUMBERS, ids=[f"{e}-{v[:20]}" for _, e, v, _ in NUMBERS])
def test_numbers_that_can_only_be_slips(refused, tmp_path, text, entry, value, words):
    (tmp_path / "experiment.toml").write_text(with_entry(text, entry, value))
    refused("predict", "experiment.toml", words=[words])


def test_a_formula_and_a_number_of_thousands_of_digits_in_any_place(refused, tmp_path):
    for line in (f"x = {HUGE}\n", f"x = -{HUGE}\n", f"[y]\nz = {{ value = [{HUGE}] }}\n", f"x = 1e{HUGE}\n"):
        (tmp_path / "experiment.toml").write_text(line + GERMANIUM if line[0] == "x" else GERMANIUM + line)
        refused("predict", "experiment.toml", words=["experiment.toml: "])


def test_bins_are_bounded_by_what_they_take(refused, tmp_path):
    """Bins × parts, bins of energy × time, and the response: bins × nodes."""
    path = tmp_path / "experiment.toml"
    edges = quantity([k * 0.002 for k in range(15_001)], "PE")
    text = without_entry(with_entry(CAESIUM, "backgrounds.steady.counts", "@"), "backgrounds.steady.counts")
    text = text.replace(
        "[backgrounds.steady]\n", '[backgrounds.steady]\ntotal = { value = 9, unit = "counts" }\nenergy = "flat"\n'
    )
    path.write_text(with_entry(with_entry(text, "binning.energy", edges), "binning.parts", quantity(1000, "1")))
    refused("predict", path.name, words=["binning: expected at most 50000 parts of energy bins, found 15000 × 1000"])
    path.write_text(
        with_entry(
            with_entry(text, "binning.energy", edges), "binning.time", quantity([k * 0.01 for k in range(601)], "us")
        )
    )
    refused("predict", path.name, words=["binning: expected at most 2000000 bins of all axes, found 15000 × 600"])
    path.write_text(with_entry(with_entry(text, "binning.energy", edges), "binning.parts", quantity(3, "1")))
    refused("predict", path.name, words=["binning: expected a response of at most", "15000 bins"])


# What is no file


def test_only_regular_files_of_some_size_are_read(refused, tmp_path):
    os.symlink("/dev/zero", tmp_path / "zero.toml")
    os.symlink("/dev/null", tmp_path / "null.toml")
    os.symlink("loop.toml", tmp_path / "loop.toml")
    os.mkfifo(tmp_path / "pipe.toml")
    (tmp_path / "folder.toml").mkdir()
    for name in ("zero", "null", "pipe"):
        refused("predict", f"{name}.toml", words=["expected a regular file, found a device, a pipe or a socket"])
    refused("predict", "folder.toml", words=["expected a readable file, found: Is a directory"])
    refused("predict", "loop.toml", words=["expected a readable file, found: Too many levels of symbolic links"])
    refused("predict", "none.toml", words=["expected a readable file, found: No such file or directory"])
    refused("predict", 300 * "a" + ".toml", words=["expected a readable file, found: File name too long"])
    with (tmp_path / "large.toml").open("wb") as file:
        file.truncate(2**34)
    refused("predict", "large.toml", words=["expected a file of at most 2.1 MB, found a larger one"])
    (tmp_path / "list.toml").write_text("a = [" + 20_000_000 * "1,")
    refused("predict", "list.toml", words=["expected a file of at most 2.1 MB"])


@pytest.mark.parametrize("content", ["a = " + 200_000 * "[", "a = " + 50_000 * "{ a = ", ".".join(3000 * "a") + " = 1", "[" + ".".join(3000 * "a") + "]", " . ".join(50_000 * ["'a'"]) + " = 1"])  # fmt: skip
def test_what_is_nested_deeply(refused, tmp_path, content):
    (tmp_path / "experiment.toml").write_text(content)
    refused("predict", "experiment.toml", words=["experiment.toml: "])
    (tmp_path / "experiment.toml").write_text(
        GERMANIUM.replace("[source]\n", f"[source]\n{content.replace('[a', 'x = 1 # [a')}\n", 1)
    )
    refused("predict", "experiment.toml", words=["experiment.toml: "])


# The data folder of CEVNSJAX_DATA


def shipped():
    """Return the data folder of the package."""
    package = Path(cj.__file__).parent
    return package / "data" if (package / "data").is_dir() else package.parent / "data"


@pytest.fixture
def data(tmp_path_factory, monkeypatch):
    """Return a function that puts a data folder in use, with another file and its digest: a new one each time."""

    def replace(name, content):
        root = tmp_path_factory.mktemp("data") / "data"
        shutil.copytree(shipped(), root, copy_function=os.symlink)
        monkeypatch.setenv("CEVNSJAX_DATA", str(root))
        sums = (root / "SHA256SUMS").read_text().splitlines()
        digest = hashlib.sha256(content).hexdigest()
        lines = [f"{digest}  {name}" if line.endswith(f"  {name}") else line for line in sums]
        for path, text in ((name, content), ("SHA256SUMS", "\n".join(lines).encode())):
            (root / path).unlink(missing_ok=True)
            (root / path).write_bytes(text)
        return root

    return replace


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"", b"no digests at all", b"\x00" * 1000])
def test_a_list_of_digests_that_is_none(refused, data, content):
    root = data("LICENSE", b"")
    (root / "SHA256SUMS").write_bytes(content)
    refused("predict", "csre-cs", words=["SHA256SUMS"])


def test_files_of_the_data_folder_are_regular(refused, data):
    root = data("LICENSE", b"")
    (root / "csre_cs/experiment.toml").unlink()
    os.symlink("/dev/zero", root / "csre_cs/experiment.toml")
    refused("predict", "csre-cs", words=["csre_cs/experiment.toml: expected a regular file"])
    root = data("LICENSE", b"")
    (root / "SHA256SUMS").unlink()
    os.symlink("/dev/zero", root / "SHA256SUMS")
    refused("predict", "csre-cs", words=["SHA256SUMS: expected a regular file"])


def npy(shape, kind="<f8", data=b""):
    """Return the bytes of an array whose header announces a shape and a type."""
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}"
    header = header.ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + data


def archive(members):
    """Return the bytes of an archive with these members."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as file:
        for name, value in members.items():
            file.writestr(name, value)
    return content.getvalue()


class Code:
    """What runs when it is unpickled."""

    def __reduce__(self):
        return (os.mkdir, ("run",))


def pickled():
    content = io.BytesIO()
    np.save(content, np.array([Code()], dtype=object), allow_pickle=True)
    return content.getvalue()


@pytest.fixture(scope="module")
def members():
    with zipfile.ZipFile(shipped() / "xenonnt_8b/templates.npz") as file:
        return {name: file.read(name) for name in file.namelist()}


def test_archives_are_read_as_they_are_described(refused, data, members):
    """Nothing is run, no member is read that is not described, no memory is taken for what a header announces."""
    first = sorted(members)[0]
    cases = {
        "members outside": (members | {"../outside.npy": npy((1,))}, "expected a file of arrays"),
        "members of absolute paths": (members | {"/tmp/outside.npy": npy((1,))}, "expected a file of arrays"),
        "objects": (members | {first: pickled()}, "expected"),
        "huge shape": (members | {first: npy((10**12,))}, "expected as many numbers as announced"),
        "huge shape of many axes": (members | {first: npy((10**9,) * 9)}, "expected as many numbers as announced"),
        "negative shape": (members | {first: npy((-1,))}, "expected a file of arrays"),
        "texts": (members | {first: npy((3, 46, 7, 7, 3, 3, 3, 3), "<U1000000")}, "expected numbers, found the type"),
        "no array": (members | {first: b"nothing"}, "expected a file of arrays"),
        "cut": (members | {first: members[first][:1000]}, "expected a file of arrays"),
        "header that is code": (members | {first: members[first].replace(b"'descr'", b"exit(5)", 1)}, "expected a file of arrays"),
        "bomb": (members | {first: members[first] + bytes(2**28)}, "expected arrays of at most 67108864 B, found"),
    }  # fmt: skip
    data("xenonnt_8b/templates.npz", archive({k: v for k, v in members.items() if k != first}))
    refused("predict", "xenonnt-8b", words=["expected one of signal, neutron, electron_recoil, found 'accidental'"])
    for what, (content, words) in cases.items():
        data("xenonnt_8b/templates.npz", archive(content))
        err = refused("predict", "xenonnt-8b", words=["templates.npz", words])
        assert "allow_pickle" not in err, what
        assert "trust" not in err, what
    for content in (pickled(), b"", b"PK\x05\x06" + bytes(18), archive(members)[:-3000]):
        data("xenonnt_8b/templates.npz", content)
        err = refused("predict", "xenonnt-8b", words=["templates.npz"])
        assert "allow_pickle" not in err
    whole = archive(members)
    for place in range(40, len(whole), len(whole) // 5):
        data("xenonnt_8b/templates.npz", whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        refused("predict", "xenonnt-8b", words=["templates.npz"])


def test_an_unfinished_run_that_announces_more_than_it_holds(refused, tmp_path):
    """No memory is taken for it, and nothing of it is run."""
    for content in (archive({"fingerprint.npy": npy((10**12,))}), pickled(), b"PK\x03\x04" + bytes(99), b""):
        (tmp_path / "p.nc.unfinished").write_bytes(content)
        err = refused("sample", "csre-cs", "--free", "r_n_cs", "--out", "p.nc", words=["is no unfinished run of this"])
        assert "allow_pickle" not in err
