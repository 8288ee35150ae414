"""Unbinned events: against iminuit's extended likelihood, differences, fine bins, narrow bins of the same response."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import unbinned_csi as csi
from closed_form_problems import problem_of
from iminuit import cost
from scipy import stats
from scipy.optimize import root
from tolerance import assert_close

import cevnsjax as cj
from cevnsjax.detectors.events import EventDetector, EventResponse
from cevnsjax.detectors.response import BinnedDetector
from cevnsjax.folding.fold import fold
from cevnsjax.folding.prediction import component_counts
from cevnsjax.inference.grid.intervals import intervals
from cevnsjax.inference.minimise.best_fit import best_fit
from cevnsjax.inference.minimise.solver import Solver
from cevnsjax.inference.problem.programs import Evaluation
from cevnsjax.inference.toys.refit import fit_toys
from cevnsjax.interactions.combination import combine
from cevnsjax.measurements import described as experiment
from cevnsjax.measuring.terms.poisson import PoissonCounts
from cevnsjax.measuring.terms.unbinned import unbinned_events
from cevnsjax.stages.stage import Constant, Stage

WINDOW = (0.0, 10.0)
SIGNAL, BACKGROUND = 60.0, 140.0


def drawn_events():
    random = np.random.default_rng(8)
    signal = random.normal(4.3, 0.7, 55)
    return np.concatenate([signal, random.uniform(*WINDOW, 150)])


class Peak(Stage):
    """A Gaussian of mean m and width w: the share in each bin, then the density at each event."""

    edges: np.ndarray
    x: np.ndarray

    def own_parameters(self):
        return frozenset(("m", "w"))

    def __call__(self, params):
        m, w = params["m"], params["w"]
        cumulative = jax.scipy.stats.norm.cdf(self.edges, m, w)
        return jnp.concatenate([jnp.diff(cumulative), jax.scipy.stats.norm.pdf(self.x, m, w)])


def peak_problem(x, edges):
    """A peak over a flat background, with strengths s and b and the position and the width of the peak."""
    flat = np.concatenate([np.diff(edges), np.ones(len(x))]) / (WINDOW[1] - WINDOW[0])
    term = unbinned_events("here", x[:, None], {"x [1]": edges})
    bounds = {"s": (0.0, 400.0), "b": (0.0, 900.0), "m": (2.0, 7.0), "w": (0.2, 3.0)}
    return problem_of(term, [Peak(edges, x), Constant(flat)], ["s", "b"], bounds)


def theirs(x) -> Any:
    """iminuit's cost function of the same: 2 (ν - Σ ln ρ)."""

    def model(x, s, b, m, w) -> Any:
        peak = stats.norm(m, w)
        inside = peak.cdf(WINDOW[1]) - peak.cdf(WINDOW[0])
        return s * inside + b, s * peak.pdf(x) + b / (WINDOW[1] - WINDOW[0])

    density: Any = model
    return cost.ExtendedUnbinnedNLL(x, density)


START = np.array([SIGNAL, BACKGROUND, 4.3, 0.7])


def slope(x, point):
    """The gradient of iminuit's function, written by hand: 2 (∂ν - Σ ∂ρ/ρ)."""
    s, b, m, w = point
    peak, length = stats.norm(m, w), WINDOW[1] - WINDOW[0]
    low, high = ((end - m) / w for end in WINDOW)
    pdf, ends = peak.pdf(x), peak.pdf(WINDOW)
    rho = s * pdf + b / length
    pull = (x - m) / w
    of_nu = [
        peak.cdf(WINDOW[1]) - peak.cdf(WINDOW[0]),
        1.0,
        -s * (ends[1] - ends[0]),
        -s * (high * ends[1] - low * ends[0]),
    ]
    of_rho = [pdf, 1.0 / length, s * pdf * pull / w, s * pdf * (pull**2 - 1.0) / w]
    return np.array([2.0 * (nu - np.sum(each / rho)) for nu, each in zip(of_nu, of_rho, strict=True)])


