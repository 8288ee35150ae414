"""A problem in pieces: χ² adds up, and a scan of pieces is the scan of the whole, as MINUIT finds it point by point."""

import dataclasses

import jax
import numpy as np
from closed_form_problems import linear
from iminuit import Minuit
from tolerance import assert_close

import cevnsjax as cj
from cevnsjax.inference.problem.chi_square import ChiSquare
from cevnsjax.inference.problem.pieces import pieces
from cevnsjax.parameters.constraints import Relation, build_constraints
from cevnsjax.parameters.parameter import Gaussian


def joint(constraints):
    """Three measurements with strengths of their own, and x1 in all of them; x6 is in none."""
    parts = []
    for own in (("x1", "x2"), ("x1", "x3", "x4"), ("x1", "x5")):
        count = len(own)
        columns = np.arange(1.0, 1.0 + 3 * count).reshape(count, 3)
        problem = linear([4.0, 5.0, 6.0], None, columns, [0.0] * count, [9.0] * count)
        folded = problem.chi2.measurements[0]
        factors = tuple(dataclasses.replace(f, strength=name) for f, name in zip(folded.factors, own, strict=True))
        parts.append(dataclasses.replace(folded, factors=factors))
    whole = linear([4.0], None, [[1.0]] * 6, [0.0] * 6, [9.0] * 6)
    return dataclasses.replace(whole, chi2=ChiSquare(tuple(parts), constraints))


def function(problem):
    evaluate = jax.jit(problem)
    return lambda u: float(evaluate(u))


def test_pieces_add_up():
    constraints = build_constraints(
        {"x1": Gaussian(1.0, 0.1), "x2": Gaussian(2.0, 0.3)},
        [Relation("x3-x5", (("x3", 1.0), ("x5", -1.0)), Gaussian(0.5, 0.2))],
    )
    problem = joint(constraints)
    apart = pieces(problem, held=[0])
    # x1 is held, a constraint ties the second measurement to the third; x6 is somewhere.
    assert sorted(piece.problem.names for piece in apart) == [("x1", "x2", "x6"), ("x1", "x3", "x4", "x5")]
    u = np.array([1.1, 1.2, 1.3, 1.4, 1.5, 1.6])
    total = sum(float(piece.problem(u[piece.columns])) for piece in apart)
    assert_close(total, float(problem(u)), 1e-14, "the order of a sum")


def test_what_is_shared_keeps_pieces_together():
    (whole,) = pieces(joint(build_constraints({})), held=[])
    assert whole.problem.names == tuple(f"x{k}" for k in range(1, 7))


def test_a_scan_with_live_responses_is_that_of_minuit():
    """Two measurements that share nothing but coupling and mass, on a grid that starts from few of its points."""
    likelihood = cj.Likelihood(["dresden-ii", "conus-plus-2025"], cj.light_vector("universal"))
    scan = likelihood.scan({"g_zp": "1e-6:3e-4:18:log", "m_zp": "1:1e3:18:log"})
    problem = likelihood.problem(free=["g_zp", "m_zp"], values={"g_zp": 1e-5, "m_zp": 30.0})
    start = problem.coordinates(likelihood.parameters.complete({"g_zp": 1e-5, "m_zp": 30.0}))
    near = np.argwhere(scan.chi2 < scan.chi2.min() + 100.0)
    for i, j in near[:: len(near) // 3]:
        start[:2] = np.geomspace(1e-6, 3e-4, 18)[i], np.geomspace(1.0, 1e3, 18)[j]
        minuit = Minuit(function(problem), start, name=problem.names)
        minuit.limits = list(zip(*problem.box, strict=True))
        minuit.fixed["g_zp"] = minuit.fixed["m_zp"] = True
        minuit.strategy, minuit.tol = 2, 1e-4
        minuit.migrad()
        assert_close(scan.chi2[i, j], minuit.fval, 1e-6, "what MINUIT leaves", scale=1.0)
