"""What a file of a result holds, and the command that makes it again: run again, it gives the same."""

import hashlib
import itertools
import json
import shlex
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest
import xarray

import cevnsjax as cj


def files(store):
    return {str(f.relative_to(store)): f.read_bytes() for f in sorted(store.rglob("*")) if f.is_file()}


def shown(command, file):
    code, out, err = command("show", file, "--json")
    assert code == 0, err
    return json.loads(out)


def words(found):
    first, *rest = shlex.split(found["command"])
    assert first == "cevnsjax"
    return rest


def begun(likelihood, grid, out, **asked):
    """Begin a scan and stop it before its first chunk: nothing is compiled."""

    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        likelihood.scan(grid, out, progress=stop, **asked)


# Run again


def test_a_scan_made_again_is_the_same_to_the_last_byte(command, tmp_path):
    grid = ("--grid", "r_n_cs=4:6:5", "--grid", "sin2_theta_w=0.1:0.4:7:log", "--chunk", "7")
    code, _, err = command("scan", "apv-cs:sahoo2021", "csre-cs", *grid, "--couplings", "2020", "--out", "a b.zarr")
    assert code == 0, err
    found = shown(command, "a b.zarr")
    assert found["kind"] == "scan"
    assert found["measurements"] == ["apv-cs:sahoo2021", "csre-cs"]
    assert found["couplings"]["scheme"] == "2020"
    assert (found["complete"], found["chunks"], found["chunks_done"]) == (True, 5, 5)
    before = files(tmp_path / "a b.zarr")
    shutil.move(tmp_path / "a b.zarr", tmp_path / "kept.zarr")
    assert command(*words(found))[0] == 0
    assert files(tmp_path / "a b.zarr") == before
    code, out, _ = command("show", "kept.zarr")
    assert code == 0
    assert "a complete scan" in out
    assert out.splitlines()[-1] == found["command"].replace("'a b.zarr'", "kept.zarr")
    # Damaged, it is shown with what mends it; the command mends it.
    (tmp_path / "kept.zarr" / "chi2" / "c" / "1" / "0").unlink()
    harmed = shown(command, "kept.zarr")
    assert harmed["damaged"] == ["chi2/c/1/0 is missing"]
    assert harmed["chunks_done"] == 4
    assert "a scan that is damaged" in command("show", "kept.zarr")[1]
    assert command(*words(harmed))[0] == 0
    assert files(tmp_path / "kept.zarr") == before


def test_draws_made_again_are_the_same(command, tmp_path):
    asked = ("--free", "sin2_theta_w", "--constrain", "q_w_sm_cs=-73.23,0.1", "--set", "sin2_theta_w=0.24")
    code, out, _ = command(
        "sample", "apv-cs", *asked, "--draws", "60", "--chains", "2", "--seed", "5", "--out", "p.nc", "--json"
    )
    assert code in (0, 3)  # so few draws are not to be trusted
    data = json.loads(out)["data"]
    found = shown(command, "p.nc")
    assert found["kind"] == "posterior"
    assert found["run"] == {"method": "nuts", "draws": 60, "chains": 2, "seed": 5, "warm_up": 500, "live": 500}
    assert found["constraints"]["q_w_sm_cs"] == [-73.23, 0.1]
    assert found["data"] == data
    assert "p-again.nc" in found["command"]
    assert command(*words(found))[0] in (0, 3)
    one, other = cj.Posterior.load(tmp_path / "p.nc"), cj.Posterior.load(tmp_path / "p-again.nc")
    for name in one.names:
        np.testing.assert_array_equal(one.draws(name), other.draws(name))
    # Compressed by another program it is the same; ArviZ does so.
    with xarray.open_datatree(tmp_path / "p.nc", engine="h5netcdf") as tree:
        packed = {f"/{group}": {name: {"zlib": True} for name in tree[group].data_vars} for group in tree.children}
        tree.to_netcdf(tmp_path / "packed.nc", engine="h5netcdf", encoding=packed)
    np.testing.assert_array_equal(
        cj.Posterior.load(tmp_path / "packed.nc").draws("sin2_theta_w"), one.draws("sin2_theta_w")
    )
    assert shown(command, "p-again.nc") | {"file": "", "command": ""} == found | {"file": "", "command": ""}