def lowest(x, start, held=None):
    """Where the gradient vanishes, all parameters but the one that is `held` at its start."""
    moving = [k for k in range(4) if k != held]

    def at(rest):
        point = np.array(start, float)
        point[moving] = rest
        return point

    solution = root(lambda rest: slope(x, at(rest))[moving], np.asarray(start)[moving], tol=1e-13)
    assert np.abs(solution.fun).max() < 1e-8
    return at(solution.x)


def test_minimum_and_intervals_are_those_of_iminuits_cost():
    x = drawn_events()
    reference = theirs(x)
    solver = Solver(peak_problem(x, np.linspace(*WINDOW, 3)))
    found = best_fit(solver, START, np.ones(4, bool))
    differences = [(reference(*(START + e)) - reference(*(START - e))) / (2.0 * e.sum()) for e in np.diag(1e-5 * START)]
    assert_close(slope(x, START), differences, 1e-6, "central differences", scale=10.0)
    best = lowest(x, START)
    assert found.converged
    assert_close(found.u, best, 1e-8, "a minimum to 1e-9 of an error")
    # Both functions have the same differences, and no constant that parameters move.
    shifted = START * np.array([1.1, 0.9, 1.02, 1.2])
    height = reference(*shifted) - reference(*best)
    assert_close(float(solver.problem(shifted)) - found.value, height, 1e-9, "rounding of 200 logarithms")
    for k in range(4):
        ((interval,), _) = intervals(solver, k, found, np.ones(4, bool), [1.0])
        # Δχ² rises by 2 in an error there: its height to 2e-6 is the edge to 1e-6 of the error.
        for edge in np.ravel(interval.pieces):
            start = np.where(np.arange(4) == k, edge, best)
            profiled = reference(*lowest(x, start, held=k)) - reference(*best)
            assert_close(profiled, 1.0, 2e-6, "an edge to 1e-6 of an error")


def test_derivatives_part_by_part_by_jax_and_by_differences():
    problem = peak_problem(drawn_events(), np.linspace(*WINDOW, 6))
    u = START * np.array([1.2, 0.8, 1.01, 0.9])
    rows = Evaluation(problem, jax.devices()[:1]).at(u[None], np.zeros(1, int))
    value, gradient, hessian = (each[0] for each in rows(u[None], np.zeros(1, int)))
    assert_close(value, problem(u), 1e-11, "a sum of 200 logarithms")
    forward, reverse = (turn(jax.grad(problem))(jnp.asarray(u)) for turn in (jax.jacfwd, jax.jacrev))
    assert_close(forward, reverse, 1e-10, "rounding of sums", scale=np.abs(reverse).max())
    assert_close(gradient, jax.grad(problem)(jnp.asarray(u)), 1e-10, "rounding of sums", scale=np.abs(gradient).max())
    assert_close(hessian, forward, 1e-10, "rounding of sums", scale=np.abs(hessian).max())
    differences = [(problem(u + s) - problem(u - s)) / (2.0 * s.sum()) for s in np.diag(1e-5 * u)]
    assert_close(gradient, differences, 1e-6, "central differences", scale=np.abs(gradient).max())


def test_chi2_tends_to_that_of_bins_that_become_narrow():
    """Also in value: a constant per event, the events in its bin over its width, is what bins subtract."""
    x = drawn_events()
    minima = []
    for bins in (200, 800, 3200):
        edges = np.linspace(*WINDOW, bins + 1)
        problem = peak_problem(x, edges)
        counts = np.histogram(x, edges)[0].astype(float)
        stages = [Peak(edges, x[:0]), Constant(np.diff(edges) / (WINDOW[1] - WINDOW[0]))]
        bounds = dict(zip(problem.names, zip(problem.lower, problem.upper, strict=True), strict=True))
        binned = problem_of(PoissonCounts(counts), stages, ["s", "b"], bounds)
        fits = [best_fit(Solver(each), START, np.ones(4, bool)) for each in (problem, binned)]
        minima.append([(fit.u, fit.value) for fit in fits])
    error = np.sqrt(np.diag(best_fit(Solver(problem), START, np.ones(4, bool)).covariance))
    apart = [np.abs((own[0] - binned[0]) / error).max() for own, binned in minima]
    assert apart[0] < 0.2
    assert apart[2] < 0.3 * apart[0]
    values = [abs(own[1] - binned[1]) for own, binned in minima]
    assert values[2] < 0.05


