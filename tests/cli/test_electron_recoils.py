"""Measurements of electrons on the command line."""

import json

import pytest

import cevnsjax as cj
from cevnsjax.measurements import load


def test_predict_names_the_element_and_no_cross_section_per_nucleus(run):
    code, out, _ = run("predict", "lz-er", "--json")
    found = json.loads(out)
    assert code == 0
    assert list(found["signal"]["nu_e"]) == ["Xe"]
    assert "flux_averaged_cross_section" not in found
    signal = sum(sum(found["signal"][flavour]["Xe"]) for flavour in ("nu_e", "nu_mu", "nu_tau"))
    assert signal == pytest.approx(found["total"]["es"])
    code, out, _ = run("predict", "lz-er")
    assert code == 0
    assert "signal by flavour: nu_e" in out
    assert "cross section" not in out


def test_fit_counts_electrons(run):
    code, out, _ = run("fit", "pandax4t-er", "--free", "es_norm")
    assert code == 0
    assert "pandax4t-er: es" in out
    assert "cross section" not in out
    with pytest.raises(cj.InputError, match="counts recoils of electrons, not of nuclei"):
        cj.Likelihood([load("pandax4t-er")]).fit().flux_averaged_cross_section()


def test_form_factor_is_refused(run):
    code, _, err = run("predict", "xenonnt-er", "--form-factor", "helm")
    assert code != 0
    assert "no form factor to choose" in err