@pytest.mark.parametrize(
    ("asked", "kind"),
    [
        (("--test", "r_n_cs=5", "--count", "60", "--seed", "7"), "toys"),
        (("--feldman-cousins", "r_n_cs=4.5:5.5:4", "--count", "200", "--cl", "80"), "feldman-cousins"),
    ],
)
def test_toys_made_again_are_the_same(command, tmp_path, asked, kind):
    code, out, err = command("toys", "csre-cs", *asked, "--out", "t.nc", "--json")
    assert code == 0, err
    found = shown(command, "t.nc")
    assert found["kind"] == kind
    assert found["data"] == json.loads(out)["data"]
    code, _, err = command(*words(found))
    assert code == 0, err
    with xarray.open_dataset(tmp_path / "t.nc") as one, xarray.open_dataset(tmp_path / "t-again.nc") as other:
        xarray.testing.assert_equal(one, other)


def test_every_option_is_in_the_command(command, tmp_path):
    likelihood = cj.Likelihood(
        [cj.measurements.load("texono-2025", "symmetrised-fermi"), cj.measurements.apv_cs()],
        [cj.model("nsi", "tree"), cj.model("standard-model:axial", "tree")],
        electrons=True,
    )
    begun(
        likelihood,
        {"eps_ee_u": "-0.5:0.5:9", "r_n_cs": "4:6:5:log"},
        tmp_path / "all.zarr",
        chunk=10,
        free=["sin2_theta_w", "eps_ee_d"],
        values={"sin2_theta_w": 0.235, "eps_tautau_u": -0.125},
        tie={"eps_mumu_u": "eps_ee_d"},
        require=["eps_ee_d<=0.5", "-0.5<=eps_ee_d"],
        constrain={"q_w_sm_cs": (-73.23, 0.1), "eps_ee_d": (0.0, 0.3), "-sin2_theta_w": (-0.238, 0.01)},
        correlate={("q_w_sm_cs", "eps_ee_d"): -0.25},
    )
    found = shown(command, "all.zarr")
    assert found["no_command"] == []
    assert found["form_factors"] == {"texono-2025": "symmetrised-fermi"}
    assert found["correlations"] == {"q_w_sm_cs,eps_ee_d": -0.25}
    asked = words(found)
    assert asked[:3] == ["scan", "texono-2025", "apv-cs"]
    assert {
        ("--interaction", "nsi"), ("--interaction", "standard-model:axial"), ("--couplings", "tree"),
        ("--form-factor", "symmetrised-fermi"), ("--free", "sin2_theta_w,eps_ee_d"),
        ("--set", "sin2_theta_w=0.235,eps_tautau_u=-0.125"), ("--tie", "eps_mumu_u=eps_ee_d"),
        ("--require", "eps_ee_d<=0.5"), ("--constrain", "q_w_sm_cs=-73.23,0.1"),
        ("--constrain", "eps_ee_d=0.0,0.3"), ("--correlate", "q_w_sm_cs,eps_ee_d=-0.25"),
        ("--grid", "eps_ee_u=-0.5:0.5:9"), ("--grid", "r_n_cs=4.0:6.0:5:log"), ("--chunk", "10"),
    } <= set(itertools.pairwise(asked))  # fmt: skip
    assert {"--electrons", "--require=-0.5<=eps_ee_d", "--constrain=-sin2_theta_w=-0.238,0.01"} <= set(asked)


def test_files_of_ones_own_are_named_by_their_path(command, tmp_path, monkeypatch):
    folder = tmp_path / "my files"
    folder.mkdir()
    file = folder / "own.toml"
    shipped = (cj_data() / "forecasts" / "germanium-reactor.toml").read_text()
    text = shipped.replace("germanium-reactor", "mine")
    file.write_text(text)
    monkeypatch.chdir(folder)
    begun(cj.Likelihood([cj.measurements.described("own.toml")]), {"sin2_theta_w": "0.2:0.3:3"}, tmp_path / "own.zarr")
    found = shown(command, tmp_path / "own.zarr")
    assert words(found)[1] == str(file)
    assert shlex.quote(str(file)) in found["command"]
    # Another experiment at the same place is not the same one.
    file.write_text(text.replace("live_time = { value = ", "live_time = { value = 2"))
    found = shown(command, tmp_path / "own.zarr")
    assert found["command"] is None
    assert "differs from that of the file" in found["no_command"][0]
    file.unlink()
    assert "own.toml" in shown(command, tmp_path / "own.zarr")["no_command"][0]


def cj_data():
    package = Path(cj.__file__).parent
    return package / "data" if (package / "data").is_dir() else package.parent / "data"


# Made in Python


