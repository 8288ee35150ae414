"""The data loader: what is shipped is consistent, and each kind of damage is named."""

import csv
import hashlib
import itertools
import shutil
import tomllib

import numpy as np
import pytest

import cevnsjax as cj
from cevnsjax._base.data_files import DataFile, data_root

TOML = "coherent_csi_2021/experiment.toml"
DOCUMENTS = sorted(str(path.relative_to(data_root())) for path in data_root().rglob("*.toml"))


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
    assert steady({}).sum(axis=1) == pytest.approx([4, 98, 144, 123, 105, 202, 182, 216, 221], rel=1e-12)


@pytest.mark.parametrize(("gate", "events"), [("coincidence", 1578), ("anticoincidence", 1295)])
def test_the_released_counts_are_the_events(gate, events):
    """The events counted once more, one by one, in the bins of the document, are the table of counts beside them."""
    folder = data_root() / "coherent_csi_2021"
    binning = tomllib.loads((folder / "experiment.toml").read_text())["binning"]
    energies, times = (binning[axis]["value"] for axis in ("energy", "time"))
    counts = np.zeros((len(energies) - 1, len(times) - 1))
    for energy, time in numbers(folder / f"events_{gate}.csv"):
        counts[sum(energy >= edge for edge in energies) - 1, sum(time >= edge for edge in times) - 1] += 1
    released = numbers(folder / f"counts_{gate}.csv")
    assert released[:, :2].tolist() == [list(edges) for edges in itertools.pairwise(energies)]
    assert np.array_equal(counts, released[:, 2:])
    assert counts.sum() == events


def numbers(path):
    """Return the numbers of a table, (row, column), read without the package."""
    return np.array(list(csv.reader(path.read_text().splitlines()))[1:], float)


DEFINITIONS = {
    # two windows, with beam and without: the signal is in the first
    "coherent_ge_mini_2024/experiment.toml": "binning.window signal.window.share backgrounds.brn.window.share",
    # photo-electrons are counted, one for each
    "coherent_csi_2017/experiment.toml": "variants.energy-time.detector.electrons",
    # no threshold and no noise; steps of the integration, as fine as the released efficiency
    "coherent_lar_2020/experiment.toml": "detector.efficiency.threshold binning.parts "
    "variants.2d.detector.resolution.noise variants.2d-flavours.detector.resolution.noise "
    "variants.3d.detector.resolution.noise variants.3d-flavours.detector.resolution.noise",
    # rates per day
    "dresden_ii_2022/experiment.toml": "source.live_time",
    "dresden_ii_2022/off.toml": "source.live_time",
    # exposures are those of the samples or of the runs, relative to 1 t·y; 5 keV is above all recoils of 8B on xenon
    "lz_8b/experiment.toml": "target.exposure",
    "pandax4t_8b/experiment.toml": "target.exposure detector.samples.paired.highest detector.samples.us2.highest",
    "xenonnt_8b/experiment.toml": "target.exposure backgrounds.ac_sr0.run backgrounds.ac_sr1.run backgrounds.ac_sr2.run",
    # no noise, no threshold
    "lz_er/experiment.toml": "detector.resolution.noise",
    "xenonnt_er/experiment.toml": "detector.resolution.noise detector.efficiency.threshold",
}
"""Numbers of the shipped documents that need no source, as they are no results but say what is meant."""


def parts(value, key=""):
    """Yield the tables of a document that are numbers, or name a file with numbers, by their dotted key."""
    inside = value.items() if isinstance(value, dict) else enumerate(value)
    for name, part in inside:
        at = f"{key}.{name}".strip(".") if isinstance(value, dict) else f"{key}[{name}]"
        numbers = isinstance(part, dict) and "unit" in part and bool({"value", "bins"} & set(part))
        if numbers or (isinstance(part, dict) and isinstance(part.get("table", part.get("array")), str)):
            yield at, part
        elif isinstance(part, dict | list):
            yield from parts(part, at)


def without_source(name):
    """Return the keys of the numbers of a document, the files that it reads and those it describes, without a source."""
    document = tomllib.loads((data_root() / name).read_text())
    sources, missing = document.pop("sources", {}), []
    described = {f"{key}.{end}": value for table, end in (("tables", "csv"), ("arrays", "npz"))
                 for key, value in document.pop(table, {}).items()}  # fmt: skip
    missing += [file for file, entry in described.items() if entry.get("source") not in sources]
    for key, entry in parts(document):
        file = entry.get("table", entry.get("array"))
        described_by = described.get(file, {}).get("source") if file else None
        if entry.get("source", described_by) not in sources:
            missing.append(key)
    return missing


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_number_has_a_source(name):
    """Each names a key of [sources], or is a definition; each file is described, with the key of its source."""
    assert sorted(without_source(name)) == sorted(DEFINITIONS.get(name, "").split())


XENONNT = "xenonnt_8b/experiment.toml"


