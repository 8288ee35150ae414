"""The data loader: what is shipped is consistent, and each kind of damage is named."""

import hashlib
import shutil

import numpy as np
import pytest

import cevnsjax as cj
from cevnsjax._base.data_files import DataFile, data_root

TOML = "coherent_csi_2021/measurement.toml"


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """A copy of the data folder, in use; returns a function that changes a file and, unless told not to, its digest."""
    root = tmp_path / "data"
    shutil.copytree(data_root(), root)
    monkeypatch.setenv("CEVNSJAX_DATA", str(root))

    def change(name, old, new, sign=True):
        path = root / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))
        if sign:
            sums = (root / "SHA256SUMS").read_text().splitlines()
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            lines = [f"{digest}  {name}" if line.endswith(f"  {name}") else line for line in sums]
            (root / "SHA256SUMS").write_text("\n".join(lines) + "\n")

    return change


def test_checksums_cover_exactly_the_files():
    root = data_root()
    listed = {line.partition("  ")[2] for line in (root / "SHA256SUMS").read_text().splitlines()}
    present = {str(path.relative_to(root)) for path in root.rglob("*") if path.suffix in (".toml", ".csv", ".npz")}
    assert listed == present


def test_event_totals_of_the_release(csi):
    # arXiv:2110.07730 ancillary files: 1578 coincidence, 1295 anti-coincidence events below 60 PE and 6 us; row and
    # column sums counted from the released list with another program.
    assert csi.observed.sum() == 1578
    assert csi.observed.sum(axis=1).tolist() == [11, 147, 224, 177, 144, 237, 210, 231, 197]
    assert csi.observed.sum(axis=0).tolist() == [34, 31, 42, 42, 52, 58, 56, 41, 314, 491, 417]
    steady = csi.backgrounds[2]
    assert steady.energy.tolist() == [4, 98, 144, 123, 105, 202, 182, 216, 221]


def test_other_bins_hold_the_same_events_and_signal(csi):
    energy, time = [0, 12, 24, 60], [0, 1, 6]
    coarse = cj.measurements.coherent_csi_2021(energy_edges=energy, time_edges=time)
    assert coarse.observed.tolist() == [
        [csi.observed[a:b, c:d].sum() for c, d in ((0, 8), (8, 11))] for a, b in ((0, 2), (2, 5), (5, 9))
    ]
    one, other = (cj.Likelihood([m]).predict()[0].counts for m in (csi, coarse))
    for component in one:
        assert other[component].sum() == pytest.approx(one[component].sum(), rel=1e-8)
        assert other[component][1, 0] == pytest.approx(one[component][2:5, :8].sum(), rel=1e-7)


@pytest.mark.parametrize("edges", [[0, 70], [10], [20, 10], [-1, 10]])
def test_bins_outside_the_data_are_refused(edges):
    with pytest.raises(cj.InputError, match="energy_edges: expected increasing edges from 0 to 60 PE, found"):
        cj.measurements.coherent_csi_2021(energy_edges=edges)


def test_background_totals_are_the_published_ones(csi):
    # PRL 129, 081801: 18.4 beam-related and 5.6 neutrino-induced neutrons, before the time efficiency.
    params = {name: np.float64(p.default) for name, p in cj.Likelihood([csi]).parameters.items()}
    params["time_efficiency_rate"] = np.float64(0.0)
    brn, nin, _ = csi.backgrounds
    assert brn(params).sum() == pytest.approx(18.4, abs=0.06)
    assert nin(params).sum() == pytest.approx(5.6, abs=0.05)


DAMAGE = [
    ("missing key", TOML, 'mass = { value = 14.6, unit = "kg", source = "paper" }', "", "detector.mass: expected a table, found no such key"),
    ("missing source", TOML, 'unit = "kg", source = "paper"', 'unit = "kg"', "detector.mass.source: expected value, unit and source"),
    ("unknown source", TOML, 'unit = "kg", source = "paper"', 'unit = "kg", source = "folklore"', "detector.mass.source: expected a key of [sources], found 'folklore'"),
    ("unknown unit", TOML, 'unit = "kg"', 'unit = "stone"', "detector.mass.unit: expected a known unit"),
    ("wrong unit", TOML, 'unit = "kg"', 'unit = "m"', "detector.mass.unit: expected 'kg', found 'm'"),
    ("not a number", TOML, "value = 14.6", "value = nan", "detector.mass: expected a finite number, found nan"),
    ("text for a number", TOML, "value = 14.6", 'value = "heavy"', "detector.mass: expected a finite number, found 'heavy'"),
    ("wrong length", TOML, "[1.32045, 0.285979, 10.8646, -0.333322]", "[1.32045, 0.285979, 10.8646]", "efficiency.coefficients: expected 4 numbers, found 3"),
    ("edges not increasing", TOML, "value = [0, 8, 12,", "value = [0, 12, 8,", "binning.energy: expected at least two increasing edges"),
    ("broken TOML", TOML, "[beam]", "[beam", "expected a TOML file"),
    ("negative count", "coherent_csi_2021/counts_coincidence.csv", "8,12,4,", "8,12,-4,", "row 2, t_0_0.125 [counts]: expected a non-negative number, found '-4'"),
    ("NaN in a table", "coherent_csi_2021/events_coincidence.csv", "41.4301,0", "nan,0", "row 1, recoil_energy [PE]: expected a finite number, found 'nan'"),
    ("text in a table", "coherent_csi_2021/events_coincidence.csv", "41.4301,0", "many,0", "expected a number, found 'many'"),
    ("missing column", "coherent_csi_2021/events_coincidence.csv", "41.4301,0", "41.4301", "row 1: expected 2 columns, found 1"),
    ("wrong number of rows", "coherent_csi_2021/events_coincidence.csv", "41.4301,0\n", "", "expected 1578 rows, found 1577"),
    ("wrong header", "coherent_csi_2021/events_coincidence.csv", "recoil_energy [PE]", "energy [PE]", "header: expected"),
    ("counts that are not the events", "coherent_csi_2021/counts_coincidence.csv", "8,12,4,", "8,12,5,", "found other counts"),
    ("uneven arrival times", "coherent_csi_2021/arrival_times.csv", "14.99,15.00,", "14.99,15.50,", "expected evenly spaced edges"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "old", "new", "message"), [d[1:] for d in DAMAGE], ids=[d[0] for d in DAMAGE])
