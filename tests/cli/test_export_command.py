"""`cevnsjax export`: what it writes, what it prints, what it refuses."""

import json

import pytest

SCAN = ("scan", "csre-cs", "--grid", "r_n_cs=4:6:3", "--out", "scan.zarr")


def test_a_likelihood(run, tmp_path):
    command = ("export", "coherent-csi-2021", "--format", "pyhf", "--free", "cevns_norm", "--out", "csi.json")
    code, printed, _ = run(*command, "--json")
    assert code == 0
    content = json.loads(printed)
    assert (content["out"], content["format"], content["measurements"]) == ("csi.json", "pyhf", ["coherent-csi-2021"])
    assert content["check"]["difference"] <= content["check"]["tolerance"] == 1e-12
    names = [parameter["name"] for parameter in content["parameters"]]
    assert names == ["cevns_norm", "brn_norm", "nin_norm", "ss_norm"]
    assert content["seconds"]["total"] > 0.0
    workspace = json.loads((tmp_path / "csi.json").read_text())
    assert workspace["measurements"][0]["config"]["poi"] == "cevns_norm"
    code, printed, error = run(*command)
    assert (code, printed) == (2, "")
    assert "'csi.json': it exists already" in error
    code, printed, _ = run(*command, "--overwrite")
    assert code == 0
    assert "compared with the engine at 64 random points" in printed


def test_options_of_a_fit(run, tmp_path):
    """The physics is where --set puts it: half the couplings are less signal."""
    for name, extra in (("default.json", ()), ("moved.json", ("--set", "sin2_theta_w=0.1"))):
        assert run("export", "coherent-csi-2021", "--format", "pyhf", "--out", name, *extra)[0] == 0
    counts = [
        sum(json.loads((tmp_path / name).read_text())["channels"][0]["samples"][0]["data"])
        for name in ("default.json", "moved.json")
    ]
    assert counts[0] / counts[1] > 1.5


def test_a_scan(run, tmp_path):
    assert run(*SCAN)[0] == 0
    code, printed, _ = run("export", "scan.zarr", "--format", "csv", "--out", "scan.csv")
    assert code == 0
    assert "scan.csv: csv, csre-cs" in printed
    assert (tmp_path / "scan.csv").read_text().startswith("r_n_cs,chi2,delta_chi2,converged\n4.0,")
    code, printed, _ = run("export", "scan.zarr", "--format", "hepdata", "--out", "tables", "--json")
    assert code == 0
    assert json.loads(printed)["tables"] == ["Delta chi2 of r_n_cs", "Best fit"]
    assert (tmp_path / "tables" / "submission.yaml").is_file()
    for arguments, words in (
        (
            ("scan.zarr", "--format", "onnx", "--out", "a.onnx"),
            "format: expected hepdata or csv of a grid, found 'onnx'",
        ),
        (("scan.zarr", "--format", "csv", "--free", "r_n_cs", "--out", "a.csv"), "found options that change it: free"),
        (("scan.zarr", "apv-cs", "--format", "csv", "--out", "a.csv"), "expected a single scan or measurements"),
        (("none.nc", "--format", "csv", "--out", "a.csv"), "'none.nc'"),
    ):
        code, printed, error = run("export", *arguments)
        assert (code, printed) == (2, "")
        assert words in error
    assert sorted(path.name for path in tmp_path.iterdir()) == ["scan.csv", "scan.zarr", "tables"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("coherent-csi-2021", "--out", "a.json"), "export: expected --format pyhf, hepdata, onnx or hs3"),
        (("coherent-csi-2021", "--format", "pyhf"), "export: expected --out"),
        (("coherent-csi-2021", "--format", "csv", "--out", "a.csv"), "--format: expected pyhf"),
        (("coherent-csi-2021", "--format", "hs4", "--out", "a.json"), "did you mean 'hs3'?"),
        (("coherent-csi-2021", "--format", "pyhf", "--out", "a.txt"), "ends in .json"),
        (("coherent-csi-2022", "--format", "pyhf", "--out", "a.json"), "did you mean 'coherent-csi-2021'?"),
        (("coherent-csi-2021", "--format", "pyhf", "--out", "a.json", "--free", "cevns"), "unknown parameter 'cevns'"),
        (("apv-cs", "--format", "pyhf", "--out", "a.json"), "found apv-cs with GaussianNumbers"),
        (("apv-cs", "--format", "hepdata", "--out", "no/where"), "there is no folder 'no'"),
    ],
)
def test_bad_input(run, tmp_path, arguments, words):
    code, printed, error = run("export", *arguments)
    assert (code, printed) == (2, "")
    assert len(error.splitlines()) == 1
    assert words in error
    assert not list(tmp_path.iterdir())
