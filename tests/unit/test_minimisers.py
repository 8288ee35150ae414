"""Minimisers of other libraries end where Newton ends, and say so honestly."""

import numpy as np
import pytest

import cevnsjax as cj
from cevnsjax.inference.minimise.minimisers import MINIMISERS, find_minimiser
from cevnsjax.inference.minimise.solver import Solver
from cevnsjax.inference.minimise.starts import approach, spread_starts
from cevnsjax.inference.problem.specification import Request

FIXED = {"brn_norm": 1.0, "nin_norm": 1.0, "ss_norm": 1.0}
ASKED: Request = {"free": ["eps_ee_u", "eps_mumu_u"], "values": FIXED}


@pytest.fixture(scope="module")
def problem(csi):
    return cj.Likelihood([csi], interaction=cj.model("nsi")).problem(**ASKED)


@pytest.fixture(scope="module")
def starts(problem):
    start, free = np.array([0.0, 0.0, 1.0]), np.array([True, True, False])
    solver = Solver(problem)
    return approach(solver, spread_starts(solver, start, free, 16), free)


@pytest.fixture(scope="module")
def minima(problem, starts):
    """The minima of χ² in the plane of the two couplings, by Newton from 16 starts."""
    found = Solver(problem)(starts, np.zeros(3, bool))
    assert found.converged.all()
    order = np.argsort(found.value)
    chosen = [order[0]]
    for k in order[1:]:
        if np.abs(found.u[k] - found.u[chosen]).max(axis=1).min() > 1e-3:
            chosen.append(k)
    return found.u[chosen], found.value[chosen]


@pytest.mark.parametrize("name", [name for name in MINIMISERS if name != "newton"])
def test_ends_in_the_same_minima(problem, starts, minima, name):
    """Four minima: the signs of the amplitudes of both flavours. Each start must end in one of them, and say so."""
    found = find_minimiser(name).search(Solver(problem))(starts, np.zeros(3, bool))
    places, values = minima
    assert len(places) == 4
    distance = np.abs(found.u[:, None] - places).max(axis=-1)
    settled = found.converged & (found.u[:, 2] > 0.5)
    assert settled.mean() > 0.7
    nearest = distance.argmin(axis=1)
    assert np.all(distance.min(axis=1)[settled] < 1e-3)
    # EARLY, the predicted decrease at which they may stop, is 1e-5.
    assert np.all(np.abs(found.value - values[nearest])[settled] < 1e-5)
    held = find_minimiser(name).search(Solver(problem))(starts[:3], np.array([True, False, True]))
    assert np.array_equal(held.u[:, [0, 2]], starts[:3][:, [0, 2]])
    assert not held.converged.all() or np.all(np.abs(held.gradient[:, 1]) < 1.0)


def test_a_library_object_can_be_passed(problem, starts, minima):
    import optimistix

    found = find_minimiser(optimistix.LBFGS(rtol=1e-9, atol=1e-9)).search(Solver(problem))(
        starts[:4], np.zeros(3, bool)
    )
    for u, value, converged in zip(found.u, found.value, found.converged, strict=True):
        assert not converged or np.abs(u - minima[0]).max(axis=1).min() < 1e-3
        assert np.isfinite(value)


def test_the_fit_says_who_found_it(csi, minima):
    fit = cj.Likelihood([csi], interaction=cj.model("nsi")).fit(**ASKED, minimiser="minuit")
    assert fit.converged
    assert fit.chi2 == pytest.approx(minima[1].min(), abs=1e-5)
    content = fit.as_dict([0.6827])
    assert content["minimiser"] == "minuit"
    assert content["seconds"]["run"] > 0.0


@pytest.mark.parametrize("wrong", ["newtom", "BFGS", 3, None])
def test_what_is_no_minimiser_is_refused(wrong):
    with pytest.raises(cj.InputError, match="minimiser"):
        find_minimiser(wrong)
