"""Terms of the likelihood: closed forms, derivatives, iminuit's finite templates, tables of Δχ²."""

import dataclasses
import re
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from iminuit import Minuit, cost
from scipy import stats
from scipy.optimize import minimize
from tolerance import assert_close

import cevnsjax as cj
from cevnsjax.folding.folded import Factor, FoldedMeasurement
from cevnsjax.inference.minimise.best_fit import best_fit
from cevnsjax.inference.minimise.solver import Solver
from cevnsjax.inference.problem.chi_square import ChiSquare
from cevnsjax.inference.problem.problem import Problem
from cevnsjax.inference.toys.refit import fit_toys
from cevnsjax.measuring.terms.delta_chi2 import table_term
from cevnsjax.measuring.terms.finite_templates import FiniteTemplates
from cevnsjax.measuring.terms.gaussian import GaussianNumbers
from cevnsjax.measuring.terms.poisson import PoissonCounts
from cevnsjax.measuring.terms.upper_limit import UpperLimit
from cevnsjax.parameters.constraints import NO_CONSTRAINTS
from cevnsjax.stages.stage import Constant

DOCS = Path(__file__).parents[2] / "docs"
COUNTS = np.array([3.0, 0.0, 7.0, 120.0])
EXPECTED = np.array([2.5, 0.4, 9.0, 101.0])
SIGMA = np.array([1.5, 0.8, 3.0, 12.0])
BINNED = {
    "poisson": (PoissonCounts(COUNTS), -2.0 * (stats.poisson.logpmf(COUNTS, EXPECTED) - stats.poisson.logpmf(COUNTS, COUNTS)).sum()),
    "gaussian": (GaussianNumbers(COUNTS, SIGMA), (((EXPECTED - COUNTS) / SIGMA) ** 2).sum()),
    "upper limit": (UpperLimit(COUNTS, SIGMA), (np.maximum((EXPECTED - COUNTS) / SIGMA, 0.0) ** 2).sum()),
}  # fmt: skip


@pytest.mark.parametrize("kind", BINNED)
def test_closed_forms_and_derivatives(kind):
    term, expected = BINNED[kind]
    assert_close(term.chi2(EXPECTED), expected, 1e-12)
    assert_close(jax.jit(lambda e: term.chi2(e))(jnp.asarray(EXPECTED)), expected, 1e-12)
    slope, root = term.derivatives(EXPECTED)
    assert_close(slope, jax.grad(lambda e: term.chi2(e))(jnp.asarray(EXPECTED)), 1e-12, scale=1.0)
    assert_close(np.diag(root**2), jax.hessian(lambda e: term.chi2(e))(jnp.asarray(EXPECTED)), 1e-12, scale=1.0)
    assert term.combined([EXPECTED, EXPECTED]) == pytest.approx(2.0 * EXPECTED)


@pytest.mark.parametrize("kind", BINNED)
def test_each_bin_on_its_own(kind):
    term, _ = BINNED[kind]
    assert_close(term.pointwise(EXPECTED).sum(), term.chi2(EXPECTED), 1e-14)
    single = [
        term.__class__(*(one[k : k + 1] for one in jax.tree.leaves(term))).chi2(EXPECTED[k : k + 1]) for k in range(4)
    ]
    assert_close(term.pointwise(EXPECTED), single, 1e-14)
    log_probability = {
        "poisson": stats.poisson.logpmf(COUNTS, EXPECTED),
        "gaussian": stats.norm.logpdf(COUNTS, EXPECTED, SIGMA),
        "upper limit": -0.5 * np.maximum((EXPECTED - COUNTS) / SIGMA, 0.0) ** 2,
    }[kind]
    assert_close(term.log_saturated() - 0.5 * term.pointwise(EXPECTED), log_probability, 1e-12, scale=1.0)


@pytest.mark.parametrize("kind", BINNED)
def test_draws_have_the_mean_and_the_variance(kind):
    term, _ = BINNED[kind]
    drawn = term.draw(np.random.default_rng(3), np.broadcast_to(EXPECTED, (40_000, 4)))
    error = np.sqrt(term.variance(EXPECTED) / len(drawn))
    assert np.all(np.abs(drawn.mean(axis=0) - EXPECTED) < 5.0 * error)
    assert_close(drawn.var(axis=0), term.variance(EXPECTED), 0.05, "40 000 draws")


# Finite Monte-Carlo templates

TEMPLATES = np.array([[3.0, 10.0, 22.0, 14.0, 0.0, 2.0], [40.0, 31.0, 22.0, 18.0, 12.0, 6.0]])
"""Simulated events of two components, few of them."""
SCALE = np.array([4.0, 2.0])
"""Counts in the data for each simulated event."""
SEEN = np.array([95.0, 110.0, 128.0, 89.0, 27.0, 16.0])