def test_damage_is_named(copy, name, old, new, message):
    copy(name, old, new)
    with pytest.raises(cj.InputError) as error:
        cj.measurements.coherent_csi_2021()
    assert message in str(error.value)
    if "arrival times" not in str(error.value):
        assert str(data_root() / name) in str(error.value)


def test_an_altered_file_is_refused(copy):
    copy(TOML, "value = 14.6", "value = 14.7", sign=False)
    with pytest.raises(cj.DataError, match=r"measurement\.toml: the file was altered: expected sha256"):
        cj.measurements.coherent_csi_2021()


def test_a_missing_file_is_named(copy):
    (data_root() / "coherent_csi_2021" / "brn_time.csv").unlink()
    with pytest.raises(cj.DataError, match=r"brn_time\.csv: expected a readable file, found: No such file"):
        cj.measurements.coherent_csi_2021()


def test_a_file_without_a_digest_is_refused(copy):
    sums = data_root() / "SHA256SUMS"
    sums.write_text("".join(line for line in sums.read_text().splitlines(True) if "measurement.toml" not in line))
    with pytest.raises(cj.DataError, match="expected an entry in"):
        cj.measurements.coherent_csi_2021()


ARRAY_DAMAGE = [
    ("unknown source", "source = \"release\"\nsignal", "source = \"folklore\"\nsignal", "arrays.templates.source: expected a key of [sources]"),
    ("wrong shape", "shape = [3, 46, 7, 7, 3, 3, 3, 3]", "shape = [3, 45, 7, 7, 3, 3, 3, 3]", "signal: expected the shape (3, 45, 7, 7, 3, 3, 3, 3), found (3, 46, 7, 7, 3, 3, 3, 3)"),
    ("unknown unit", 'unit = "fraction" }', 'unit = "stone" }', "arrays.templates.signal.unit: expected a known unit"),
    ("another name", "electron_recoil = { shape", "electron = { shape", "expected the arrays"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "message"), [d[1:] for d in ARRAY_DAMAGE], ids=[d[0] for d in ARRAY_DAMAGE])
def test_damage_to_arrays_is_named(copy, old, new, message):
    copy("xenonnt_8b/measurement.toml", old, new)
    with pytest.raises(cj.DataError) as error:
        cj.measurements.xenonnt_8b()
    assert message in str(error.value)


def write_arrays(**arrays):
    """Put other arrays in place of the templates of XENONnT, with their digest."""
    path, sums = data_root() / "xenonnt_8b/templates.npz", data_root() / "SHA256SUMS"
    np.savez_compressed(path, **arrays)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    lines = [
        f"{digest}  xenonnt_8b/templates.npz" if "templates.npz" in x else x for x in sums.read_text().splitlines()
    ]
    sums.write_text("\n".join(lines) + "\n")


@pytest.mark.parametrize("value", [np.nan, -1.0])
def test_bad_numbers_in_arrays_are_named(copy, value):
    with np.load(data_root() / "xenonnt_8b/templates.npz") as stored:
        arrays = {name: stored[name] for name in stored.files}
    arrays["neutron"][0] = value
    write_arrays(**arrays)
    with pytest.raises(cj.DataError, match=r"templates\.npz: neutron: expected finite numbers that are not negative"):
        cj.measurements.xenonnt_8b()


def test_a_file_that_holds_no_arrays_is_named(copy):
    path, sums = data_root() / "xenonnt_8b/templates.npz", data_root() / "SHA256SUMS"
    path.write_bytes(b"nothing")
    digest = hashlib.sha256(b"nothing").hexdigest()
    lines = [
        f"{digest}  xenonnt_8b/templates.npz" if "templates.npz" in x else x for x in sums.read_text().splitlines()
    ]
    sums.write_text("\n".join(lines) + "\n")
    with pytest.raises(cj.DataError, match=r"templates\.npz: expected a file of arrays, found"):
        cj.measurements.xenonnt_8b()


def test_plain_values_have_their_type():
    data = DataFile(TOML)
    assert data.get("name", str) == "coherent-csi-2021"
    with pytest.raises(cj.DataError, match="name: expected a whole number, found 'coherent-csi-2021'"):
        data.get("name", int)


def test_unknown_nuclide():
    from cevnsjax.nuclei.nuclide import nuclide

    with pytest.raises(cj.InputError, match=r"unknown nuclide '133Ce' \(did you mean '133Cs'\?\)"):
        nuclide("133Ce")