CASES = {
    "observed counts": (lambda one: one.asimov({"sin2_theta_w": 0.25}), {}, {}, "apv-cs differs"),
    "axis": (lambda one: one, {"sin2_theta_w": [0.2, 0.21, 0.3]}, {}, "not evenly spaced"),
}


@pytest.mark.parametrize(("change", "grid", "asked", "reason"), CASES.values(), ids=CASES)
def test_what_no_command_makes_says_so(command, tmp_path, change, grid, asked, reason):
    likelihood = change(cj.Likelihood([cj.measurements.apv_cs()]))
    begun(likelihood, grid or {"sin2_theta_w": "0.2:0.3:3"}, tmp_path / "s.zarr", **asked)
    found = shown(command, "s.zarr")
    assert found["command"] is None
    assert reason in found["no_command"][0]
    code, out, _ = command("show", "s.zarr")
    assert code == 0
    assert "no command makes it again" in out
    assert "cevnsjax scan" not in out


@pytest.mark.slow
def test_a_warm_up_that_no_option_asks_for_is_said(command, tmp_path):
    likelihood = cj.Likelihood([cj.measurements.apv_cs()])
    constrain = {"q_w_sm_cs": (-73.23, 0.1)}
    posterior = likelihood.sample(["sin2_theta_w"], draws=20, chains=2, warm_up=150, constrain=constrain)
    posterior.save(tmp_path / "p.nc")
    found = shown(command, "p.nc")
    assert found["command"] is None
    assert "150 transitions to warm up" in found["no_command"][0]


def test_levels_and_refinement_that_no_option_asks_for_are_said(command, tmp_path):
    likelihood = cj.Likelihood([cj.measurements.csre_cs()])
    likelihood.feldman_cousins({"r_n_cs": "4.5:5.5:3"}, (0.90,), 60, refine=1).save(tmp_path / "f.nc")
    levels, refined = shown(command, "f.nc")["no_command"]
    assert "its levels are 90" in levels
    assert "refined 1 times" in refined


def test_couplings_are_told_apart(command, tmp_path):
    """The schemes of 2022 and 2024 have the same numbers at zero momentum transfer; the form factor is a name too."""
    begun(cj.Likelihood([cj.measurements.csre_cs()], couplings="2022"), {"r_n_cs": "4:6:3"}, tmp_path / "s.zarr")
    before = files(tmp_path / "s.zarr")
    code, _, err = command("scan", "csre-cs", "--grid", "r_n_cs=4:6:3", "--couplings", "2024", "--out", "s.zarr")
    assert code == 2
    assert "couplings scheme is" in err
    assert files(tmp_path / "s.zarr") == before
    helm = cj.Likelihood([cj.measurements.texono_2025()])
    begun(helm, {"sin2_theta_w": "0.2:0.3:3"}, tmp_path / "t.zarr")
    code, _, err = command(
        "scan", "texono-2025", "--grid", "sin2_theta_w=0.2:0.3:3", "--form-factor", "klein-nystrand", "--out", "t.zarr"
    )
    assert code == 2
    assert "form factors texono-2025 is" in err


def test_data_have_a_digest_in_every_result(command, tmp_path, monkeypatch):
    found = json.loads(command("fit", "csre-cs", "--free", "r_n_cs", "--json")[1])
    assert len(found["data"]) == 16
    profile = json.loads(command("profile", "csre-cs", "--free", "r_n_cs", "--points", "3", "--json")[1])
    assert profile["data"] == found["data"]
    predicted = json.loads(command("predict", "csre-cs", "--json")[1])
    assert (predicted["data"], predicted["version"]) == (found["data"], found["version"])
    command("scan", "csre-cs", "--grid", "r_n_cs=4:6:11", "--out", "s.zarr")
    (contour,) = json.loads(command("contour", "s.zarr", "--json")[1])["contours"]
    assert (contour["data"], contour["version"]) == (found["data"], found["version"])
    counts = json.loads(command("predict", "coherent-csi-2021", "--json")[1])
    sections = json.loads(command("cross-sections", "coherent-csi-2021", "--json")[1])
    assert sections["data"] == counts["data"] != found["data"]
    # Other data, whose own list of digests vouches for them: another digest in the result.
    other = tmp_path / "data"
    shutil.copytree(cj_data(), other)
    file = other / "csre_cs" / "experiment.toml"
    old = hashlib.sha256(file.read_bytes()).hexdigest()
    file.write_text(file.read_text().replace("4.86", "4.96"))
    sums = other / "SHA256SUMS"
    sums.write_text(sums.read_text().replace(old, hashlib.sha256(file.read_bytes()).hexdigest()))
    monkeypatch.setenv("CEVNSJAX_DATA", str(other))
    moved = json.loads(command("fit", "csre-cs", "--free", "r_n_cs", "--json")[1])
    assert moved["parameters"]["r_n_cs"]["value"] > found["parameters"]["r_n_cs"]["value"] + 0.05
    assert moved["data"] != found["data"]


