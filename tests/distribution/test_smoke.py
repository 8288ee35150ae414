"""What a user does on the first day; `pytest -m smoke` runs this on other Pythons and with other dependencies."""

import json
import shlex

import numpy as np
import pytest

import cevnsjax as cj

pytestmark = pytest.mark.smoke


def test_from_the_command_line_to_arviz(run):
    """The README's first command, then draws and toys to files and back."""
    first = "fit coherent-csi-2021 --free sin2_theta_w --plot sin2_theta_w.png --json --out fit.json"
    code, printed, _ = run(*shlex.split(first))
    assert code == 0
    fitted = json.loads(printed)["parameters"]["sin2_theta_w"]["value"]
    assert fitted == pytest.approx(0.231, abs=0.002)  # arXiv:2303.09360: 0.231 +0.027 -0.024
    assert cj.load("fit.json").values["sin2_theta_w"] == fitted

    code, _, _ = run(*shlex.split("sample apv-cs --free sin2_theta_w --out posterior.nc --plot corner.png"))
    assert code == 0
    posterior = cj.Posterior.load("posterior.nc")
    draws = np.asarray(posterior.to_arviz().posterior["sin2_theta_w"])
    assert draws.size == cj.Importance().draws
    # The weak charge is linear in sin²θ_W: mean and width of the posterior are value and error of the fit.
    fit = cj.Likelihood("apv-cs").fit(free=["sin2_theta_w"])
    assert draws.mean() == pytest.approx(fit.values["sin2_theta_w"], abs=0.1 * fit.error("sin2_theta_w"))
    assert draws.std() == pytest.approx(fit.error("sin2_theta_w"), rel=0.1)

    code, _, _ = run(*shlex.split("toys conus-plus-2025 --free cevns_norm --count 200 --out toys.nc"))
    assert code == 0
    assert cj.load("toys.nc").as_dict()["converged"]