def problem_of(term, columns):
    """The problem of a strength for each of the columns."""
    names = tuple(f"x{k}" for k in range(len(columns)))
    folded = FoldedMeasurement(
        stages=tuple(Constant(column) for column in columns),
        term=term,
        factors=tuple(Factor(name) for name in names),
        components=names,
    )
    return Problem(
        chi2=ChiSquare((folded,), NO_CONSTRAINTS), fixed={}, names=names, ties=(), placement=tuple(range(len(names))),
        orders=(), lower=np.zeros(len(names)), upper=np.full(len(names), 50.0),
    )  # fmt: skip


def finite():
    safe = np.where(TEMPLATES > 0, TEMPLATES, 1.0)
    return FiniteTemplates(SEEN, np.where(TEMPLATES > 0, 1.0 / np.sqrt(safe), 0.0))


def test_minimum_and_errors_of_finite_templates_are_those_of_iminuit():
    problem = problem_of(finite(), TEMPLATES * SCALE[:, None])
    found = best_fit(Solver(problem), np.ones(2), np.ones(2, bool))
    # The yields of iminuit are total counts; its templates are the simulated events with their sum of squared weights.
    theirs = cost.Template(SEEN, np.arange(7.0), list(TEMPLATES), method="jsc")
    yields = TEMPLATES.sum(axis=1) * SCALE
    lowest = minimize(lambda x: theirs(*x), yields, method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-13})
    assert found.converged
    assert_close(found.u * yields, lowest.x, 1e-6, "a search without derivatives")
    assert_close(found.value, lowest.fun, 1e-10, "rounding at its end")
    minuit = Minuit(theirs, *lowest.x)
    minuit.limits = [(None, None)] * 2  # errors beside a limit are those of another variable
    minuit.hesse()
    assert_close(np.sqrt(np.diag(found.covariance)) * yields, np.array(minuit.errors), 1e-3, "HESSE's differences")


@pytest.mark.parametrize("scale", [0.3, 1.0, 4.0])
def test_finite_templates_are_iminuits_cost_everywhere(scale):
    columns = scale * TEMPLATES * SCALE[:, None]
    variance = (scale * SCALE[:, None]) ** 2 * TEMPLATES
    expected = cost.template_chi2_jsc(SEEN, columns.sum(axis=0), variance.sum(axis=0))
    term = finite()
    assert_close(term.chi2(term.combined(list(columns))), expected, 1e-12)
    x = jnp.asarray(columns)
    numeric = [
        (term.chi2(columns + step) - term.chi2(columns - step)) / 2e-5
        for step in 1e-5 * np.eye(columns.size).reshape(-1, *columns.shape)
    ]
    slope = np.asarray(jax.grad(lambda e: term.chi2(e))(x)).ravel()
    full = columns.ravel() > 0
    assert_close(slope[full], np.array(numeric)[full], 1e-5, "central differences", scale=1.0)
    assert np.all(np.isfinite(jax.hessian(lambda e: term.chi2(e))(x)))


def test_templates_known_exactly_are_plain_counts():
    exact = dataclasses.replace(finite(), relative=np.zeros_like(TEMPLATES))
    columns = TEMPLATES * SCALE[:, None]
    assert_close(exact.chi2(columns), PoissonCounts(SEEN).chi2(columns.sum(axis=0)), 1e-13)
    none = dataclasses.replace(finite(), observed=np.zeros(6))  # no event: the factor is as low as it may be
    assert np.isfinite(none.chi2(columns))
    assert np.all(np.isfinite(jax.grad(lambda e: none.chi2(e))(jnp.asarray(columns))))


def test_toys_of_finite_templates_scatter_by_their_errors():
    """Data drawn with the fluctuations of the templates: pulls of the strengths have mean 0 and width 1."""
    problem = problem_of(finite(), TEMPLATES * SCALE[:, None])
    toys = fit_toys(problem, np.ones(2), 2000, 5)
    assert toys.converged.mean() > 0.99
    pulls = ((toys.u - 1.0) / np.sqrt(np.diagonal(toys.covariance, axis1=1, axis2=2)))[toys.converged]
    assert np.all(np.abs(pulls.mean(axis=0)) < 0.15)
    assert np.all(np.abs(pulls.std(axis=0) - 1.0) < 0.12)


@pytest.mark.parametrize(
    ("term", "message"),
    [
        (lambda: PoissonCounts(np.array([-1.0])), "non-negative observed counts, found -1"),
        (lambda: PoissonCounts(np.ones(2)), r"shape \(1,\), found \(2,\)"),
        (lambda: GaussianNumbers(np.ones(1), np.zeros(1)), "positive errors"),
        (lambda: UpperLimit(np.ones(2), np.ones(2)), r"shape \(1,\)"),
        (lambda: FiniteTemplates(np.ones(1), np.ones((2, 3))), "relative errors of the templates for each component"),
        (lambda: FiniteTemplates(np.ones(1), -np.ones((2, 1))), "of 0 or more"),
    ],
)
def test_data_that_make_no_sense_are_refused(term, message):
    with pytest.raises(cj.InputError, match=f"here: .*{message}"):
        term().check("here", (1,))


