"""``cevnsjax sample``: its JSON, files, figures, and what it says to bad input."""

import json
import shlex

import numpy as np
import pytest
from numpyro import distributions

import cevnsjax as cj
from cevnsjax._base import checkpoint
from cevnsjax.inference.problem.density import build_density
from cevnsjax.inference.sample.hmc import HmcRun
from cevnsjax.inference.sample.sampler import AtOnce, Drawn

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
    parts = {"import", "fold", "compile", "run", "report", "total"}
    assert set(found["seconds"]) == parts | {"modes", "start", "sampling"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["corner.png", "counts.png", "p.nc"]
    assert looks_drawn(tmp_path / "corner.png")
    assert looks_drawn(tmp_path / "counts.png")
    assert cj.Posterior.load(tmp_path / "p.nc").summary["sin2_theta_w"]["mean"] == one["mean"]


def test_importance_and_the_default(run):
    code, out, _ = run(*QUICK, "--method", "importance", "--draws", "8192", "--json")
    assert code == 0
    found = json.loads(out)
    assert (found["method"], found["reason"], found["chains"]) == ("importance", "", 1)
    assert found["khat"] < 0.7
    assert 0.0 < found["log_evidence_error"] < 0.02
    assert found["parameters"]["sin2_theta_w"]["r_hat"] is None
    code, out, _ = run(*QUICK, "--draws", "8192")
    assert code == 0
    assert "method importance: k-hat is " in out
    assert f"ln evidence: {found['log_evidence']:.4f} ± " in out
    assert "8192 draws by importance, seed 0; " in out


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
        (("--draws", "2", "--method", "nuts"), "one draw for each of 4 chains"),
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


LIGHT = ("sample", "conus-plus-2025", "--interaction", "light-vector:B-L", "--free", "g_zp", "--set", "m_zp=10")


def test_priors(run, tmp_path):
    priors = ("--prior", "g_zp=log:1e-6:1e-3", "--prior", "cevns_norm=normal:1,0.3")
    code, out, err = run(*LIGHT, *priors, "--draws", "400", "--seed", "2", "--out", "p.nc", "--json")
    assert code in (0, 3), err
    found = json.loads(out)
    assert found["priors"]["g_zp"] == "flat in the logarithm from 1e-06 to 0.001"
    assert found["priors"]["cevns_norm"].startswith("Gaussian 1 ± 0.3")
    code, out, _ = run("show", "p.nc", "--json")
    assert code == 0
    shown = json.loads(out)
    assert shown["priors"] == {"g_zp": "log:1e-06:0.001", "cevns_norm": "normal:1.0,0.3"}
    assert shown["command"] is not None, shown["no_command"]
    code, _, err = run(*shlex.split(shown["command"])[1:])
    assert code in (0, 3), err
    one, again = (cj.Posterior.load(tmp_path / name).draws("g_zp") for name in ("p.nc", "p-again.nc"))
    np.testing.assert_array_equal(one, again)
    _, out, _ = run("show", "p.nc")
    assert "g_zp = log:1e-06:0.001" in out


@pytest.mark.parametrize(
    ("prior", "message"),
    [
        ("g_zp", "--prior: expected NAME=PRIOR, found 'g_zp'"),
        ("g_zp=flat", "--prior g_zp: expected a prior as flat:LO:HI, log:LO:HI or normal:MEAN,SD, found 'flat'"),
        ("g_zp=log:0:1", "--prior g_zp: expected a lower end above 0, found 0"),
        ("g_zp=flat:2:1", "--prior g_zp: expected a lower and a higher number"),
        ("g_z=flat:0:1", "unknown parameter 'g_z' (did you mean 'g_zp'?)"),
        ("m_zp=flat:1:20", "m_zp: expected a prior of a free parameter or a nuisance, found a parameter that is fixed"),
        ("g_zp=flat:0:1e9", "g_zp: expected a prior within"),
    ],
)
def test_priors_that_make_no_sense(run, tmp_path, prior, message):
    code, out, err = run(*LIGHT, "--prior", prior, "--out", "p.nc")
    assert (code, out) == (2, "")
    assert message in err
    assert len(err.strip().splitlines()) == 1
    assert not list(tmp_path.iterdir())


class Uniform(cj.Sampler):
    """Draws of the prior alone."""

    name = "uniform"
    independent = True

    def prepare(self, problem, start, is_free, seed):
        density = build_density(problem)
        u = np.asarray(density.prior_transform(np.random.default_rng(seed).uniform(size=(500, len(density.names)))))
        return AtOnce(density, lambda: Drawn(u[None], {}))


def test_what_no_command_makes_again(run, tmp_path):
    likelihood = cj.Likelihood(["csre-cs"])
    likelihood.sample(["r_n_cs"], method=Uniform()).save(tmp_path / "own.nc")
    code, out, _ = run("show", "own.nc", "--json")
    assert code == 0
    assert json.loads(out)["no_command"] == [
        "it was drawn by the user's own sampler 'uniform', which no option selects"
    ]
    prior = {"r_n_cs": distributions.LogNormal(1.6, 0.1)}
    likelihood.sample(["r_n_cs"], method=cj.Nuts(draws=100, warm_up=50), priors=prior).save(tmp_path / "prior.nc")
    code, out, _ = run("show", "prior.nc", "--json")
    assert code == 0
    found = json.loads(out)
    assert found["priors"] == {"r_n_cs": "LogNormal(loc=1.6, scale=0.1)"}
    assert found["no_command"] == [
        "the prior of r_n_cs, LogNormal(loc=1.6, scale=0.1), can only be given in Python",
        "it took 50 transitions to warm up, which no option sets",
    ]
    assert run("show", "prior.nc")[0] == 0