@pytest.mark.parametrize(
    ("name", "old", "new", "key"),
    [
        (TOML, 'unit = "kg", source = "paper"', 'unit = "kg"', "target.mass"),
        (TOML, 'unit = "kg", source = "paper"', 'unit = "kg", source = "folklore"', "target.mass"),
        (TOML, 'source = "release"\ncolumns', 'source = "folklore"\ncolumns', "events_coincidence.csv"),
        (TOML, "[tables.brn_time]", "[tables.brn_tome]", "backgrounds.brn.time.low"),
        (XENONNT, 'source = "release"\nsignal', 'source = "folklore"\nsignal', "templates.npz"),
        (XENONNT, '"fraction", source = "release"', '"fraction", source = "folklore"', "detector.templates"),
    ],
)
def test_a_number_without_source_is_found(copy, name, old, new, key):
    copy(name, old, new)
    assert key in set(without_source(name)) - set(DEFINITIONS.get(name, "").split())


@pytest.mark.parametrize("name", [name for name in DOCUMENTS if name.endswith(("experiment.toml", "off.toml"))])
def test_files_are_what_the_document_says(name):
    """Columns, rows, arrays and their shapes of every described file, each of which is there, and no other is."""
    path = data_root() / name
    document = tomllib.loads(path.read_text())
    tables, arrays = document.get("tables", {}), document.get("arrays", {})
    assert {file.name for file in path.parent.glob("*.csv")} == {f"{key}.csv" for key in tables}
    assert {file.name for file in path.parent.glob("*.npz")} == {f"{key}.npz" for key in arrays}
    for key, entry in tables.items():
        header, *rows = csv.reader((path.parent / f"{key}.csv").read_text().splitlines())
        assert (header, len(rows)) == (entry["columns"], entry["rows"])
    for key, entry in arrays.items():
        described = {part: value["shape"] for part, value in entry.items() if isinstance(value, dict)}
        with np.load(path.parent / f"{key}.npz") as stored:
            assert {part: list(stored[part].shape) for part in stored.files} == described


def test_other_bins_hold_the_same_events_and_signal(csi):
    energy, time = [0, 12, 24, 60], [0, 1, 6]
    coarse = cj.measurements.coherent_csi_2021(binning={"energy": energy, "time": time})
    assert coarse.observed.tolist() == [
        [csi.observed[a:b, c:d].sum() for c, d in ((0, 8), (8, 11))] for a, b in ((0, 2), (2, 5), (5, 9))
    ]
    one, other = (cj.Likelihood([m]).predict()[0].counts for m in (csi, coarse))
    for component in one:
        assert other[component].sum() == pytest.approx(one[component].sum(), rel=1e-8)
        assert other[component][1, 0] == pytest.approx(one[component][2:5, :8].sum(), rel=1e-7)


@pytest.mark.parametrize("edges", [[0, 70], [10], [20, 10], [-1, 10]])
def test_bins_outside_the_data_are_refused(edges):
    with pytest.raises(cj.InputError, match="binning: energy: expected increasing edges from 0 to 60 PE, found"):
        cj.measurements.coherent_csi_2021(binning={"energy": edges})


def test_background_totals_are_the_published_ones(csi):
    # PRL 129, 081801: 18.4 beam-related and 5.6 neutrino-induced neutrons, before the time efficiency.
    params = {name: np.float64(p.default) for name, p in cj.Likelihood([csi]).parameters.items()}
    params["time_efficiency_rate"] = np.float64(0.0)
    brn, nin, _ = csi.backgrounds
    assert brn(params).sum() == pytest.approx(18.4, abs=0.06)
    assert nin(params).sum() == pytest.approx(5.6, abs=0.05)