# Tables of Δχ²


def correlated(x, y):
    return (x / 0.4) ** 2 + (y / 1.3) ** 2 - 2.0 * 0.6 * x * y / (0.4 * 1.3)


def test_a_gaussian_in_a_table_is_exact():
    x, y = np.linspace(-3.0, 2.0, 9), np.sort(np.random.default_rng(1).uniform(-4.0, 5.0, 12))
    term = table_term("here", ("x", "y"), (x, y), correlated(x[:, None], y))
    random = np.random.default_rng(2)
    for point in np.stack([random.uniform(-3, 2, 40), random.uniform(y[0], y[-1], 40)], axis=1):
        assert_close(term.chi2(point), correlated(*point), 1e-9, "rounding of a spline", scale=1.0)
        assert_close(
            jax.grad(lambda e: term.chi2(e))(jnp.asarray(point)),
            jax.grad(lambda p: correlated(p[0], p[1]))(jnp.asarray(point)),
            1e-8,
            "rounding of a spline",
            scale=1.0,
        )
    assert_close(
        jax.hessian(lambda e: term.chi2(e))(jnp.array([0.3, 0.1])),
        np.array([[2 / 0.16, -1.2 / 0.52], [-1.2 / 0.52, 2 / 1.69]]),
        1e-8,
        "rounding of a spline",
        scale=1.0,
    )


def test_a_smooth_table_is_interpolated_with_two_derivatives():
    def exact(x):
        return 3.0 * np.log1p(x**2)

    knots = np.linspace(-2.0, 2.0, 41)
    term = table_term("here", ("x",), (knots,), exact(knots))
    points = np.linspace(-1.99, 1.99, 333)
    assert_close(np.array([term.chi2(np.array([p])) for p in points]), exact(points), 1e-4, "a cubic spline", scale=1.0)
    second = jax.vmap(lambda p: jax.hessian(lambda e: term.chi2(e))(jnp.array([p]))[0, 0])
    inner = knots[1:-1]
    assert_close(second(inner - 1e-9), second(inner + 1e-9), 1e-6, "continuous", scale=1.0)


RADIUS = np.linspace(4.4, 5.6, 25)


@pytest.fixture(scope="module")
def table():
    return cj.delta_chi2_table({"r_n_cs": RADIUS}, ((RADIUS - 5.0) / 0.1) ** 2, "scattering")


@pytest.fixture(scope="module")
def constrained():
    return cj.Likelihood("apv-cs").fit(["sin2_theta_w"], constrain={"r_n_cs": (5.0, 0.1)})


def test_a_gaussian_table_is_a_constraint(table, constrained):
    likelihood = cj.Likelihood(["apv-cs", table])
    fit = likelihood.fit(["sin2_theta_w"])
    assert fit.converged
    assert fit.dof == constrained.dof
    for level in (0.6827, 0.9, 0.9973):
        assert_close(
            np.array(fit.interval("sin2_theta_w", level).pieces),
            np.array(constrained.interval("sin2_theta_w", level).pieces),
            1e-9,
            "a root to 1e-9",
        )
    assert_close(fit.covariance, constrained.covariance, 1e-9, "rounding of a spline")
    grid = {"sin2_theta_w": np.linspace(0.22, 0.25, 7)}
    one = likelihood.scan(grid)
    other = cj.Likelihood("apv-cs").scan(grid, constrain={"r_n_cs": (5.0, 0.1)})
    assert_close(one.chi2, other.chi2, 1e-9, "rounding of a spline", scale=1.0)


def test_a_table_of_a_file(tmp_path, table, constrained, monkeypatch):
    path = tmp_path / "scattering.csv"
    rows = [f"{r!r},{((r - 5.0) / 0.1) ** 2!r}" for r in map(float, RADIUS)]
    path.write_text("\n".join(["# a comment", "r_n_cs,delta_chi2", *rows[::-1], ""]))
    fit = cj.Likelihood(["apv-cs", str(path)]).fit(["sin2_theta_w"])
    assert_close(fit.error("sin2_theta_w"), constrained.error("sin2_theta_w"), 1e-9, "a root to 1e-9")