TRUTH = np.array([300.0, 500.0, 4.3, 0.7])
"""So many events that χ² of toys is nearly a parabola."""


def test_toys_are_counts_in_the_bins_and_pulls_are_normal():
    edges = np.linspace(*WINDOW, 201)
    problem = peak_problem(drawn_events(), edges)
    toys = fit_toys(problem, TRUTH, 600, 4)
    assert toys.converged.mean() > 0.99
    pulls = ((toys.u - TRUTH) / np.sqrt(np.diagonal(toys.covariance, axis1=1, axis2=2)))[toys.converged]
    assert np.all(np.abs(pulls.mean(axis=0)) < 5.0 / np.sqrt(600))
    assert np.all(np.abs(pulls.std(axis=0) - 1.0) < 0.15)
    # The spread is that of the information of the density, integrated: bins of a fourteenth of the width lose 1e-4.
    x = np.linspace(*WINDOW, 20_001)
    (folded,) = peak_problem(x, np.array(WINDOW)).chi2.measurements
    density = jax.jacfwd(lambda u: sum(folded.contributions(dict(zip(problem.names, u, strict=True))))[1:])
    slopes, rho = (
        np.asarray(density(jnp.asarray(TRUTH))),
        np.asarray(sum(folded.contributions(dict(zip(problem.names, TRUTH, strict=True)))))[1:],
    )
    information = np.trapezoid(slopes[:, :, None] * slopes[:, None, :] / rho[:, None, None], x, axis=0)
    expected = np.sqrt(np.diag(np.linalg.inv(information)))
    assert_close(toys.u[toys.converged].std(axis=0), expected, 0.12, "600 toys")


def test_draws_have_mean_and_covariance_of_poisson_events():
    term = unbinned_events("here", np.array([[1.0], [3.0]]), {"x": np.array([0.0, 2.0, 3.5, 10.0])})
    expected = np.array([4.0, 1.5, 9.0, 0.0, 0.0])
    drawn = term.draw(np.random.default_rng(1), np.broadcast_to(expected, (40_000, 5)))
    assert np.all(drawn[:, 3:] == 0.0)
    assert_close(drawn[:, :3].mean(axis=0), expected[:3], 0.02, "40 000 draws")
    assert_close(np.cov(drawn[:, :3].T), np.diag(expected[:3]), 0.2, "40 000 draws", scale=1.0)
    total = drawn.sum(axis=1)
    assert_close([total.mean(), total.var()], [14.5, 14.5], 0.03, "a Poisson number of events in all")


def test_no_density_at_an_event_is_infinite_and_no_event_is_twice_what_is_expected():
    term = unbinned_events("here", np.array([[1.0], [3.0]]), {"x": np.array([0.0, 5.0])})
    rows = np.array([2.0, 0.3, 0.0])
    with np.errstate(divide="ignore"):
        assert term.chi2(rows) == np.inf
    assert float(jax.jit(lambda e: term.chi2(e))(jnp.asarray(rows))) == np.inf
    assert term.possible(np.array([rows, [2.0, 0.3, 1e-9]])).tolist() == [False, True]
    none = unbinned_events("here", np.empty((0, 1)), {"x": np.array([0.0, 5.0])})
    assert_close(none.chi2(np.array([2.5])), 5.0)


