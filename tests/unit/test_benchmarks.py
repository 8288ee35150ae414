"""The opponents of the benchmarks compute the same as the engine: a faster wrong one would prove nothing.

The engine is evaluated in NumPy here and numba's loops run in Python, so that nothing is compiled.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest

import cevnsjax as cj

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))
numba_config: Any = numba.config  # a module that gets its settings as it is imported
numba_config.DISABLE_JIT = True  # what the decorators in the modules below ask

from benchmarks import (  # noqa: E402
    before,
    experiments,
    global_evidence,
    global_growth,
    growth,
    mediator_grid,
    numba_opponent,
    numba_response,
    pulls,
    timing,
)
from benchmarks.case import FREE, TIE, Case  # noqa: E402
from benchmarks.numpy_opponent import numpy_likelihood  # noqa: E402

numba_config.DISABLE_JIT = False


@pytest.fixture(scope="module")
def case(csi):
    return Case(csi)


@pytest.fixture(scope="module")
def base(case):
    return numpy_likelihood(case.measurement, case.likelihood.interaction)


def slopes(function, u):
    """Central differences."""
    steps = 1e-5 * np.diag(np.maximum(np.abs(u), 0.1))
    return np.array([(function(u + step) - function(u - step)) / (2.0 * step.max()) for step in steps])


def test_numba_has_the_same_chi2_and_gradient(case, base):
    opponent, problem = numba_opponent.NumbaLikelihood(base), case.problem()
    points = case.points(3)
    values, gradients = opponent.gradient_batch(points)
    np.testing.assert_allclose(values, [float(problem(u)) for u in points], rtol=1e-12)
    np.testing.assert_allclose(base.chi2_batch(points), values, rtol=1e-12)
    np.testing.assert_allclose(gradients[0], slopes(lambda u: float(problem(u)), points[0]), rtol=1e-6, atol=1e-5)
    assert opponent.chi2(points[1]) == pytest.approx(values[1], rel=1e-13)


def test_all_who_profile_the_pulls_agree(case):
    opponent, limits = mediator_grid.numpy_mediator(case), (0.0, 10.0)
    points = np.array([[1e-6, 1.0], [3e-5, 10.0], [5e-4, 1000.0], [1e-2, 1.0]])
    batched = pulls.profile_pulls(opponent, points, limits)
    compiled = numba_opponent.NumbaMediator(opponent, limits, pulls.TOLERANCE)(points)
    np.testing.assert_allclose(compiled, batched, rtol=1e-9)
    np.testing.assert_allclose(mediator_grid.newton(opponent, points[:3]), batched[:3], rtol=1e-9)
    np.testing.assert_allclose(mediator_grid.minuit(opponent, points[:3], limits), batched[:3], rtol=1e-7)
    problem = cj.Likelihood([case.measurement], cj.light_vector("universal")).problem(free=["g_zp", "m_zp"])
    unprofiled = np.array([float(problem(np.r_[row, np.ones(4)])) for row in points])
    expected = opponent.signal(points[:, :1], points[:, 1:]) + opponent.backgrounds.sum(axis=0)
    np.testing.assert_allclose(pulls._chi2(opponent, expected, np.ones((4, 4))), unprofiled, rtol=1e-10)
    assert np.all(batched <= unprofiled)


def test_the_response_in_numba_is_that_of_the_engine():
    likelihood = cj.Likelihood([cj.measurements.coherent_csi_2021("shape")])
    delays = {name: (0.0, 0.05) for name in numba_response.NAMES[9:]}
    problem = likelihood.problem(free=FREE, tie=TIE, constrain=delays)
    assert problem.names == numba_response.NAMES
    opponent = numba_response.NumbaResponse(likelihood.measurements[0], likelihood.interaction, 0.05, step=0.05)
    points = np.array([
        [0.2386, 5.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        [0.2, 6.0, 1.1, 0.7, 1.4, 1.02, 1.3, -0.8, -1.1, 0.05, -0.05, 0.1],
    ])  # fmt: skip
    expected = [float(problem(u)) for u in points]
    # at delays of the tables themselves
    np.testing.assert_allclose(opponent.chi2_batch(points), expected, rtol=1e-9)


def test_the_opponent_with_non_standard_interactions(case, base):
    problem = cj.Likelihood([case.measurement], cj.nsi()).problem(free=(*FREE, *growth.COUPLINGS), tie=TIE)
    strength = case.likelihood.interaction.standard.couplings.neutron
    opponent = growth.non_standard(base, strength, len(growth.COUPLINGS))
    u = np.r_[0.22, 5.3, 0.1, -0.2, 0.05, 0.15, 0.3, -0.1, 1.1, 0.9, 1.2, 1.0]
    assert opponent.chi2_batch(u[None])[0] == pytest.approx(float(problem(u)), rel=1e-10)


@pytest.mark.parametrize(
    "names",
    [
        ["coherent-csi-2021:shape"],
        ["dresden-ii"],
        ["xenonnt-8b"],
        ["coherent-csi-2021", "coherent-lar-2020", "conus-plus-2025"],
        pytest.param(["coherent-ge-mini-2024"], marks=pytest.mark.slow),
    ],
)
def test_the_opponents_of_experiments_have_the_same_chi2_and_gradient(names):
    likelihood = cj.Likelihood(names, cj.light_vector("universal"), electrons=names == ["dresden-ii"])
    problem = likelihood.problem(free=["g_zp", "m_zp"])
    opponent, start = experiments.Opponent(problem), problem.coordinates(likelihood.parameters.complete())
    moved = np.where(start == 0.0, 0.3, 1.03 * start)
    for row in ((3e-6, 20.0), (1e-5, 500.0)):
        u = np.clip(np.r_[row, moved[2:]], *problem.box)
        opponent.at(*u[:2])
        value, gradient = opponent.chi2(u)
        assert value == pytest.approx(float(problem(u)), rel=1e-10)
    expected = slopes(lambda v: opponent.chi2(v)[0], u)[2:]
    np.testing.assert_allclose(gradient[2:], expected, rtol=1e-5, atol=1e-5 * np.abs(expected).max())


def test_migrad_of_the_opponents_finds_the_minimum_of_the_engine():
    likelihood = cj.Likelihood(["coherent-lar-2020"], cj.light_vector("universal"))
    problem = likelihood.problem(free=["g_zp", "m_zp"])
    start = problem.coordinates(likelihood.parameters.complete())
    fit = likelihood.fit(values={"g_zp": 2e-5, "m_zp": 30.0})
    found = experiments.Opponent(problem).profile(np.array([[2e-5, 30.0]]), start)
    assert found[0] == pytest.approx(fit.chi2, abs=1e-6)


def test_the_evidence_of_the_opponent_has_the_same_chi2(case):
    likelihood = cj.Likelihood([case.measurement], cj.nsi())
    problem = likelihood.problem(free=[global_evidence.COUPLING])
    modes, u = global_evidence.Modes(likelihood, problem), np.array([0.25, 1.1, 0.8, 1.2, 1.01])
    pulls_of = (((u[1:] - 1.0) / modes.widths) ** 2).sum()
    assert modes.chi2(u) + pulls_of == pytest.approx(float(problem(u)), rel=1e-10)
    middle = modes.from_cube(np.full(5, 0.5))
    np.testing.assert_allclose(middle, [0.0, 1.0, 1.0, 1.0, 1.0], atol=5e-3)


def test_a_process_is_timed_and_what_it_compiles_counted():
    program = before.Package(before.ROOT, "cevnsjax_command").program(["--version"], counting=True)
    done = before.NOW.run(program)
    assert done is not None
    assert (done.compiled, done.seconds > 0.1) == (0, True)
    assert before.NOW.run("import time; time.sleep(60)", limit=0.5) is None
    with pytest.raises(RuntimeError, match="found oh no"):
        before.NOW.run("raise SystemExit('oh no')")


def test_the_line_through_times():
    found = [{"measurements": n, "run": 2.0 * n + 1.0} for n in (2, 3, 5)]
    assert global_growth.line(found, "run") == pytest.approx((2.0, 1.0, 0.0), abs=1e-12)


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="Linux alone tells")
def test_peak_memory():
    found = timing.peak_memory(lambda: np.ones(2**23).sum())
    assert found is not None
    assert 60.0 < found < 120.0


@pytest.mark.slow
@pytest.mark.parametrize(
    "block", ["evaluation", "mediator_grid", "growth", "samplers", "scans", "toys", "device", "global"]
)
def test_blocks_run(block, tmp_path):
    path = tmp_path / "tables.json"
    command = [sys.executable, "-m", "benchmarks", "--only", block, "--quick", "--json", str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    tables = json.loads(path.read_text())["tables"]
    assert tables
    assert all(table["rows"] for table in tables)
