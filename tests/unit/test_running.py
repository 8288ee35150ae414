"""The running of sin²θ_W: against integration of its equations, closed forms and printed numbers; figure and command."""

import json

import jax
import numpy as np
import pytest
from scipy.integrate import solve_ivp
from tolerance import assert_close

import cevnsjax as cj
from cevnsjax.interactions.running import one_loop

LEPTONS = [0.51099895e-3, 0.1056583755, 1.77686]
QUARKS = [(0.176, -1), (0.176, 2), (0.342, -1), (1.176, 2), (3.995, -1), (172.69, 2)]
"""Thresholds [GeV] and three times the charge (hep-ph/0409169)."""


def slopes(log_mu, _):
    mu = np.exp(log_mu)
    strong = min(0.5, 6 * np.pi / 25 / np.log(mu / 0.21)) if mu > 0.25 else 0.5
    light = [(3 * (1 + strong / np.pi), charge / 3) for mass, charge in QUARKS if mu > mass]
    light += [(1.0, -1.0) for mass in LEPTONS if mu > mass]
    heavy = float(mu > 80.377)
    a = -2 / (3 * np.pi) * sum(n * q**2 for n, q in light) + 7 / (2 * np.pi) * heavy
    b = -2 / (3 * np.pi) * sum(n * abs(q) / 4 for n, q in light) + 43 / (12 * np.pi) * heavy
    return [a, b]


@pytest.mark.parametrize("q", [1e-4, 0.05, 0.5, 1.4, 4.5, 60.0, 85.0, 150.0])
def test_the_equations_are_solved(q):
    start = np.log(91.1876)
    found = solve_ivp(
        slopes, (start, np.log(q)), [127.951, 0.23122 * 127.951], rtol=1e-9, atol=1e-9, max_step=2e-3, method="RK23"
    )
    inverse, mixed = found.y[:, -1]
    sin2, a = one_loop(np.array(q))
    assert_close([sin2, a], [mixed / inverse, inverse], 3e-6, "steps of the integration across thresholds")


def test_printed_values():
    """0.23883 and 137.05 at Q = 0 by hand; published 0.23867(16) (hep-ph/0409169) and 0.23868(5) (1712.09146)."""
    sin2, inverse = one_loop(np.array(0.0))
    assert (f"{sin2:.5f}", f"{inverse:.2f}") == ("0.23883", "137.05")
    q = [1e-4, 0.0024, 0.05, 0.158, 1.4, 4.5, 10]
    found = [f"{value:.5f}" for value in cj.physics.running_sin2_theta_w(q)]
    assert found == ["0.23863", "0.23860", "0.23855", "0.23852", "0.23661", "0.23504", "0.23376"]


def test_closed_form_between_thresholds():
    """s²(μ) = s²(μ₀) α(μ)/α(μ₀) + λ₁ [1 - α(μ)/α(μ₀)] with λ₁ = 1/4 where leptons run alone."""
    (first, second), (a, b) = (np.asarray(values) for values in one_loop(np.array([0.12, 0.17])))
    assert_close(first, second * b / a + 0.25 * (1 - b / a))


def test_derivatives():
    q = np.array([0.01, 0.3, 2.0, 30.0])
    exact = jax.vmap(jax.grad(lambda x: cj.physics.running_sin2_theta_w(x)))(q)
    step = 1e-4 * q
    sides = [cj.physics.running_sin2_theta_w(q + sign * step) for sign in (1, -1)]
    assert_close(exact, (sides[0] - sides[1]) / (2 * step), 1e-6, "differences", scale=np.abs(exact) + 1e-6)
    assert_close(jax.grad(lambda s: cj.physics.running_sin2_theta_w(0.1, s))(0.24), 1.0)


def test_points_and_figure():
    found = cj.running(["apv-cs"])
    qweak, e158, caesium = found.points
    assert (f"{qweak.at_zero:.4f}", f"{qweak.error:.4f}") == ("0.2384", "0.0011")
    assert (e158.value, f"{e158.error:.4f}") == (0.2397, f"{np.hypot(0.0010, 0.0008):.4f}")
    fit = cj.Likelihood("apv-cs").fit(["sin2_theta_w"])
    assert_close(caesium.at_zero, fit.values["sin2_theta_w"])
    assert caesium.kind == "fit"
    (axes,) = found.plot().axes
    assert len(axes.get_legend_handles_labels()[1]) == 4
    assert "apv-cs" in str(found)
    with pytest.raises(cj.InputError, match=r"fits: expected one of apv-cs.*found 'apv'"):
        cj.running(["apv"])
    with pytest.raises(cj.InputError, match="q: expected momentum transfers of 0 or more, found -1"):
        cj.physics.running_sin2_theta_w(-1.0)


def test_command(run, monkeypatch):
    monkeypatch.setattr("cevnsjax.joint.running.fitted_momenta", lambda: {"apv-cs": 0.0024})
    code, out, err = run("running", "--json", "--plot", "running.png")
    assert code == 0, err
    content = json.loads(out)
    assert sorted(content)[:2] == ["curve", "points"]
    assert len(content["curve"]["q"]) == len(content["curve"]["sin2_theta_w"])
    assert {"name", "q", "value", "error"} <= set(content["points"][0])
