"""Results that are not to be trusted say so, whichever command asks, and nothing is drawn or written of them."""

import json
from pathlib import Path

import h5py
import numpy as np
import pytest

import cevnsjax as cj

DATA = Path(__file__).parents[2] / "data"
CHARGE = ("--interaction", "millicharge")
ANGLE = {"sin2_theta_w": "0.2:0.3:5"}


@pytest.fixture(scope="module")
def weak_charge():
    return cj.Likelihood([cj.measurements.apv_cs()])


@pytest.fixture
def endless(tmp_path):
    """The germanium of the shipped forecast without a smallest energy: a millicharge has no end of recoils there."""
    text = (DATA / "forecasts" / "germanium-reactor.toml").read_text()
    kept = [line for line in text.splitlines() if not line.startswith("minimum")]
    assert len(kept) == len(text.splitlines()) - 1
    path = tmp_path / "endless.toml"
    path.write_text("\n".join(kept).replace('"germanium-reactor"', '"endless"'))
    return path


@pytest.mark.parametrize("grid", ["-10:10:11", "-1:1:41", "0.02:0.04:5"])
def test_scans_of_an_integral_without_an_end(command, endless, tmp_path, grid):
    """One point within 3σ, several, all of them; and the contours of such a scan."""
    words = ("--grid", f"millicharge_ee={grid}", "--out", "s.zarr", "--plot", "s.png", "--json")
    code, out, err = command("scan", endless, *CHARGE, *words)
    assert code == 3, err
    found = json.loads(out)
    assert found["converged"] is False
    assert found["quadrature_error"] > 1.0
    assert "not to be trusted" in err
    assert not (tmp_path / "s.png").exists()
    code, out, err = command("contour", "s.zarr", "--json")
    assert code == 3
    assert json.loads(out)["contours"][0]["converged"] is False
    assert "not to be trusted" in err


def test_a_construction_with_such_an_interval(command, endless, tmp_path):
    """Its points are near zero, where the integral is right; the interval by Wilks beside it is not."""
    words = ("--feldman-cousins", "millicharge_ee=-1e-4:1e-4:3", "--count", "100", "--out", "f.nc", "--json")
    code, out, err = command("toys", endless, *CHARGE, *words)
    found = json.loads(out)
    assert code == 3
    assert found["converged"] is False
    assert found["out"] is None
    assert "not to be trusted" in found["message"]
    assert found["message"] in err
    assert [path.name for path in tmp_path.iterdir()] == ["endless.toml"]


def test_toys_that_are_lost(command, tmp_path):
    """Nine of ten fits fail where the signal is a million events: those that are left are no sample of all."""
    vector = ("--interaction", "light-vector:universal", "--set", "m_zp=1")
    words = ("--test", "g_zp=1e-2", "--count", "500", "--out", "t.nc", "--json")
    code, out, err = command("toys", "coherent-csi-2021", *vector, *words)
    found = json.loads(out)
    assert code == 3
    assert (found["converged"], found["out"]) == (False, None)
    assert found["not_converged"] > 100
    assert "more than 5 % of the toys lost" in found["message"]
    assert found["message"] in err
    assert list(tmp_path.iterdir()) == []


def test_a_construction_all_of_whose_toys_are_lost_at_a_point():
    likelihood = cj.Likelihood([cj.measurements.coherent_csi_2021()], cj.light_vector("universal"))
    grid = {"g_zp": [0.0, 1e-4, 1e-2]}
    found = likelihood.feldman_cousins(grid, levels=[0.2], count=7, refine=0, seed=3, values={"m_zp": 1.0})
    assert found.construction.lost.max() == 7
    assert not found.converged
    assert found.as_dict()["message"] == found.message
    share, _ = found.construction.p_values()
    assert np.isnan(share).sum() == 1