MASS = 'mass = { value = 14.6, unit = "kg", source = "paper" }'
EVENTS = "coherent_csi_2021/events_coincidence.csv"
DAMAGE = [
    ("missing key", TOML, MASS, "", "target.mass: expected { value = a number, unit = 'kg' }, or an exposure, found no such entry"),
    ("unknown key", TOML, "[target]", "[target]\nmess = 1", "target.mess: expected entries that are used, found one that is not"),
    ("unknown source", TOML, 'unit = "kg", source = "paper"', 'unit = "kg", source = "folklore"', "target.mass.source: expected a key of [sources], found 'folklore'"),
    ("unknown unit", TOML, 'unit = "kg"', 'unit = "stone"', "target.mass.unit: expected 'kg', found 'stone'"),
    ("wrong unit", TOML, 'unit = "kg"', 'unit = "m"', "target.mass.unit: expected 'kg', found 'm'"),
    ("not a number", TOML, "value = 14.6", "value = nan", "target.mass: expected a finite number, found nan"),
    ("text for a number", TOML, "value = 14.6", 'value = "heavy"', "target.mass: expected a finite number, found 'heavy'"),
    ("wrong length", TOML, "[1.32045, 0.285979, 10.8646, -0.333322]", "[1.32045, 0.285979, 10.8646]", "detector.efficiency.coefficients: expected 4 numbers, found 3"),
    ("edges not increasing", TOML, "value = [0, 8, 12,", "value = [0, 12, 8,", "binning.energy: expected at least two increasing edges"),
    ("broken TOML", TOML, "[source]", "[source", "expected a TOML file"),
    ("negative weight", "coherent_csi_2021/brn_energy.csv", "\n8,9,", "\n8,9,-", "backgrounds.brn.energy.content[8]: expected a number that is not negative, found -"),
    ("NaN in a table", EVENTS, "41.4301,0", "nan,0", "row 1: recoil_energy: expected a finite number, found 'nan'"),
    ("text in a table", EVENTS, "41.4301,0", "many,0", "row 1: recoil_energy: expected a number, found 'many'"),
    ("missing column", EVENTS, "41.4301,0", "41.4301", "row 1: expected 2 columns, found 1"),
    ("wrong number of rows", EVENTS, "41.4301,0\n", "", "tables.events_coincidence.rows: expected 1577 as in events_coincidence.csv, found 1578"),
    ("wrong header", EVENTS, "recoil_energy [PE]", "energy [PE]", "tables.events_coincidence.columns: expected ['energy [PE]'"),
    ("unknown unit of a column", EVENTS, "recoil_energy [PE]", "recoil_energy [stone]", "recoil_energy: expected a known unit, found 'stone'"),
    ("uneven arrival times", "coherent_csi_2021/arrival_times.csv", "14.99,15.00,", "14.99,15.50,", "arrival times: expected evenly spaced edges"),
    ("negative count", "coherent_ge_mini_2024/counts_beam_on.csv", "3.5,5.5,3,", "3.5,5.5,-3,", "data.counts: expected counts that are not negative, or errors beside them, found -3"),
]  # fmt: skip


def at_fault(name, message):
    """Return the file that an error names: the table where it is damaged in itself, otherwise the document."""
    inside = ": row " in message or "known unit" in message
    return name if inside or name.endswith(".toml") else f"{name.partition('/')[0]}/experiment.toml"


@pytest.mark.parametrize(("name", "old", "new", "message"), [d[1:] for d in DAMAGE], ids=[d[0] for d in DAMAGE])
def test_damage_is_named(copy, name, old, new, message):
    copy(name, old, new)
    with pytest.raises(cj.DataError) as error:
        getattr(cj.measurements, name.partition("/")[0])()
    assert message in str(error.value)
    assert str(data_root() / at_fault(name, str(error.value))) in str(error.value)


def test_an_altered_file_is_refused(copy):
    copy(TOML, "value = 14.6", "value = 14.7", sign=False)
    with pytest.raises(cj.DataError, match=r"experiment\.toml: the file was altered: expected sha256"):
        cj.measurements.coherent_csi_2021()


def test_a_missing_file_is_named(copy):
    (data_root() / "coherent_csi_2021" / "brn_time.csv").unlink()
    with pytest.raises(cj.DataError, match=r"brn_time\.csv: expected a readable file, found: No such file"):
        cj.measurements.coherent_csi_2021()


def test_a_file_without_a_digest_is_refused(copy):
    sums = data_root() / "SHA256SUMS"
    sums.write_text(
        "".join(line for line in sums.read_text().splitlines(True) if "csi_2021/experiment.toml" not in line)
    )
    with pytest.raises(cj.DataError, match="expected an entry in"):
        cj.measurements.coherent_csi_2021()


ARRAY_DAMAGE = [
    ("wrong shape", "shape = [3, 46, 7, 7, 3, 3, 3, 3]", "shape = [3, 45, 7, 7, 3, 3, 3, 3]", "arrays.templates.signal: expected the shape (3, 46, 7, 7, 3, 3, 3, 3) and the unit of detector.templates, found"),
    ("unknown unit", '3], unit = "fraction" }', '3], unit = "stone" }', "arrays.templates.signal: expected the shape (3, 46, 7, 7, 3, 3, 3, 3) and the unit"),
    ("another name", 'name = "electron_recoil"', 'name = "electron"', "backgrounds.er.rates.name: expected one of signal, neutron, accidental, electron_recoil, found 'electron'"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "message"), [d[1:] for d in ARRAY_DAMAGE], ids=[d[0] for d in ARRAY_DAMAGE])
def test_damage_to_arrays_is_named(copy, old, new, message):
    copy("xenonnt_8b/experiment.toml", old, new)
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


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.nan, "templates.npz: neutron.npy: expected finite numbers, found others"),
        (-1.0, "backgrounds.neutron.rates[0][0][0][0][0][0][0]: expected a number that is not negative, found -1"),
    ],
)
def test_bad_numbers_in_arrays_are_named(copy, value, message):
    with np.load(data_root() / "xenonnt_8b/templates.npz") as stored:
        arrays = {name: stored[name] for name in stored.files}
    arrays["neutron"][0] = value
    write_arrays(**arrays)
    with pytest.raises(cj.DataError) as error:
        cj.measurements.xenonnt_8b()
    assert message in str(error.value)


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