def test_chi2_of_one_event_by_hand():
    term = unbinned_events("here", np.array([[1.0]]), {"x": np.array([0.0, 4.0])})
    nu, rho = 1.7, 0.6
    assert_close(term.chi2(np.array([nu, rho])), 2.0 * (nu - 1.0 - np.log(rho / 0.25)))
    slope, root = term.derivatives(np.array([nu, rho]))
    assert_close(slope, [2.0, -2.0 / rho])
    assert_close(root**2, [0.0, 2.0 / rho**2])


# The density of the response: COHERENT CsI


ENERGY, TIME = np.linspace(0.0, 60.0, 21), np.linspace(0.0, 6.0, 13)
FAR = {"sin2_theta_w": 0.26, "quenching_shape_0": 0.7, "quenching_shape_1": -0.4, "efficiency_shape": 0.5,
       "smearing_mean_inverse": 0.08, "smearing_shape": 9.1, "time_shift_nu": 0.11, "efficiency_b": 0.3, "r_n_cs": 4.7,
       "time_shift_brn": -0.07}  # fmt: skip


def rows_of(measurement, **values):
    """What is expected of each component, at the defaults but for `values`."""
    folded = fold(measurement, combine())
    known = {p.name: p.default for p in (*combine().parameters(), *measurement.parameters())}
    return dict(zip(folded.components, map(np.asarray, folded.contributions(known | values)), strict=True))


@pytest.mark.parametrize("values", [{}, FAR], ids=["nominal", "far"])
def test_the_density_is_the_counts_in_a_narrow_bin_over_its_size(values):
    """Of every component, at events of all energies and times; narrow bins share the response, not its density."""
    events = np.array([[6.1, 0.411], [9.7, 0.523], [21.3, 0.867], [38.9, 2.203], [55.2, 4.337]])
    dense = rows_of(csi.unbinned(ENERGY, TIME, events=events), **values)
    for k, (x, t) in enumerate(events):
        width = np.array([2e-3, 2e-5])  # within a bin of the histograms of time, where the density is a parabola
        energy, time = x + width[0] * np.array([-0.5, 0.5]), t + width[1] * np.array([-0.5, 0.5])
        narrow = rows_of(cj.measurements.coherent_csi_2021(binning={"energy": energy, "time": time}), **values)
        for name in ("cevns", "brn", "nin"):
            expected = narrow[name].item() / width.prod()
            error = "a bin of finite size, and its difference of cumulative distributions"
            assert_close(
                dense[name][len(dense[name]) - len(events) + k], expected, 2e-6, error, scale=max(expected, 1e-6)
            )


def test_the_density_integrates_to_the_counts_of_the_window():
    """Gauss-Legendre nodes for events, in pieces where histograms and splines are smooth."""
    edges = np.linspace(12.0, 20.0, 3), np.linspace(0.4, 0.9, 3)
    (x, wx), (t, wt) = (
        nodes(np.arange(12.0, 20.5), 4), nodes(0.4 + 0.01 * np.arange(51), 4)
    )  # fmt: skip
    events = np.stack(np.meshgrid(x, t, indexing="ij"), axis=-1).reshape(-1, 2)
    measurement = csi.unbinned(*edges, events=events)
    weights = np.outer(wx, wt).ravel()
    for values in ({}, {"sin2_theta_w": 0.26, "efficiency_shape": 0.5, "quenching_shape_0": 0.7}):
        for name, rows in rows_of(measurement, **values).items():
            assert_close(rows[4:] @ weights, rows[:4].sum(), 1e-8, f"quadrature of {name}")


def nodes(breaks, order):
    x, w = np.polynomial.legendre.leggauss(order)
    half = 0.5 * np.diff(breaks)
    return (breaks[:-1, None] + half[:, None] * (x + 1.0)).ravel(), (half[:, None] * w).ravel()


