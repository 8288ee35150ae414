"""``cevnsjax sample``: its JSON, files, figures, and what it says to bad input."""

import json

import pytest

import cevnsjax as cj
from cevnsjax._base import checkpoint
from cevnsjax.inference.sample.hmc import HmcRun

CSI = "coherent-csi-2021"
QUICK = ("sample", CSI, "--free", "sin2_theta_w", "--set", "cevns_norm=1,brn_norm=1,nin_norm=1,ss_norm=1")


def test_sample_json_file_and_figures(run, tmp_path, looks_drawn):
    files = ("--out", "p.nc", "--plot", "corner.png", "--plot-predictive", "counts.png")
    code, out, _ = run(*QUICK, "--method", "hmc", "--draws", "20000", "--seed", "4", "--json", *files)
    assert code == 0
    found = json.loads(out)
    assert found["measurements"] == [CSI]
    assert found["free"] == ["sin2_theta_w"]
    assert found["fixed"]["ss_norm"] == 1.0
    assert (found["method"], found["seed"], found["chains"]) == ("hmc", 4, 128)
    assert found["draws"] >= 20000
    one = found["parameters"]["sin2_theta_w"]
    assert set(one["interval"]) == {"68.27", "90", "95.45"}
    assert one["interval"]["90"][0] < one["mean"] < one["interval"]["90"][1]
    assert one["r_hat"] < 1.01
    assert found["priors"]["sin2_theta_w"] == "flat from 0 to 1"
    assert found["converged"] is True
    assert set(found["seconds"]) == {"modes", "start", "sampling"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["corner.png", "counts.png", "p.nc"]
    assert looks_drawn(tmp_path / "corner.png")
    assert looks_drawn(tmp_path / "counts.png")
    assert cj.Posterior.load(tmp_path / "p.nc").summary["sin2_theta_w"]["mean"] == one["mean"]


def test_an_interrupted_run_is_resumed(run, tmp_path, monkeypatch):
    arguments = (*QUICK, "--method", "hmc", "--draws", "10000", "--out", "p.nc")
    _, out, _ = run(*arguments[:-2], "--json")
    expected = json.loads(out)["parameters"]
    monkeypatch.setattr(checkpoint, "SECONDS_BETWEEN", -1.0)
    monkeypatch.setattr(checkpoint, "MOST_OF_RUN", 1e9)
    progress = HmcRun.progress

    def interrupt(self, state):
        if int(state["done"]) >= 40:
            raise KeyboardInterrupt
        return progress(self, state)

    monkeypatch.setattr(HmcRun, "progress", interrupt)
    code, _, _ = run(*arguments)
    assert code == 130
    assert [path.name for path in tmp_path.iterdir()] == ["p.nc.unfinished"]
    monkeypatch.setattr(HmcRun, "progress", progress)
    code, _, err = run(*arguments)
    assert code == 2
    assert "--resume carries it on" in err
    code, _, err = run(*arguments, "--resume", "--seed", "9")
    assert code == 2
    assert "other settings" in err
    code, out, _ = run(*arguments, "--resume", "--json")
    assert code in (0, 3)
    assert json.loads(out)["parameters"] == expected
    assert [path.name for path in tmp_path.iterdir()] == ["p.nc"]


def test_draws_not_to_be_trusted(run):
    code, out, err = run(*QUICK, "--method", "hmc", "--draws", "600", "--chains", "8")
    assert code == 3
    assert "do not trust these draws" in out
    assert len(err.strip().splitlines()[-1]) > 0
    assert "R-hat" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--draws", "0"), "at least 1 draw"),
        (("--draws", "2"), "one draw for each of 4 chains"),
        (("--method", "gibbs"), "nuts, hmc, nested"),
        (("--chains", "0"), "at least 1 chain"),
        (("--seed=-1",), "seed of 0 or more"),
        (("--out", "p.txt"), "ends in .nc"),
        (("--out", "nowhere/p.nc"), "no folder"),
        (("--resume",), "needs --out"),
        (("--resume", "--out", "p.nc"), "nothing to resume"),
        (("--plot", "p.xyz"), "cannot draw"),
        (("--plot-predictive", "p.xyz"), "cannot draw"),
    ],
)
def test_bad_input(run, tmp_path, arguments, message):
    code, out, err = run(*QUICK, *arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert len(err.strip().splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_an_output_that_exists_is_kept(run, tmp_path):
    (tmp_path / "p.nc").write_text("kept")
    code, _, err = run(*QUICK, "--out", "p.nc")
    assert code == 2
    assert "--overwrite" in err
    assert (tmp_path / "p.nc").read_text() == "kept"
