"""The page on models of one's own: its code runs as it stands there, and is what it says it is."""

import re
from pathlib import Path

import jax
import numpy as np
import pytest
from tolerance import assert_close

import cevnsjax as cj
from cevnsjax.interactions.catalogue import resolve_models

PAGE = Path(__file__).parents[2] / "docs" / "extending.md"


@pytest.fixture(scope="module")
def code():
    (block,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    return block


@pytest.fixture(scope="module")
def page(code):
    """What the code of the page has defined."""
    found = {"__name__": "page"}
    exec(compile(code, str(PAGE), "exec"), found)
    return found


def test_it_is_short(code):
    assert len(code.splitlines()) < 40


def test_it_fits(page):
    """A limit, and the same one as that of a light vector mediator where the two are the same: 1/q² at d = 1."""
    assert page["fit"].converged
    ((low, high),) = page["fit"].interval("lambda_u", 0.9).pieces
    assert low == 0.0
    assert 1e-3 < high < 1e-2


def test_close_to_dimension_one_it_is_a_massless_mediator(page):
    """λ²/Λ² (q²/Λ²)^(d-2) → λ²/q²: the universal mediator of g = λ and m → 0."""
    csi = cj.measurements.coherent_csi_2021()
    vector = cj.Likelihood([csi], resolve_models(["light-vector:universal"]))
    values = {"lambda_u": 4e-5, "d_u": 1.01}
    found = page["fit"].likelihood.predict(values)[0].counts["cevns"]
    # (q²/Λ²)^0.01 is between 0.79 and 0.84 for q between 8 and 130 MeV.
    weaker = vector.predict({"g_zp": 4e-5 * np.sqrt(0.79), "m_zp": 1e-3})[0].counts["cevns"]
    stronger = vector.predict({"g_zp": 4e-5 * np.sqrt(0.84), "m_zp": 1e-3})[0].counts["cevns"]
    assert np.all((weaker - found) * (found - stronger) >= 0)
    assert not np.allclose(weaker, stronger, rtol=1e-3)


@pytest.fixture(scope="module")
def derivatives(page):
    """χ² of coupling and dimension with its derivatives, forward and reverse, compiled."""
    problem = page["fit"].likelihood.problem(free=["lambda_u", "d_u"])
    return problem, [jax.jit(f) for f in (problem, jax.jacfwd(problem), jax.grad(problem), jax.hessian(problem))]


@pytest.mark.parametrize("start", [(0.0, 1.5), (3e-3, 1.3), (2e-3, 1.9)])
def test_derivatives(page, derivatives, start):
    """Forward, reverse and finite differences; finite second derivatives, at zero coupling too."""
    problem, (value, forward, reverse, hessian) = derivatives
    values = page["fit"].likelihood.parameters.complete({"lambda_u": start[0], "d_u": start[1]})
    u = problem.coordinates(values)
    found = forward(u)
    assert_close(found, reverse(u), 1e-10, "two orders of the same sums", 1.0 + np.abs(found))
    assert np.all(np.isfinite(hessian(u)))
    for k, name in enumerate(problem.names):
        step = (1e-8 if name == "lambda_u" else 1e-5) * np.eye(len(u))[k]
        difference = (value(u + step) - value(u - step)) / (2 * step[k])
        assert_close(found[k], difference, 1e-4, "finite differences", 1.0 + abs(found[k]))