def test_energy_alone_with_a_narrow_resolution():
    """A Gaussian narrower than the bins, in closed form: the density at events against bins of a thousandth of it."""
    whole = experiment("germanium-reactor")
    window = whole.counted().detector
    assert isinstance(window, BinnedDetector)
    assert window.energy.smearing is not None
    (edges,) = window.axes.values()
    x = edges[0] + (edges[-1] - edges[0]) * np.array([0.03, 0.11, 0.4, 0.83])
    flavours = len(whole.counted().source.components)
    events = energy_only(whole, x, flavours)
    dense = rows_of(events)["cevns"][-len(x) :]
    width = 1e-3 * float(window.energy.smearing.deviation(x[:1], window.energy.nominal())[0])
    for k, value in enumerate(x):
        energy = dataclasses.replace(window.energy, edges=value + width * np.array([-0.5, 0.5]))
        scattering = dataclasses.replace(whole.counted(), detector=dataclasses.replace(window, energy=energy))
        narrow = dataclasses.replace(
            whole, scattering=scattering, backgrounds=(), strengths=whole.strengths[:1], term=PoissonCounts(np.zeros(1)),
            declared=(),
        )  # fmt: skip
        assert_close(dense[k], rows_of(narrow)["cevns"][0] / width, 1e-6, "a bin of finite size")
    fit = cj.Likelihood(events).fit(["cevns_norm"])
    assert fit.converged
    assert fit.accuracy.error < 1e-4


def energy_only(whole, x, flavours):
    """A measurement without other axes, in events."""
    detector = EventDetector(whole.scattering.detector, x, Constant(np.ones((flavours, len(x)))))
    edges = whole.axes[next(iter(whole.axes))]
    backgrounds = []
    for stage in whole.backgrounds:
        counts = np.asarray(stage({}))
        place = np.clip(np.searchsorted(edges, x, side="right") - 1, 0, len(counts) - 1)
        backgrounds.append(detector.background(stage, Constant(counts[place] / np.diff(edges)[place])))
    return dataclasses.replace(
        whole,
        scattering=dataclasses.replace(whole.scattering, detector=detector),
        backgrounds=tuple(backgrounds),
        term=unbinned_events(whole.name, x[:, None], whole.axes),
        asimov=False,
    )


def test_derivatives_by_every_nuisance_of_the_response():
    """Quenching, resolution, efficiency and times live together: by differences, forward as reverse."""
    some = csi.observed_events()[::40]
    free = [name for name in FAR if name != "r_n_cs"]
    problem = cj.Likelihood(csi.unbinned(ENERGY, TIME, "shape", some)).problem(free=free)
    u = problem.coordinates(dict.fromkeys(problem.names, 1.0) | FAR)
    function = jax.jit(problem)
    gradient = np.asarray(jax.jit(jax.grad(problem))(u))
    hessian = np.asarray(jax.jit(jax.hessian(problem))(u))
    reverse = np.asarray(jax.jit(jax.jacrev(jax.grad(problem)))(u))
    scale = np.sqrt(np.outer(np.diag(np.abs(hessian)), np.diag(np.abs(hessian))))
    assert_close(hessian / scale, reverse / scale, 1e-9, "rounding of sums", scale=1.0)
    steps = 1e-4 / np.sqrt(np.abs(np.diag(hessian)))
    differences = [(function(u + s) - function(u - s)) / (2.0 * s.sum()) for s in np.diag(steps)]
    error = np.sqrt(np.abs(np.diag(hessian)))
    assert_close(gradient / error, np.array(differences) / error, 1e-5, "central differences", scale=1.0)


@pytest.fixture(scope="module")
def events_fit():
    return cj.Likelihood(csi.unbinned(ENERGY, TIME)).fit(["sin2_theta_w"])