def test_parameters_stay_within_the_table(table):
    likelihood = cj.Likelihood([cj.measurements.apv_cs(), table])
    fit = likelihood.fit(["sin2_theta_w", "r_n_cs"])
    assert fit.specification.bounds["r_n_cs"] == (4.4, 5.6)
    for values in ({"r_n_cs": 5.7}, {"r_n_cs": 4.0}):
        with pytest.raises(cj.InputError, match=r"r_n_cs: expected a value from 4.4 to 5.6, where a table"):
            likelihood.fit(["sin2_theta_w"], values=values)
    held = likelihood.fit(["sin2_theta_w"], values={"r_n_cs": 5.1})
    assert held.chi2 == pytest.approx(1.0, abs=1e-9)


def test_a_table_holds_no_data(table):
    likelihood = cj.Likelihood([cj.measurements.apv_cs(), table])
    for call in (
        lambda: likelihood.toys(10, free=["sin2_theta_w"]),
        lambda: likelihood.feldman_cousins({"sin2_theta_w": "0.22:0.25:3"}),
        lambda: likelihood.forecast(free=["sin2_theta_w"]),
        lambda: likelihood.asimov(),
    ):
        with pytest.raises(cj.InputError, match="scattering is a table of delta chi2, without data"):
            call()


SLIPS = {
    "empty": ("", "expected a header such as r_n_cs,delta_chi2"),
    "no header": ("4.4,9\n4.5,4\n", "expected a header of parameters and, last, delta_chi2"),
    "twice": ("r_n_cs,r_n_cs,delta_chi2\n", "expected a header"),
    "text": ("r_n_cs,delta_chi2\n4.4,nine\n", "line 2: .*expected a number"),
    "not finite": ("r_n_cs,delta_chi2\n4.4,nan\n", "line 2: .*expected a"),
    "missing": ("r_n_cs,delta_chi2\n4.4\n", "line 2: expected 2 numbers, found 1"),
    "few": ("r_n_cs,delta_chi2\n4.4,9\n4.5,4\n4.6,1\n", "r_n_cs: expected 4 values or more, found 3"),
    "hole": (
        "r_n_cs,r_n_i,delta_chi2\n" + "\n".join(f"{x},{y},1" for x in range(4) for y in range(4) if x + y),
        "one row for each of the 4 x 4 combinations, found 15",
    ),
    "double": (
        "r_n_cs,r_n_i,delta_chi2\n" + "\n".join(f"{x},{y or x},1" for x in range(4) for y in range(4)),
        "found one more than once",
    ),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_spoilt_tables_are_refused(tmp_path, slip):
    text, message = SLIPS[slip]
    path = tmp_path / "t.csv"
    path.write_text(text)
    with pytest.raises(cj.InputError, match=message) as error:
        cj.delta_chi2_table(path)
    assert "\n" not in str(error.value)


def test_slips_in_python(table):
    number: Any = 5
    for call, message in (
        (lambda: cj.delta_chi2_table({"r_n_cs": RADIUS}), "expected an array of all combinations"),
        (lambda: cj.delta_chi2_table({"r_n_cs": RADIUS}, RADIUS[:-1]), "of shape"),
        (lambda: cj.delta_chi2_table({"r_n_cs": RADIUS[::-1]}, RADIUS), "increasing"),
        (lambda: cj.delta_chi2_table({"r_n_cs": RADIUS}, np.full(25, np.nan)), "finite values of delta chi2"),
        (lambda: cj.delta_chi2_table("nothere.csv"), "nothere.csv"),
        (lambda: cj.delta_chi2_table(number), "source: expected the name of a file, or values by name"),
        (lambda: cj.Likelihood([table]).fit(["r_n_c"]), "unknown parameter"),
        (lambda: cj.Likelihood([table]), "unknown parameter 'r_n_cs'"),
    ):
        with pytest.raises(cj.InputError, match=message):
            call()


# A term of one's own


def test_the_page_on_terms_runs():
    """Log-normal errors: the interval of a strength is exp(±s) about what is seen over what is expected."""
    (block,) = re.findall(r"```python\n(.*?)```", (DOCS / "terms.md").read_text(), re.DOTALL)
    found: dict[str, Any] = {"__name__": "page"}
    exec(compile(block, "terms.md", "exec"), found)
    fit, conus = found["fit"], found["conus"]
    relative = float(conus.errors[0] / conus.observed[0])
    seen = float(conus.observed[0]) / float(cj.Likelihood(conus).predict()[0].counts["cevns"][0])
    assert fit.converged
    assert fit.values["cevns_norm"] == pytest.approx(seen, rel=1e-6)
    ((low, high),) = fit.interval("cevns_norm").pieces
    assert (low, high) == pytest.approx((seen * np.exp(-relative), seen * np.exp(relative)), rel=1e-6)
    toys = fit.likelihood.toys(500, free=["cevns_norm"])
    assert toys.converged
    assert abs(np.log(toys.values["cevns_norm"] / seen).std() / relative - 1.0) < 5.0 / np.sqrt(2 * 500)
