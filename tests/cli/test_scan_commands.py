"""The commands scan and contour."""

import csv
import json

import numpy as np
import pytest

import cevnsjax as cj

CSI = "coherent-csi-2021"
ZP = ("--interaction", "light-vector:universal")


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Two allowed regions, as the universal mediator on CsI has them: the Standard Model and the flipped sign."""
    out = tmp_path_factory.mktemp("scans") / "universal.zarr"
    likelihood = cj.Likelihood([cj.measurements.coherent_csi_2021()], cj.light_vector("universal"))
    likelihood.scan({"g_zp": "3e-5:5e-4:71:log", "m_zp": "100:200:31:log"}, out)
    return out


def test_scan_json_is_the_contract(run, store, tmp_path):
    # The store is complete: the command finds it so and computes nothing again.
    grid = ("--grid", "g_zp=3e-5:5e-4:71:log", "--grid", "m_zp=100:200:31:log")
    code, out, err = run("scan", CSI, *ZP, *grid, "--out", str(store), "--json", "--plot", "scan.png")
    assert code == 0
    found = json.loads(out)
    assert {"out", "shape", "chi2_min", "best", "not_converged", "seconds"} <= set(found)
    assert found["shape"] == [71, 31]
    assert found["out"] == str(store)
    assert found["not_converged"] == 0
    assert found["converged"] is True
    assert set(found["best"]) == {"g_zp", "m_zp", "cevns_norm", "brn_norm", "nin_norm", "ss_norm"}
    assert found["chi2_min"] <= found["chi2_grid_min"]
    assert set(found["seconds"]) == {"import", "fold", "compile", "run", "report", "total", "best_fit"}
    assert "drawn to scan.png" in err
    code, out, _ = run("scan", CSI, *ZP, *grid, "--out", str(store))
    assert code == 0
    assert "chi2 on 71 x 31 values of g_zp, m_zp" in out


def test_contours(run, store, looks_drawn, tmp_path):
    code, out, _ = run(
        "contour",
        str(store),
        "--cl",
        "90",
        "--param",
        "m_zp,g_zp",
        "--out",
        "lines.csv",
        "--plot",
        "lines.png",
        "--json",
    )
    assert code == 0
    (found,) = json.loads(out)["contours"]
    assert found["names"] == ["m_zp", "g_zp"]
    assert found["delta_chi2"] == pytest.approx(4.605, abs=1e-3)
    assert found["reference"]["which"] == "best"
    # The limit on the coupling, and the band in which it turns the sign of the weak charge: three open lines.
    assert [line["closed"] for line in found["lines"]] == [False] * 3
    with (tmp_path / "lines.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == sum(len(line["points"]) for line in found["lines"])
    assert {row["kind"] for row in rows} == {"open"}
    assert float(rows[0]["m_zp"]) == found["lines"][0]["points"][0][0]
    assert looks_drawn(tmp_path / "lines.png")
    code, out, _ = run("contour", str(store), str(store), "--label", "one", "--label", "two", "--parameters", "1")
    assert code == 0
    assert "one: 90 % of 1 parameter, delta chi2 = 2.710 above the best fit" in out
    assert "two: 90 %" in out


def test_pieces_of_one_axis(run, store, tmp_path):
    code, out, _ = run("contour", str(store), "--param", "g_zp", "--cl", "90,95", "--out", "pieces.csv", "--json")
    assert code == 0
    first, second = json.loads(out)["contours"]
    assert (first["level"], second["level"]) == (90.0, 95.0)
    assert first["parameters"] == 1
    piece = first["pieces"][0]
    assert piece["open_below"]
    assert piece["low"] == 3e-5
    assert np.all([a["high"] <= b["high"] for a, b in zip(first["pieces"], second["pieces"], strict=True)])
    with (tmp_path / "pieces.csv").open() as file:
        assert next(csv.reader(file)) == ["scan", "level", "parameters", "contour", "kind", "g_zp"]
    code, out, _ = run("contour", str(store), "--param", "g_zp")
    assert code == 0
    assert "below" in out


BAD = {
    "no grid": (("--out", "a.zarr"), "expected a --grid"),
    "no store": (("--grid", "g_zp=1e-5:1e-3:5"), "expected --out"),
    "inverted": (("--grid", "g_zp=2:1:5", "--out", "a.zarr"), "from a lower to a higher number, found 2 to 1"),
    "empty": (("--grid", "g_zp=1:1:5", "--out", "a.zarr"), "from a lower to a higher number"),
    "log of zero": (("--grid", "g_zp=0:1:5:log", "--out", "a.zarr"), "above 0 for logarithmic spacing"),
    "beyond bounds": (
        ("--grid", "g_zp=1:11:5", "--set", "m_zp=5", "--out", "a.zarr"),
        "g_zp: expected a value from 0 to 10",
    ),
    "twice": (("--grid", "g_zp=0:1:5", "--grid", "g_zp=0:1:5", "--out", "a.zarr"), "two axes 'g_zp'"),
    "chunk": (("--grid", "g_zp=0:1:5", "--set", "m_zp=5", "--chunk", "0", "--out", "a.zarr"), "at least one point"),
    "memory": (("--grid", "g_zp=0:1:5", "--memory", "much", "--out", "a.zarr"), "--memory: expected a size like"),
    "no folder": (("--grid", "g_zp=0:1:5", "--set", "m_zp=5", "--out", "b/a.zarr"), "there is no folder 'b'"),
    "figure": (("--grid", "g_zp=0:1:5", "--plot", "a.xyz", "--out", "a.zarr"), "cannot draw to 'a.xyz'"),
}


@pytest.mark.parametrize(("arguments", "message"), BAD.values(), ids=BAD)
def test_bad_scans_are_one_line(run, arguments, message, tmp_path):
    code, out, err = run("scan", CSI, *ZP, *arguments)
    assert code == 2
    assert out == ""
    assert message in err
    assert err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_another_scan_is_refused_by_the_command(run, store):
    before = (store / "zarr.json").read_bytes()
    code, out, err = run("scan", CSI, *ZP, "--grid", "g_zp=3e-5:5e-4:72:log", "--set", "m_zp=9", "--out", str(store))
    assert (code, out) == (2, "")
    assert (
        "holds another scan: grid g_zp values is 71 there, 72 here; nothing was written, --overwrite replaces it" in err
    )
    assert (store / "zarr.json").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("missing.zarr",), "there is no scan 'missing.zarr'"),
        (("{store}", "--cl", "0"), "confidence level between 0 and 100"),
        (("{store}", "--cl", "ninety"), "expected a number"),
        (("{store}", "--parameters", "0"), "expected 1 or 2 parameters"),
        (("{store}", "--param", "r_n_cs"), "'r_n_cs' is not on an axis"),
        (("{store}", "--reference", "truth"), "expected a reference best or grid"),
        (("{store}", "--label", "a", "--label", "b"), "a --label for each of 1 scans"),
        (("{store}", "--out", "b/lines.csv"), "there is no folder 'b'"),
        (("{store}", "--cl", "90,95", "--plot", "a.png"), "expected one --cl to draw"),
    ],
)
def test_bad_contours_are_one_line(run, store, arguments, message, tmp_path):
    code, out, err = run("contour", *(text.format(store=store) for text in arguments))
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1
    assert not list(tmp_path.iterdir())