def test_csi_in_events_is_what_fine_bins_tend_to(events_fit):
    """sin²θ_W from the 1578 events, against bins of 0.5 PE x 25 ns: the statistics of two analyses of the same events."""
    fine = cj.Likelihood(csi.binned(np.linspace(0.0, 60.0, 121), np.linspace(0.0, 6.0, 241)))
    coarse = cj.Likelihood(csi.binned(csi.STEADY_BINS, csi.TIME_BINS))
    (of_fine, of_coarse) = (likelihood.fit(["sin2_theta_w"]) for likelihood in (fine, coarse))
    value, error = events_fit.values["sin2_theta_w"], events_fit.error("sin2_theta_w")
    assert events_fit.converged
    assert abs(of_fine.values["sin2_theta_w"] - value) < 0.03 * error
    assert abs(of_coarse.values["sin2_theta_w"] - value) > 3.0 * abs(of_fine.values["sin2_theta_w"] - value)
    assert_close(of_fine.error("sin2_theta_w"), error, 1e-3, "bins of a width")
    assert events_fit.accuracy.error < 1e-8


def test_the_minimum_does_not_depend_on_the_bins(events_fit):
    other = cj.Likelihood(csi.unbinned(np.linspace(0.0, 60.0, 9), np.linspace(0.0, 6.0, 4))).fit(["sin2_theta_w"])
    assert_close(other.values["sin2_theta_w"], events_fit.values["sin2_theta_w"], 1e-8, "minima to 1e-9 of an error")
    assert_close(other.error("sin2_theta_w"), events_fit.error("sin2_theta_w"), 1e-6, "edges of an interval")


def test_bins_are_what_is_shown(events_fit):
    likelihood = events_fit.likelihood
    in_bins = cj.Likelihood(csi.binned(ENERGY, TIME))
    params = {name: events_fit.values[name] for name in events_fit.specification.coordinates}
    shown, expected = (each.predict(values=params)[0] for each in (likelihood, in_bins))
    for name, counts in expected.counts.items():
        assert_close(shown.counts[name], counts, 1e-9, "more nodes")
    assert_close(shown.observed, expected.observed)
    assert_close(shown.errors, expected.errors)
    assert_close(shown.signal.sum(axis=(0, 1)), shown.counts["cevns"], 1e-9, "sums in another order")
    assert_close(shown.quadrature_error, 0.0, 1e-6, "the quadrature of bins", scale=1.0)
    for name, (total, _) in events_fit.events().items():
        assert_close(total, expected.counts[name].sum(), 1e-9, "more nodes")
    text = str(likelihood.measurements[0])
    assert "1578 in all" in text
    shown.plot()


def test_unbinned_events_have_no_goodness_of_fit(events_fit):
    assert events_fit.dof is None
    assert "no measure of how good the fit is" in str(events_fit)
    assert events_fit.as_dict()["dof"] is None
    study = events_fit.likelihood.toys(40, free=["sin2_theta_w"], test={"sin2_theta_w": 0.23863}, seed=3)
    assert study.converged
    assert "goodness_of_fit" not in study.as_dict()
    assert "goodness" not in str(study)
    with pytest.raises(cj.InputError, match="there is no goodness of fit"):
        study.goodness_of_fit()
    study.plot()
    assert 0.0 < study.p_value()[0] <= 1.0  # the hypothesis is 0.1 errors from the best fit


def test_expected_events_are_fitted_at_their_truth(events_fit):
    forecast = events_fit.likelihood.forecast(free=["sin2_theta_w"])
    assert_close(forecast.values["sin2_theta_w"], 0.23863, 1e-6, "a minimum")
    assert_close(forecast.chi2, 0.0, 1e-8, "rounding", scale=1.0)
    # Bins of 3 PE x 0.5 us: the error of the events is that of bins which are narrow.
    binned = cj.Likelihood(csi.binned(ENERGY, TIME)).forecast(free=["sin2_theta_w"])
    assert_close(forecast.error("sin2_theta_w"), binned.error("sin2_theta_w"), 1e-6, "edges of an interval")


