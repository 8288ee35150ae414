"""Scan stores that are damaged, made by a stranger, of absurd size, or of other axes; scans with nothing to profile."""

import contextlib
import csv
import errno
import hashlib
import json
import os
import pickle
import shutil
from pathlib import Path
from types import SimpleNamespace

import independent_reactor
import independent_weak_charges
import numpy as np
import pytest
import xarray

import cevnsjax as cj

GRID = (
    "apv-cs",
    "--constrain",
    "q_w_sm_cs=-73.23,0.1",
    "--grid",
    "r_n_cs=4:6:6",
    "--grid",
    "sin2_theta_w=0.22:0.25:10",
)


def files(store):
    return {str(f.relative_to(store)): f.read_bytes() for f in sorted(store.rglob("*")) if f.is_file()}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A complete scan of 6 × 10 points in 6 chunks, and the same one that was stopped after two of them."""
    folder = tmp_path_factory.mktemp("stores")
    likelihood = cj.Likelihood([cj.measurements.apv_cs()])
    grid = {"r_n_cs": "4:6:6", "sin2_theta_w": "0.22:0.25:10"}

    def stop(done, total):
        if done >= 20:
            raise KeyboardInterrupt

    constrain = {"q_w_sm_cs": (-73.23, 0.1)}
    likelihood.scan(grid, folder / "whole.zarr", chunk=10, constrain=constrain)
    with contextlib.suppress(KeyboardInterrupt):
        likelihood.scan(grid, folder / "stopped.zarr", progress=stop, chunk=10, constrain=constrain)
    return SimpleNamespace(whole=folder / "whole.zarr", stopped=folder / "stopped.zarr")


@pytest.fixture
def scan(made, command):
    """Return the function that runs the scan command of `made` on a store."""

    def run(store):
        return command("scan", *GRID, "--chunk", "10", "--out", store, "--json")

    return run


def flip(file):
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0x10
    file.write_bytes(content)


def cut(file):
    file.write_bytes(file.read_bytes()[:-1])


def lengthen(file):
    file.write_bytes(file.read_bytes() + b"\0" * 8)


def empty(file):
    file.write_bytes(b"")


def remove(file):
    shutil.rmtree(file) if file.is_dir() else file.unlink()


def link_to_itself(file):
    other = file.with_name("moved-elsewhere")
    file.rename(other)
    file.symlink_to(other)


def make_folder(file):
    file.unlink()
    file.mkdir()


def swap(file):
    """Put the chunk of another block in its place: right size, wrong numbers."""
    other = file.parent.parent / "5" / file.name
    file.write_bytes(other.read_bytes())


DAMAGE = {
    "chi2 flipped": ("chi2/c/1/0", flip),
    "chi2 removed": ("chi2/c/1/0", remove),
    "chi2 folder removed": ("chi2/c", remove),
    "chi2 cut": ("chi2/c/0/0", cut),
    "chi2 longer": ("chi2/c/0/0", lengthen),
    "chi2 empty": ("chi2/c/0/0", empty),
    "chi2 of another block": ("chi2/c/1/0", swap),
    "chi2 a link": ("chi2/c/1/0", link_to_itself),
    "chi2 a folder": ("chi2/c/1/0", make_folder),
    "digest a folder": ("chi2/sha256/1/0", make_folder),
    "axis a folder": ("r_n_cs/c/0", make_folder),
    "digest removed": ("chi2/sha256/1/0", remove),
    "digest flipped": ("chi2/sha256/1/0", flip),
    "flag flipped": ("converged/c/1/0", flip),
    "flag removed": ("converged/c/1/0", remove),
    "variable flipped": ("q_w_sm_cs/c/1/0", flip),
    "variable removed": ("q_w_sm_cs/c/1/0", remove),
    "axis flipped": ("r_n_cs/c/0", flip),
    "axis removed": ("r_n_cs", remove),
    "axis empty": ("sin2_theta_w/c/0", empty),
    "metadata removed": ("chi2/zarr.json", remove),
    "metadata empty": ("converged/zarr.json", empty),
    "metadata flipped": ("chi2/zarr.json", flip),
}


@pytest.mark.parametrize(("name", "harm"), DAMAGE.values(), ids=DAMAGE)
def test_damage_of_a_complete_store_is_found_and_mended(made, scan, command, tmp_path, name, harm):
    store = tmp_path / "s.zarr"
    shutil.copytree(made.whole, store)
    harm(store / name)
    code, out, err = command("contour", store, "--json")
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert "is damaged" in err
    assert name.removesuffix("/c") in err or harm is flip
    with pytest.raises(cj.InputError, match="is damaged"):
        cj.open_scan(store)
    code, out, err = scan(store)
    assert code == 0
    assert "was damaged and is whole again" in err
    assert len(json.loads(out)["repaired"]) >= 1
    remains = {k: v for k, v in files(store).items() if "moved-elsewhere" not in k}
    assert remains == files(made.whole)
    code, out, err = scan(store)
    assert json.loads(out)["repaired"] == []
    assert "damaged" not in err


@pytest.mark.parametrize(
    ("name", "harm"),
    [
        ("chi2/c/0/0", flip), ("chi2/c/1/0", empty), ("converged/c/0/0", remove), ("converged/c/0/0", flip),
        ("chi2/sha256/0/0", remove), ("r_n_cs/c/0", flip), ("sin2_theta_w", remove), ("chi2/zarr.json", remove),
    ],
)  # fmt: skip
def test_damage_of_an_unfinished_store_is_mended(made, scan, command, tmp_path, name, harm):
    store = tmp_path / "s.zarr"
    shutil.copytree(made.stopped, store)
    assert not files(store).keys() >= files(made.whole).keys()
    harm(store / name)
    assert command("contour", store)[0] == 2
    code, out, err = scan(store)
    assert code == 0
    assert "whole again" in err
    assert json.loads(out)["repaired"]
    assert files(store) == files(made.whole)


def test_an_unfinished_store_goes_on_without_a_word(made, scan, tmp_path):
    store = tmp_path / "s.zarr"
    shutil.copytree(made.stopped, store)
    (store / "chi2" / "c" / "1" / "0").unlink(missing_ok=True)  # the block that was at work: nothing is wrong
    code, out, err = scan(store)
    assert code == 0
    assert json.loads(out)["repaired"] == []
    assert "damaged" not in err
    assert files(store) == files(made.whole)


def rewritten(store, change, seal=False):
    """Change the attributes of a store; with `seal`, as one would who knows how they are sealed."""
    place = store / "zarr.json"
    content = json.loads(place.read_text())
    change(content["attributes"])
    if seal:
        others = {k: v for k, v in content["attributes"].items() if k != "sha256"}
        content["attributes"]["sha256"] = hashlib.sha256(json.dumps(others, sort_keys=True).encode()).hexdigest()
    place.write_text(json.dumps(content, indent=2))


MOVED = {"chi2_min moved": lambda a: a.update(chi2_min=a["chi2_min"] + 1.0)}
CHANGES = {
    "chi2_min a text": lambda a: a.update(chi2_min="low"),
    "chi2_min removed": lambda a: a.pop("chi2_min"),
    "no best": lambda a: a.update(best=None),
    "no settings": lambda a: a.pop("settings"),
    "settings a list": lambda a: a.update(settings=[1, 2]),
    "grid a text": lambda a: a["settings"].update(grid="all"),
    "no grid": lambda a: a["settings"].update(grid={}),
    "no axes": lambda a: a.pop("axes"),
    "axes of numbers": lambda a: a.update(axes=dict.fromkeys(a["axes"], 3)),
    "values of a million axes": lambda a: a["settings"]["grid"]["r_n_cs"].update(values=10**30),
    "values negative": lambda a: a["settings"]["grid"]["r_n_cs"].update(values=-6),
    "chunk of nothing": lambda a: a["settings"].update(chunk=[0, 10]),
    "chunk of one axis": lambda a: a["settings"].update(chunk=[10]),
    "free is a number": lambda a: a["settings"].update(free=[5]),
    "free is no list": lambda a: a["settings"].update(free=5),
    "no free": lambda a: a["settings"].pop("free"),
    "nuisances are null": lambda a: a["settings"].update(nuisances=None),
    "the grid is a number": lambda a: a["settings"].update(grid=5),
    "a name leads out": lambda a: a["settings"].update(free=["../../secret"]),
    "a name is a variable": lambda a: a["settings"].update(free=["chi2"]),
    "measurements a number": lambda a: a["settings"].update(measurements=7),
    "no chunk": lambda a: a["settings"].pop("chunk"),
    "no version": lambda a: a.pop("version"),
}


@pytest.mark.parametrize("seal", [False, True], ids=["by accident", "on purpose"])
@pytest.mark.parametrize("name", CHANGES)
def test_altered_attributes_are_one_line(made, command, tmp_path, name, seal):
    store = tmp_path / "s.zarr"
    shutil.copytree(made.whole, store)
    rewritten(store, CHANGES[name], seal)
    code, out, err = command("contour", store)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert "is damaged: " in err
    assert "zarr.json" in err


def test_altered_attributes_are_written_again(made, scan, command, tmp_path):
    store = tmp_path / "s.zarr"
    shutil.copytree(made.whole, store)
    rewritten(store, MOVED["chi2_min moved"])
    code, _, err = command("contour", store)
    assert code == 2
    assert "zarr.json was altered" in err
    for change in (MOVED["chi2_min moved"], CHANGES["no best"], CHANGES["no axes"]):
        shutil.rmtree(store, ignore_errors=True)
        shutil.copytree(made.whole, store)
        rewritten(store, change)
        code, _, err = scan(store)
        assert code == 0
        assert "zarr.json was altered" in err
        assert files(store) == files(made.whole)
    rewritten(store, CHANGES["no settings"])
    before = files(store)
    code, _, err = scan(store)
    assert code == 2
    assert "holds another scan" in err
    assert "its zarr.json was altered" in err
    assert files(store) == before


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\0", b"[]", b"3", b'{"attributes": 5}', b"[" * 10**6, b'{"a":'])
def test_other_metadata_are_no_scan(made, command, tmp_path, content):
    store = tmp_path / "s.zarr"
    shutil.copytree(made.whole, store)
    (store / "zarr.json").write_bytes(content)
    code, out, err = command("contour", store)
    assert (code, out) == (2, "")
    assert "is not a scan of this program" in err
    assert err.count("\n") == 1


def test_sizes_are_known_before_anything_is_read(made, command, tmp_path):
    """Files without end or of a terabyte (a hole that takes no room) in every place."""
    for name in ("zarr.json", "chi2/zarr.json", "chi2/c/0/0", "chi2/sha256/0/0", "r_n_cs/c/0"):
        store = tmp_path / "s.zarr"
        shutil.rmtree(store, ignore_errors=True)
        shutil.copytree(made.whole, store)
        os.truncate(store / name, 2**40)
        code, _, err = command("contour", store)
        assert code == 2
        assert err.count("\n") == 1
        (store / name).unlink()
        os.mkfifo(store / name)  # a pipe that nobody writes to would wait for ever
        assert command("contour", store)[0] == 2
        (store / name).unlink()
        (store / name).symlink_to("/dev/zero")
        assert command("contour", store)[0] == 2


def test_no_path_leads_out_of_a_store(made, scan, command, tmp_path):
    store, outside = tmp_path / "s.zarr", tmp_path / "outside"
    shutil.copytree(made.whole, store)
    shutil.move(store / "chi2", outside)
    (store / "chi2").symlink_to(outside)
    before = files(outside)
    code, _, err = command("contour", store)
    assert code == 2
    assert "leads out of the store" in err
    flip(outside / "c" / "0" / "0")
    before = files(outside)
    code, _, err = scan(store)
    assert code == 2
    assert "leads out of the store" in err
    assert files(outside) == before


@pytest.mark.parametrize("name", [".s.zarr.lock", ".s.zarr.partial", ".s.zarr.replaced"])
def test_links_beside_a_store_are_not_followed(command, tmp_path, name):
    precious, folder = tmp_path / "precious", tmp_path / "folder"
    precious.write_text("years of work")
    folder.mkdir()
    (folder / "thesis.tex").write_text("more years")
    for target in (precious, folder):
        (tmp_path / name).symlink_to(target)
        command("scan", "csre-cs", "--grid", "r_n_cs=4:6:5", "--out", "s.zarr")
        (tmp_path / name).unlink(missing_ok=True)
        assert precious.read_text() == "years of work"
        assert files(folder) == {"thesis.tex": b"more years"}
        assert not (tmp_path / "s.zarr").is_symlink()
        shutil.rmtree(tmp_path / "s.zarr", ignore_errors=True)


def test_what_else_lies_in_a_store_is_not_looked_at(made, command, tmp_path, recwarn):
    store = tmp_path / "s.zarr"
    shutil.copytree(made.whole, store)
    whole = cj.open_scan(made.whole)
    (store / "notes.txt").write_text("of mine")
    (store / "evil").mkdir()
    metadata = json.loads((store / "chi2" / "zarr.json").read_text())
    metadata["shape"], metadata["dimension_names"] = [2**40], ["evil"]
    metadata["codecs"] = [{"name": "numcodecs.pickle"}]
    (store / "evil" / "zarr.json").write_text(json.dumps(metadata))
    opened = cj.open_scan(store)
    assert set(opened.dataset.variables) == set(whole.dataset.variables)
    np.testing.assert_array_equal(opened.chi2, whole.chi2)
    code, out, err = command("contour", store, "--json")
    assert (code, err) == (0, "")
    assert json.loads(out)["contours"]
    assert not recwarn.list


def test_a_scan_opened_is_a_dataset_like_any_other(made):
    scan = cj.open_scan(made.whole)
    copy = pickle.loads(pickle.dumps(scan))
    xarray.testing.assert_identical(copy.dataset, scan.dataset)
    part = scan.dataset.isel(sin2_theta_w=slice(2, 5), r_n_cs=[1, 3])
    np.testing.assert_array_equal(part["chi2"], scan.chi2[np.ix_([1, 3], [2, 3, 4])])
    assert float(scan.dataset["chi2"].min()) == scan.chi2_grid_min


def test_xarray_opens_a_store(made):
    with xarray.open_dataset(made.whole, engine="zarr", consolidated=False) as opened:
        assert opened["chi2"].dims == ("r_n_cs", "sin2_theta_w")
        np.testing.assert_array_equal(opened["r_n_cs"], np.linspace(4.0, 6.0, 6))
        assert bool(opened["converged"].all())
        np.testing.assert_array_equal(opened["chi2"], cj.open_scan(made.whole).chi2)


# Sizes and names


BAD = {
    "10^12 points": (("--grid", "r_n_cs=3:6:1000000", "--grid", "sin2_theta_w=0.2:0.25:1000000"), "points at most"),
    "10^16 points": (("--grid", "r_n_cs=3:6:100000000", "--grid", "sin2_theta_w=0.2:0.25:100000000"), "1000000 values"),
    "10^7 chunks": (("--grid", "r_n_cs=3:6:1000000", "--grid", "sin2_theta_w=0.2:0.3:10", "--chunk", "1"), "chunks at"),
    "5000 digits": (("--grid", f"r_n_cs=3:6:{'9' * 5000}"), "r_n_cs: expected"),
    "equal by rounding": (("--grid", "r_n_cs=3:3.0000000000000004:100"), "expected values that differ"),
    "equal logarithms": (("--grid", "r_n_cs=3:3.000000000001:9:log"), "expected values that differ"),
    "300 letters": (("--grid", "r_n_cs=3:6:5", "--out", "s" * 300 + ".zarr"), "File name too long"),
    "a lock too long": (("--grid", "r_n_cs=3:6:5", "--out", "s" * 250), "too long"),
}


@pytest.mark.parametrize(("arguments", "words"), BAD.values(), ids=BAD)
def test_absurd_scans_are_refused_at_once(refused, arguments, words):
    out = () if "--out" in arguments else ("--out", "s.zarr")
    refused("scan", "apv-cs", *arguments, *out, words=(words,))


def test_absurd_axes_are_refused_in_python():
    likelihood = cj.Likelihood([cj.measurements.apv_cs()])
    with pytest.raises(cj.InputError, match="expected values that differ"):
        likelihood.scan({"r_n_cs": [3.0, np.nextafter(3.0, 4.0), 5.0]})
    with pytest.raises(cj.InputError, match="in memory"):
        likelihood.scan({"r_n_cs": "3:6:1000000", "sin2_theta_w": "0.2:0.25:101"})


def test_names_too_long_are_one_line(command):
    for arguments in (("contour", "s" * 300), ("contour", "/".join(["s" * 200] * 30))):
        code, _, err = command(*arguments)
        assert code == 2
        assert err.count("\n") == 1


# Nothing left to profile


def test_a_gaussian_measurement_alone(command, tmp_path):
    # Point neutrons: 4.86 ± 0.21 fm (arXiv:2403.03566). Physical and point radii differ by a constant in their squares,
    # the size of the nucleon.
    code, out, _ = command("scan", "csre-cs", "--grid", "r_n_cs=4:6:21", "--out", "s.zarr", "--json")
    assert code == 0
    found = json.loads(out)
    assert found["converged"] is True
    assert found["not_converged"] == 0
    with xarray.open_dataset(tmp_path / "s.zarr", engine="zarr", consolidated=False) as scan:
        r, chi2 = np.asarray(scan["r_n_cs"]), np.asarray(scan["chi2"])
    size = r[0] ** 2 - (4.86 - 0.21 * np.sqrt(chi2[0])) ** 2
    assert 0.5 < size < 0.9
    np.testing.assert_allclose(chi2, ((np.sqrt(r**2 - size) - 4.86) / 0.21) ** 2, rtol=1e-9, atol=1e-12)
    assert found["best"]["r_n_cs"] == pytest.approx(np.sqrt(4.86**2 + size), rel=1e-6)


def chi2_of_caesium(sin2):
    predicted, measured, error = independent_weak_charges.caesium("dzuba2012", "uniform", sin2)
    return ((predicted - measured) / error) ** 2


def chi2_of_lead(r_n):
    """The form factor of arXiv:2102.10767, 0.368 ± 0.013."""
    q = np.sqrt(0.00616) / independent_weak_charges.HBARC
    r_p = cj.Likelihood([cj.measurements.prex_ii()]).parameters["r_p_pb"].default
    return ((independent_weak_charges.weak_amplitude(q, 82, 126, r_p, r_n, 0.605) - 0.368) / 0.013) ** 2


def chi2_of_texono(sin2):
    """A limit of 4.7 times the expectation at 90 % (arXiv:2411.18812), Δχ² = 2.7055."""
    values = cj.Likelihood([cj.measurements.texono_2025()]).parameters.complete({"sin2_theta_w": sin2})
    return 2.7055 * (independent_reactor.counting("texono_2025", values) / 4.7) ** 2


@pytest.mark.parametrize(
    ("name", "grid", "chi2", "precision"),
    [
        ("apv-cs", {"sin2_theta_w": "0.22:0.25:5"}, chi2_of_caesium, 1e-5),
        ("prex-ii:alone", {"r_n_pb": "5:6:5"}, chi2_of_lead, 1e-5),
        ("texono-2025", {"sin2_theta_w": "0.1:0.9:5"}, chi2_of_texono, 3e-5),
    ],
)
def test_nothing_left_to_profile(command, tmp_path, name, grid, chi2, precision):
    """The scan holds what an integration of its own gives, whose error is `precision`, at every point."""
    ((axis, values),) = grid.items()
    code, _, err = command("scan", name, "--grid", f"{axis}={values}", "--out", "s.zarr", "--json")
    assert code == 0, err
    with xarray.open_dataset(tmp_path / "s.zarr", engine="zarr", consolidated=False) as scan:
        found, at = np.asarray(scan["chi2"]), np.asarray(scan[axis])
    np.testing.assert_allclose(found, [chi2(x) for x in at], rtol=precision, atol=1e-9)


def test_nuisances_that_are_fixed_leave_nothing_to_profile():
    likelihood = cj.Likelihood([cj.measurements.apv_cs()])
    grid = {"sin2_theta_w": "0.22:0.25:7"}
    profiled = likelihood.scan(grid, constrain={"q_w_sm_cs": (-73.23, 0.1)})
    fixed = likelihood.scan(grid, values={"q_w_sm_cs": -73.23})
    # The pull adds its width, which is constant, to the error in quadrature: a ratio that is the same at all points.
    ratio = fixed.chi2 / profiled.chi2
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-3)
    assert ratio[0] > 1.0
    assert fixed.not_converged == 0


# Tables and figures of several scans


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """The same scan with its axes in both orders, one of one axis, and one of other axes."""
    folder = tmp_path_factory.mktemp("pairs")
    likelihood = cj.Likelihood([cj.measurements.apv_cs(), cj.measurements.csre_cs()])
    sin2, radius, other = "0.22:0.26:21", "4.2:5.6:17", "4.5:5.1:9"
    likelihood.scan({"sin2_theta_w": sin2, "r_n_cs": radius}, folder / "a.zarr")
    likelihood.scan({"r_n_cs": radius, "sin2_theta_w": sin2}, folder / "b.zarr")
    likelihood.scan({"sin2_theta_w": sin2}, folder / "one.zarr")
    likelihood.scan({"sin2_theta_w": sin2, "r_p_cs": other}, folder / "other.zarr")
    return folder


def test_tables_go_by_the_names_of_the_axes(pair, command, tmp_path):
    a, b = pair / "a.zarr", pair / "b.zarr"
    code, out, err = command("contour", a, b, "--out", "ab.csv", "--json", "--plot", "ab.png")
    assert code == 0, err
    first, second = json.loads(out)["contours"]
    assert first["names"] == second["names"] == ["sin2_theta_w", "r_n_cs"]
    with (tmp_path / "ab.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {row["scan"] for row in rows} == {str(a), str(b)}
    for store in (a, b):
        angles = [float(row["sin2_theta_w"]) for row in rows if row["scan"] == str(store)]
        radii = [float(row["r_n_cs"]) for row in rows if row["scan"] == str(store)]
        assert angles
        assert min(angles) > 0.2
        assert max(angles) < 0.3
        assert min(radii) > 4.0
        assert max(radii) < 6.0
    # Swapped, the columns are the other way round, and the lines the same.
    code, out, _ = command("contour", b, a, "--out", "ba.csv", "--json")
    assert json.loads(out)["contours"][1]["names"] == ["r_n_cs", "sin2_theta_w"]
    with (tmp_path / "ba.csv").open() as file:
        assert next(csv.reader(file))[-2:] == ["r_n_cs", "sin2_theta_w"]


@pytest.mark.parametrize("output", [("--out", "x.csv"), ("--plot", "x.png")])
@pytest.mark.parametrize("others", [("one.zarr",), ("other.zarr",), ("b.zarr", "other.zarr"), ("b.zarr", "one.zarr")])
def test_scans_of_other_axes_are_refused(pair, refused, others, output):
    stores = [pair / "a.zarr", *(pair / other for other in others)]
    refused("contour", *stores, *output, words=("expected scans of the same axes", "name axes that all of them have"))
    refused("contour", *stores[::-1], *output, words=("expected scans of the same axes",))


def test_named_axes_are_those_of_every_table(pair, command, refused, tmp_path):
    stores = [pair / name for name in ("a.zarr", "one.zarr", "other.zarr")]
    code, _, err = command("contour", *stores, "--param", "sin2_theta_w", "--out", "x.csv")
    assert code == 0, err
    with (tmp_path / "x.csv").open() as file:
        assert next(csv.reader(file))[-1] == "sin2_theta_w"
    (tmp_path / "x.csv").unlink()
    refused("contour", *stores, "--param", "eps_ee_d", "--out", "x.csv", words=("'eps_ee_d' is not on an axis",))


OTHER = ("scan", "csre-cs", "--grid", "r_n_cs=4.5:5:5", "--out", "own.zarr", "--json")


def test_another_scan_is_replaced_only_where_that_is_asked_for(command, made, tmp_path):
    shutil.copytree(made.whole, tmp_path / "own.zarr")
    before = files(tmp_path / "own.zarr")
    code, out, err = command(*OTHER)
    assert (code, out) == (2, "")
    assert "holds another scan" in err
    assert "--overwrite" in err
    assert files(tmp_path / "own.zarr") == before
    code, out, err = command(*OTHER, "--overwrite")
    assert code == 0, err
    assert json.loads(out)["parameters"] == ["r_n_cs"]
    assert [path.name for path in tmp_path.iterdir()] == ["own.zarr"]
    code, out, _ = command("contour", "own.zarr", "--json")
    assert code == 0
    assert json.loads(out)["contours"][0]["names"] == ["r_n_cs"]


def test_a_scan_begun_anew_is_the_same(command, made, tmp_path):
    shutil.copytree(made.stopped, tmp_path / "own.zarr")
    asked = (*GRID, "--chunk", "10", "--out", "own.zarr", "--json", "--overwrite")
    code, _, err = command("scan", *asked)
    assert code == 0, err
    assert files(tmp_path / "own.zarr") == files(made.whole)


@pytest.mark.parametrize("kind", ["folder", "foreign store", "file", "link"])
def test_what_is_no_scan_is_never_replaced(command, made, tmp_path, kind):
    place = tmp_path / "own.zarr"
    if kind == "file":
        place.write_text("precious")
    elif kind == "link":
        shutil.copytree(made.whole, tmp_path / "elsewhere")
        place.symlink_to("elsewhere")
    else:
        place.mkdir()
        (place / "precious").write_text("precious")
        if kind == "foreign store":
            (place / "zarr.json").write_text(json.dumps({"zarr_format": 3, "node_type": "group", "attributes": {}}))
    before = files(tmp_path)
    code, out, err = command(*OTHER, "--overwrite")
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert "own.zarr" in err
    assert files(tmp_path) == before


def test_there_is_a_store_while_the_old_one_is_removed(command, made, tmp_path, monkeypatch):
    shutil.copytree(made.whole, tmp_path / "own.zarr")
    remove, seen = shutil.rmtree, []

    def watched(path, *others, **options):
        if (path / "chi2").exists():
            seen.append(sorted(found.name for found in Path("own.zarr").iterdir()))
        remove(path, *others, **options)

    monkeypatch.setattr(shutil, "rmtree", watched)
    code, _, err = command(*OTHER, "--overwrite")
    assert code == 0, err
    assert seen == [["chi2", "converged", "r_n_cs", "zarr.json"]]
    assert [path.name for path in tmp_path.iterdir()] == ["own.zarr"]


def test_a_store_that_cannot_be_replaced_stays(command, made, tmp_path, monkeypatch):
    shutil.copytree(made.whole, tmp_path / "own.zarr")
    rename = Path.rename

    def fails(path, target):
        if Path(target).name == "own.zarr" and path.name == ".own.zarr.partial":
            raise OSError(errno.EIO, "Input/output error")
        return rename(path, target)

    with monkeypatch.context() as failing:
        failing.setattr(Path, "rename", fails)
        code, _, err = command(*OTHER, "--overwrite")
    assert code == 2
    assert "cannot write to 'own.zarr': Input/output error" in err
    assert files(tmp_path / "own.zarr") == files(made.whole)
    assert [path.name for path in tmp_path.iterdir()] == ["own.zarr"]


def test_what_a_killed_run_has_put_aside_is_put_back(command, scan, made, tmp_path):
    aside, building = tmp_path / ".own.zarr.replaced", tmp_path / ".own.zarr.partial"
    for run in (lambda: command(*OTHER), lambda: scan("own.zarr")):
        shutil.copytree(made.whole, aside)
        shutil.copytree(made.stopped, building)
        run()
        assert files(tmp_path / "own.zarr") == files(made.whole)
        assert [path.name for path in tmp_path.iterdir()] == ["own.zarr"]
        shutil.rmtree(tmp_path / "own.zarr")


def test_what_a_killed_run_has_not_removed_is_removed(scan, made, tmp_path):
    for name in ("own.zarr", ".own.zarr.replaced", ".own.zarr.partial"):
        shutil.copytree(made.whole, tmp_path / name)
    (tmp_path / ".own.zarr.partial" / "zarr.json").unlink()
    assert scan("own.zarr")[0] == 0
    assert [path.name for path in tmp_path.iterdir()] == ["own.zarr"]


@pytest.fixture
def stopped_at(command, made, tmp_path, monkeypatch):
    """Overwrite a store, into which an error comes: at once, or as the third chunk is written; return code and line."""

    def run(error, at_once):
        shutil.copytree(made.whole, tmp_path / "own.zarr", dirs_exist_ok=True)
        mkdir, replace, written = Path.mkdir, Path.replace, []

        def making(path, *others, **options):
            if at_once and path.name == ".own.zarr.partial":
                raise error
            mkdir(path, *others, **options)

        def replacing(path, target):
            if Path(target).parent.parent.name == "c" and Path(target).parent.parent.parent.name == "chi2":
                written.append(path)
                if len(written) == 3:
                    raise error
            return replace(path, target)

        with monkeypatch.context() as stopping:
            stopping.setattr(Path, "mkdir", making)
            stopping.setattr(Path, "replace", replacing)
            code, out, err = command("scan", *GRID, "--chunk", "10", "--out", "own.zarr", "--overwrite")
        assert out == ""
        return code, err.splitlines()[-1]

    return run


FULL = OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (
            KeyboardInterrupt(),
            130,
            "'own.zarr' keeps the chunks that are done: the same command without --overwrite goes",
        ),
        (FULL, 2, "No space left on device; 2 of 6 chunks are kept: the same command without --overwrite goes on"),
    ],
    ids=["interrupted", "full"],
)
def test_a_scan_begun_anew_goes_on_without_overwriting(stopped_at, scan, made, tmp_path, error, code, words):
    found, line = stopped_at(error, at_once=False)
    assert (found, words in line) == (code, True), line
    assert len(list((tmp_path / "own.zarr" / "chi2" / "c").rglob("0"))) >= 2
    assert scan("own.zarr")[0] == 0
    assert files(tmp_path / "own.zarr") == files(made.whole)


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (KeyboardInterrupt(), 130, "nothing is kept, and 'own.zarr' is the scan that was there"),
        (FULL, 2, "No space left on device; nothing was kept, and the scan that was there stays"),
    ],
    ids=["interrupted", "full"],
)
def test_the_chunks_of_the_old_scan_are_not_kept_ones(stopped_at, made, tmp_path, error, code, words):
    found, line = stopped_at(error, at_once=True)
    assert (found, words in line) == (code, True), line
    assert files(tmp_path / "own.zarr") == files(made.whole)
    assert [path.name for path in tmp_path.iterdir()] == ["own.zarr"]


# Results whose store changes after they were made


@pytest.fixture
def result(made, tmp_path, monkeypatch):
    """A scan by a relative path, none of whose numbers was read, and the same one opened."""
    monkeypatch.chdir(tmp_path)
    likelihood, grid = cj.Likelihood([cj.measurements.apv_cs()]), {"sin2_theta_w": "0.2:0.3:5"}
    found = likelihood.scan(grid, "a.zarr")
    return SimpleNamespace(likelihood=likelihood, grid=grid, made=found, opened=cj.open_scan("a.zarr"))


def test_a_result_does_not_read_the_scan_that_replaces_it(result):
    other = result.likelihood.scan(result.grid, "a.zarr", values={"q_w_sm_cs": -80.0}, overwrite=True)
    for old in (result.made, result.opened):
        with pytest.raises(cj.InputError, match=r"a\.zarr' is not what it was when it was opened: it was .*replaced"):
            old.chi2  # noqa: B018
        with pytest.raises(cj.InputError, match="not what it was"):
            old.pieces()
    assert np.array_equal(cj.open_scan("a.zarr").chi2, other.chi2)


def test_the_same_scan_made_again_is_the_same(result):
    again = result.likelihood.scan(result.grid, "a.zarr", overwrite=True)
    for old in (result.made, result.opened, pickle.loads(pickle.dumps(result.opened))):
        np.testing.assert_array_equal(old.chi2, again.chi2)


def test_a_result_is_found_from_another_folder(result, tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    np.testing.assert_array_equal(result.made.chi2, result.opened.chi2)
    assert result.made.chi2.shape == (5,)


def test_a_store_that_is_gone_or_lacks_a_part_is_bad_input(result, tmp_path):
    (tmp_path / "a.zarr" / "chi2" / "c" / "0").unlink()
    with pytest.raises(cj.InputError, match="not what it was when it was opened: chi2/c/0 is missing"):
        result.made.chi2  # noqa: B018
    shutil.rmtree(tmp_path / "a.zarr")
    for old in (result.made, result.opened):
        with pytest.raises(cj.InputError, match="not what it was when it was opened: it was removed"):
            old.chi2  # noqa: B018