def test_a_grid_that_is_too_coarse(command):
    """The best fit lies between its points, and all of these far above: what lies between them is a guess."""
    command("scan", "apv-cs", "--grid", "sin2_theta_w=0.2:0.3:5", "--out", "s.zarr")
    code, out, err = command("contour", "s.zarr", "--json")
    (found,) = json.loads(out)["contours"]
    assert code == 3
    assert found["converged"] is False
    assert "too coarse" in found["message"]
    assert found["message"] in err
    assert command("contour", "s.zarr", "--reference", "grid")[0] == 0


def test_a_scan_without_a_point(command, tmp_path):
    """A required order that no point meets."""
    radii = ("--grid", "r_n_cs=5:6:4", "--grid", "r_n_pb=3:4:4", "--require", "r_n_cs<=r_n_pb")
    code, _, err = command("scan", "apv-cs", "prex-ii", *radii, "--out", "s.zarr", "--plot", "s.png")
    assert code == 3, err
    assert not (tmp_path / "s.png").exists()
    for more in ((), ("--json",), ("--plot", "c.png"), ("--out", "c.csv")):
        code, out, err = command("contour", "s.zarr", *more)
        assert (code, out) == (2, "")
        assert "no point that is allowed" in err
    assert [path.name for path in tmp_path.iterdir()] == ["s.zarr"]


def test_levels_of_which_the_toys_say_nothing(weak_charge):
    grid = {"sin2_theta_w": "0.2:0.28:9"}
    found = weak_charge.feldman_cousins(grid, levels=[0.6827], count=20, free=["sin2_theta_w"])
    assert found.interval(0.6827).pieces
    for level in (0.9973, 0.999999):
        for asked in (found.interval, found.edges):
            with pytest.raises(cj.InputError, match="20 toys at a point say nothing of"):
                asked(level)


def test_numbers_of_numpy(weak_charge, tmp_path):
    """What is asked for with them is written like any other number, after all the work."""
    whole = np.int64(20)
    study = weak_charge.toys(whole, seed=whole, test={"sin2_theta_w": np.float32(0.24)}, free=["sin2_theta_w"])
    json.dumps(study.as_dict())
    study.save(tmp_path / "t.nc")
    sampled = weak_charge.sample(
        free=["sin2_theta_w"], method="nested", live=np.int64(50), draws=np.int32(100), seed=np.uint8(3)
    )
    sampled.save(tmp_path / "d.nc")
    assert cj.Posterior.load(tmp_path / "d.nc").attributes["seed"] == 3
    pull = {"q_w_sm_cs": (np.float32(-73.25), np.float32(0.125))}
    weak_charge.scan(ANGLE, tmp_path / "s.zarr", chunk=np.int64(5), constrain=pull)
    fit = weak_charge.fit(free=["sin2_theta_w"], values={"r_n_cs": np.float32(5.0)}, constrain=pull)
    json.dumps(fit.as_dict())


def test_levels_that_can_be_read_once(weak_charge):
    fit = weak_charge.fit(free=["sin2_theta_w"])
    with pytest.raises(cj.InputError, match="levels: expected confidence levels such as"):
        fit.as_dict(levels=(level for level in [0.9]))


@pytest.mark.parametrize("about", ["{", "{}", '{"kind": "toys", "labels": {}}', "[]"])
def test_draws_that_say_nothing_of_themselves(command, tmp_path, about):
    command("sample", "csre-cs", "--free", "r_n_cs", "--draws", "100", "--method", "nested", "--out", "d.nc")
    with h5py.File(tmp_path / "d.nc", "r+") as file:
        file.attrs["cevnsjax"] = about
    with pytest.raises(cj.InputError, match=r"d\.nc"):
        cj.Posterior.load(tmp_path / "d.nc")


def test_names_with_brackets(command, tmp_path):
    command("scan", "csre-cs", "--grid", "r_n_cs=4:6:5", "--out", "run[a].zarr")
    code, out, _ = command("show", "run[a].zarr")
    assert code == 0
    assert out.startswith("run[a].zarr: ")
