"""Who minimises and what is compiled, on the command line."""

import json
import os

import jax
import pytest

FIT = ["fit", "coherent-csi-2021", "--free", "sin2_theta_w"]


@pytest.fixture
def no_cache():
    """Turn the cache of compiled programs off, which tests have."""
    jax.config.update("jax_enable_compilation_cache", False)
    yield
    jax.config.update("jax_enable_compilation_cache", True)


def test_explain(run):
    code, out, err = run(*FIT, "--explain", "--json")
    assert code == 0, err
    content = json.loads(out)
    assert content["coordinates"][0] == "sin2_theta_w"
    assert content["measurements"]["coherent-csi-2021"]["cevns"]["live"] == ["sin2_theta_w"]
    assert content["cache"] == {"folder": os.environ["JAX_COMPILATION_CACHE_DIR"], "on": True}


def test_explain_in_words(run, no_cache):
    code, out, _ = run(*FIT, "--explain")
    assert code == 0
    assert "a function of sin2_theta_w, times cevns_norm" in out
    assert "folded to an array" in out
    assert "cache: off" in out
    assert "chi2" not in out


def test_minimiser(run):
    code, out, err = run(*FIT, "--minimiser", "minuit", "--json")
    assert code == 0, err
    content = json.loads(out)
    assert content["minimiser"] == "minuit"
    assert content["converged"]
    # Published: 0.23 +0.03 -0.02 with other ingredients (arXiv:2303.09360); here the default minimiser finds the same.
    code, out, _ = run(*FIT, "--json")
    assert code == 0
    default = json.loads(out)
    assert default["minimiser"] == "newton"
    assert content["chi2_min"] == pytest.approx(default["chi2_min"], abs=1e-6)


def test_unknown_minimiser(run):
    code, out, err = run(*FIT, "--minimiser", "newtom")
    assert code == 2
    assert out == ""
    assert err.count("\n") == 1
    assert "newtom" in err