# Other files


def make_text(path):
    path.write_text("years of work")


def make_empty(path):
    path.write_bytes(b"")


def make_folder(path):
    path.mkdir()


def make_other_zarr(path):
    path.mkdir()
    (path / "zarr.json").write_text(json.dumps({"attributes": {}, "zarr_format": 3, "node_type": "group"}))


def make_older_scan(path):
    path.mkdir()
    (path / "zarr.json").write_text(json.dumps({"attributes": {"format": "cevnsjax scan 1"}}))


def make_other_netcdf(path):
    xarray.Dataset({"x": ("t", np.arange(3.0))}).to_netcdf(path, engine="h5netcdf")


def _with(text):
    def make(path):
        with h5py.File(path, "w") as file:
            file.attrs["cevnsjax"] = text

    return make


def make_external(path):
    with h5py.File(path.with_name("secret.nc"), "w") as file:
        file["x"] = np.arange(3.0)
    with h5py.File(path, "w") as file:
        file.attrs["cevnsjax"] = "{}"
        file["posterior"] = h5py.ExternalLink("secret.nc", "/")


def make_raw(path):
    path.with_name("secret").write_bytes(bytes(80))
    with h5py.File(path, "w") as file:
        file.create_dataset("x", (10,), "f8", external=[(str(path.with_name("secret")), 0, 80)])


def make_huge(path):
    with h5py.File(path, "w") as file:
        file.attrs["cevnsjax"] = "{}"
        file.create_dataset("x", (2**50,), "f8", chunks=(1024,))


def make_huge_and_packed(path):
    with h5py.File(path, "w") as file:
        file.attrs["cevnsjax"] = "{}"
        file.create_dataset("x", (2**50,), "f8", chunks=(1024,), compression="gzip")


def make_cut(path):
    make_other_netcdf(path)
    path.write_bytes(path.read_bytes()[:-100])


OTHERS = {
    "text": make_text, "empty": make_empty, "folder": make_folder, "zarr": make_other_zarr, "older": make_older_scan,
    "netcdf": make_other_netcdf, "not json": _with("{"), "a list": _with("[]"), "deep": _with("[" * 5000),
    "no kind": _with("{}"), "a kind": _with('{"kind": "toys"}'), "unknown kind": _with('{"kind": 3}'),
    "settings of numbers": _with('{"kind": "posterior", "settings": {"measurements": 3}, "origin": {}, "run": {}}'),
    "external": make_external, "raw": make_raw, "huge": make_huge, "packed": make_huge_and_packed, "cut": make_cut,
}  # fmt: skip


@pytest.mark.parametrize("make", OTHERS.values(), ids=OTHERS)
def test_other_files_are_one_line(refused, tmp_path, make):
    make(tmp_path / "x.nc")
    refused("show", "x.nc", "--json", words=("'x.nc'",))
    with pytest.raises(cj.InputError):
        cj.Posterior.load(tmp_path / "x.nc")


def test_files_that_are_not_there_are_one_line(refused):
    refused("show", "missing.nc", words=("'missing.nc' is not there",))
    refused("show", "s" * 300, words=("File name too long",))
    refused("show", "/dev/zero", words=("no regular file",))
    refused("show", words=("FILE",))


def test_what_a_stranger_wrote_cannot_steer_the_terminal(command, tmp_path):
    begun(cj.Likelihood([cj.measurements.csre_cs()]), {"r_n_cs": "4:6:3"}, tmp_path / "s.zarr")
    place = tmp_path / "s.zarr" / "zarr.json"
    content = json.loads(place.read_text())
    attributes = content["attributes"]
    attributes["settings"]["measurements"] = ["\x1b[2J[/red]evil"]
    attributes.pop("sha256")
    attributes["sha256"] = hashlib.sha256(json.dumps(attributes, sort_keys=True).encode()).hexdigest()
    place.write_text(json.dumps(content))
    code, out, err = command("show", "s.zarr")
    assert code == 0
    assert "\x1b" not in out + err
    assert "[/red]evil" in out
    assert "no command makes it again" in out