def test_other_models_and_electrons_take_events():
    """A mediator whose recoils rise towards low energies, with scattering off electrons, in events as in narrow bins."""
    some = csi.observed_events()[::10]
    model = cj.light_vector("B-L")
    params = {"g_zp": 3e-5, "m_zp": 5.0}
    dense = cj.Likelihood(csi.unbinned(ENERGY, TIME, events=some), model, electrons=True)
    folded = dense.folded[0]
    whole = dense.parameters.complete() | params
    rows = dict(zip(folded.components, folded.contributions(whole), strict=True))
    assert set(rows) > {"cevns", "brn"}
    x, t = some[37]
    energy, time = x + 2e-3 * np.array([-0.5, 0.5]), t + 2e-5 * np.array([-0.5, 0.5])
    single = cj.measurements.coherent_csi_2021(binning={"energy": energy, "time": time})
    narrow = cj.Likelihood(single, model, electrons=True)
    counts = component_counts(narrow.folded[0], narrow.parameters.complete() | params)
    for name in set(rows) - {"brn", "nin", "ss"}:
        assert_close(rows[name][-len(some) + 37], counts[name].item() / 4e-8, 1e-5, "a bin of finite size")
    fit = dense.fit(["g_zp"], values={"m_zp": 5.0})
    assert fit.converged


@pytest.mark.slow
def test_a_posterior_of_events(events_fit):
    posterior = events_fit.likelihood.sample(free=["sin2_theta_w"], seed=1)
    mean = posterior.as_dict()["parameters"]["sin2_theta_w"]["mean"]
    assert abs(mean - events_fit.values["sin2_theta_w"]) < 0.5 * events_fit.error("sin2_theta_w")
    assert posterior.predicted("csi").shape[-2:] == (20, 12)


AXES = {"energy [PE]": np.array([0.0, 20.0, 60.0]), "time [us]": np.array([0.0, 1.0, 6.0])}


@pytest.mark.parametrize(
    ("events", "message"),
    [
        ([[3.0, 1.0], [61.0, 2.0]], r"event 2: expected energy \[PE\] from 0 to 60, found 61"),
        ([[3.0, -0.1]], r"event 1: expected time \[us\] from 0 to 6, found -0.1"),
        ([[3.0, np.nan]], r"event 1: expected time \[us\] from 0 to 6, found nan"),
        ([[3.0], [4.0]], r"a row of energy \[PE\], time \[us\] for each event, found shape \(2, 1\)"),
        ([3.0, 1.0], r"for each event, found shape \(2,\)"),
    ],
)
def test_events_that_are_not_in_the_window_are_refused(events, message):
    with pytest.raises(cj.InputError, match=f"here.*{message}") as error:
        unbinned_events("here", np.array(events), AXES)
    assert "\n" not in str(error.value)


def test_parts_that_do_not_belong_together_are_refused():
    events = csi.observed_events()[:7]
    one = csi.unbinned(ENERGY, TIME, events=events)
    detector = one.scattering.detector
    with pytest.raises(cj.InputError, match="expected the 246 bins and events of the data in the detector, found 247"):
        dataclasses.replace(one, term=unbinned_events("here", events[:6], one.axes))
    with pytest.raises(cj.InputError, match=r"expected events in bins of shape \(20, 12\), found \(2, 2\)"):
        dataclasses.replace(one, term=unbinned_events("here", events, AXES))
    with pytest.raises(cj.InputError, match="expected the density of a background at 7 events, found 3"):
        detector.background(Constant(np.ones((20, 12))), Constant(np.ones(3)))
    with pytest.raises(cj.InputError, match="densities of a background of 0 or more"):
        detector.background(Constant(np.ones((20, 12))), Constant(np.full(7, np.nan)))
    sharp = dataclasses.replace(detector.window.energy, smearing=None)
    with pytest.raises(cj.InputError, match="expected a resolution"):
        EventResponse(sharp, np.ones((1, 1)), np.ones(2))
