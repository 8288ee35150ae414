"""Workspaces of pyhf and histograms as experiments' folders, compared with pyhf and with what they were made of."""

import copy
import json
from typing import Any

import boost_histogram
import jax
import numpy as np
import pyhf
import pyhf.infer.mle
import pytest
import uhi.io.json
from numpy.testing import assert_allclose

import cevnsjax as cj
from cevnsjax.experiments.importing.folders import FORMS, import_file
from cevnsjax.joint.checking import checked
from cevnsjax.measuring.terms.finite_templates import FiniteTemplates
from cevnsjax.stages.interpolation import Added, scaled

CODES = {
    "smooth": {"normsys": {"interpcode": "code4"}, "histosys": {"interpcode": "code4p"}},
    "piecewise": {"normsys": {"interpcode": "code1"}, "histosys": {"interpcode": "code0"}},
}
MU = {"name": "mu", "type": "normfactor", "data": None}
LUMI = {"name": "lumi", "type": "lumi", "data": None}
TILT = {"name": "tilt", "type": "histosys", "data": {"hi_data": [55.0, 61.0, 70.0], "lo_data": [47.0, 60.5, 73.0]}}
OF_LUMI = {"name": "lumi", "auxdata": [1.0], "sigmas": [0.02], "inits": [1.0], "bounds": [[0.5, 1.5]]}


def norm(name: str, high: float, low: float) -> dict[str, Any]:
    return {"name": name, "type": "normsys", "data": {"hi": high, "lo": low}}


def of_bins(kind: str, name: str, data: list[float] | None) -> dict[str, Any]:
    return {"name": name, "type": kind, "data": data}


def workspace(channels, observed, parameters=(), poi="mu"):
    """Return a workspace; `channels` are samples (counts, modifiers) by name, by the name of the channel."""
    return {
        "channels": [
            {"name": name, "samples": [{"name": key, "data": data, "modifiers": m} for key, (data, m) in each.items()]}
            for name, each in channels.items()
        ],
        "observations": [{"name": name, "data": data} for name, data in observed.items()],
        "measurements": [{"name": "fit", "config": {"poi": poi, "parameters": list(parameters)}}],
        "version": "1.0.0",
    }


def single(modifiers, signal=(MU,), parameters=()):
    """Return a workspace of a channel, a signal and a background with these modifiers."""
    samples = {"signal": ([5.0, 9.0, 4.0], list(signal)), "background": ([50.0, 60.0, 72.0], modifiers)}
    return workspace({"SR": samples}, {"SR": [57.0, 66.0, 70.0]}, parameters)


def mc(*data):
    return of_bins("staterror", "mc", list(data))


BOTH = workspace(
    {
        "SR": {
            "signal": ([5.0, 9.0, 4.0], [MU, LUMI, norm("theory", 1.15, 0.9), mc(1.0, 0.0, 0.5)]),
            "fake": ([50.0, 60.0, 72.0], [TILT, norm("tilt", 1.1, 0.95), LUMI, mc(3.0, 0.0, 4.0)]),
            "rare": ([0.0, 3.0, 2.0], [of_bins("shapesys", "b/g", [1.0, 0.0, 0.7])]),
        },
        "CR": {
            "fake": ([90.0, 80.0], [LUMI, norm("tilt", 0.9, 1.2), of_bins("shapefactor", "free", None), mc(5.0, 4.0)]),
            "signal": ([1.0, 2.0], [LUMI, mc(0.2, 0.3)]),
            "other": ([8.0, 7.0], [{**MU, "name": "other_norm"}, {**MU, "name": "signal_CR_norm"}]),
        },
    },
    {"SR": [57.0, 71.0, 70.0], "CR": [100.0, 85.0]},
    (OF_LUMI, {"name": "theory", "bounds": [[-3.0, 4.0]]}, {"name": "other_norm", "inits": [1.2], "fixed": True}),
)
"""Everything that is carried: names that are reused, bins that pyhf fixes, a factor that is fixed, a name with a
stroke, the name of a strength for another factor."""
OF_BOTH = {
    "mc": ["mc_CR_1", "mc_CR_2", "mc_SR_1", None, "mc_SR_3"],
    "b/g": [None, None, "b_g_3"],
    "signal_CR_norm": ["normfactor_signal_CR_norm"],
}
WORKSPACES = {
    "normsys": (single([norm("scale", 1.2, 0.85)]), {}),
    "histosys": (single([TILT]), {}),
    "lumi": (single([LUMI], parameters=[OF_LUMI]), {}),
    "staterror": (single([of_bins("staterror", "mc", [5.0, 6.0, 9.0])]), {}),
    "shapesys": (single([of_bins("shapesys", "mc", [5.0, 6.0, 9.0])]), {}),
    "shapefactor": (single([of_bins("shapefactor", "level", None)]), {}),
    "all, two channels": (BOTH, OF_BOTH),
}


def points(model, count=12, seed=3):
    """Return values of pyhf's parameters within their bounds, pulls on both sides of ±1; those it fixes stay."""
    random, start = np.random.default_rng(seed), np.array(model.config.suggested_init())
    low, high = np.transpose(model.config.suggested_bounds())
    width = np.where(start == 0.0, 1.4, 0.25) * ~np.array(model.config.suggested_fixed())
    return [np.clip(start + width * random.standard_normal(len(start)), low, high) for _ in range(count)]


def in_folder(model, values, names):
    """Return the values of the folder's parameters; `names` are those that differ from pyhf's, of parameters of bins
    those of each, None of bins that stay 1."""
    made = {}
    for parameter in model.config.par_order:
        part = values[model.config.par_slice(parameter)]
        scalar = model.config.param_set(parameter).is_scalar
        own = names.get(parameter, [parameter] if scalar else [f"{parameter}_{k + 1}" for k in range(len(part))])
        made |= {name: float(value) for name, value in zip(own, part, strict=True) if name is not None}
    return made


def compare(likelihood, spec, names, form="smooth"):
    """Assert that -2 ln L of pyhf and χ² differ by a constant, the same to 1e-8 at all points."""
    model = pyhf.Workspace(spec).model(modifier_settings=CODES[form])
    data = pyhf.Workspace(spec).data(model)
    chosen = points(model)
    values = [in_folder(model, point, names) for point in chosen]
    free = [name for name in values[0] if name not in likelihood.specify().coordinates]
    problem = likelihood.problem(free=free)
    ours = np.array([float(problem(problem.coordinates(value))) for value in values])
    theirs = np.array([-2.0 * model.logpdf(point, data)[0] for point in chosen])
    assert np.ptp(ours) > 1.0
    assert_allclose(ours - ours[0], theirs - theirs[0], atol=1e-8)


@pytest.mark.parametrize(
    ("which", "form"), [*((which, FORMS[0]) for which in WORKSPACES), ("normsys", FORMS[1]), ("histosys", FORMS[1])]
)
def test_the_same_likelihood(which, form, tmp_path):
    spec, names = WORKSPACES[which]
    folder = cj.import_workspace(spec, tmp_path / "made", interpolation=form)
    content, likelihood = checked(str(folder))
    assert content["problems"] == []
    compare(likelihood, spec, names, form)


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    return cj.Likelihood(str(cj.import_workspace(BOTH, tmp_path_factory.mktemp("import") / "both")))


def test_parameters(both):
    """Bounds, starts and constraints of pyhf; what is fixed is no nuisance, and the one of interest is not either."""
    table = both.parameters
    assert table["theory"].bounds == (-3.0, 4.0)
    assert (table["lumi"].bounds, table["lumi"].constraint.width) == ((0.5, 1.5), 0.02)
    assert (table["mu"].bounds, table["mu"].profiled) == ((0.0, 10.0), False)
    assert (table["other_norm"].default, table["other_norm"].profiled) == (1.2, False)
    assert (table["free_1"].bounds, table["free_1"].constraint, table["free_1"].profiled) == ((0.0, 10.0), None, True)
    assert table["mc_SR_1"].constraint.width == pytest.approx(np.hypot(3.0, 1.0) / 55.0)  # of both samples
    assert "mc_SR_2" not in table  # no error: pyhf fixes it at 1
    assert ("b_g_1" in table, "b_g_2" in table, "b_g_3" in table) == (False, False, True)


def test_gradient(both):
    """Against central differences, whose error is 1e-7 of values of order 10."""
    problem = both.problem(free=["mu"])
    start = np.array([0.3 * np.sin(k) for k in range(len(problem.names))]) + problem.coordinates(
        {name: both.parameters[name].default for name in problem.names}
    )
    gradient = np.asarray(jax.grad(problem)(start))
    for k, step in enumerate(1e-6 * np.eye(len(start))):
        difference = float(problem(start + step) - problem(start - step)) / 2e-6
        assert gradient[k] == pytest.approx(difference, rel=1e-6, abs=1e-5)


def test_second_derivatives_of_the_forms():
    """Code 4 at ±1 has those of U^α and D^-α, and code 4p those of a straight line."""
    up, down = 1.3, 0.8
    factor = scaled(up, down, "x", smooth=True)
    shift = Added(np.array(4.0), np.array(7.0), "x", smooth=True)
    for sign, end in ((1.0, up), (-1.0, down)):
        inside = sign * (1.0 - 1e-9)
        assert jax.hessian(lambda x: factor({"x": x}))(inside) == pytest.approx(np.log(end) ** 2 * end, rel=1e-6)
        assert jax.grad(lambda x: factor({"x": x}))(inside) == pytest.approx(sign * np.log(end) * end, rel=1e-6)
        assert jax.hessian(lambda x: shift({"x": x})[0])(inside) == pytest.approx(0.0, abs=1e-6)
    assert np.isfinite(jax.hessian(lambda x: factor({"x": x}))(0.0))


def test_fit(tmp_path):
    """The best fit of pyhf's own minimiser, to the tolerance of SciPy's SLSQP."""
    model = pyhf.simplemodels.uncorrelated_background([5.0, 10.0], [50.0, 60.0], [5.0, 12.0])
    spec = pyhf.Workspace.build(model, [53.0, 65.0], name="fit")
    fit = cj.Likelihood(str(cj.import_workspace(spec, tmp_path / "made"))).fit(["mu"])
    pyhf.set_backend("numpy", pyhf.optimize.scipy_optimizer(tolerance=1e-12))
    theirs = pyhf.infer.mle.fit(pyhf.Workspace(spec).data(model), model)
    assert fit.converged
    ours = [fit.values[name] for name in ("mu", "uncorr_bkguncrt_1", "uncorr_bkguncrt_2")]
    assert_allclose(ours, theirs, atol=1e-5)


def test_round_trip(tmp_path):
    """An export, imported again: the same parameters, bounds and constraints, and the same χ²."""
    first = cj.Likelihood("coherent-csi-2021")
    first.export(tmp_path / "csi.json", "pyhf", free=["cevns_norm"])
    again = cj.Likelihood(str(cj.import_workspace(tmp_path / "csi.json", tmp_path / "csi-again")))
    names = ("cevns_norm", "brn_norm", "nin_norm", "ss_norm")
    for name in names:
        assert_allclose(again.parameters[name].bounds, first.parameters[name].bounds, atol=1e-12)
    (one, other) = (likelihood.parameters["ss_norm"].constraint for likelihood in (first, again))
    assert one is not None
    assert other is not None
    assert other.width == pytest.approx(one.width)
    values, random = [], np.random.default_rng(1)
    for _ in range(10):
        chosen = {name: 1.0 + 0.2 * random.standard_normal() for name in names}
        problems = [likelihood.problem(free=["cevns_norm"]) for likelihood in (first, again)]
        values.append([float(problem(problem.coordinates(chosen))) for problem in problems])
    assert np.ptp(values) > 10.0
    assert_allclose(np.diff(values), np.diff(values[:1]).item(), atol=1e-8)


def changed(change):
    """Return a workspace of all modifiers that a function has changed."""
    spec = copy.deepcopy(BOTH)
    change(spec)
    return spec


def sample(spec, channel=0, place=0):
    return spec["channels"][channel]["samples"][place]


REFUSED = [
    (lambda s: s.pop("version"), "expected the entry 'version'"),
    (lambda s: s.update(version="2.0.0"), "version: expected '1.0.0', found '2.0.0'"),
    (lambda s: sample(s)["data"].append(1.0), "channel SR: sample signal: data: expected 3 numbers, found 4"),
    (lambda s: sample(s)["data"].__setitem__(0, -1.0), "signal: data: expected numbers of 0 or more, found -1"),
    (lambda s: sample(s)["data"].__setitem__(0, float("nan")), "data[0]: expected a finite number, found nan"),
    (lambda s: sample(s).update(name="rare"), "expected different names, found 'rare' twice"),
    (lambda s: sample(s)["modifiers"].append(MU), "expected each modifier once, found the normfactor 'mu' twice"),
    (lambda s: sample(s)["modifiers"].append({**MU, "type": "spline"}), "sample signal: modifier mu: expected one of"),
    (lambda s: sample(s)["modifiers"].append({**MU, "name": "2mu"}), "expected a name that begins with a letter"),
    (lambda s: sample(s)["modifiers"].append({**MU, "name": "m/u"}) or sample(s)["modifiers"].append({**MU, "name": "m u"}), "found 'm/u' and 'm u'"),
    (lambda s: sample(s)["modifiers"].append({**MU, "name": "sin2_theta_w"}), "that no other parameter has, found 'sin2_theta_w'"),
    (lambda s: sample(s)["modifiers"].append(norm("up", -1.0, 0.9)), "expected positive factors hi and lo"),
    (lambda s: sample(s)["modifiers"].append(norm("mu", 1.1, 0.9)), "normfactor mu: expected one kind of parameter of a name"),
    (lambda s: s["observations"].pop(), "expected an observation of each channel, found 'CR'"),
    (lambda s: s["observations"][0]["data"].pop(), "channel SR: sample signal: data: expected 2 numbers, found 3"),
    (lambda s: s["measurements"].append({"name": "b", "config": {"poi": "", "parameters": []}}), "expected --measurement and one of fit, b"),
    (lambda s: s["measurements"][0]["config"].update(poi="nu"), "measurement fit: expected parameters of modifiers, found 'nu'"),
    (lambda s: s["measurements"][0]["config"]["parameters"].pop(0), "lumi lumi: expected 'sigmas' of it in the measurement"),
    (lambda s: s["measurements"][0]["config"]["parameters"].append({"name": "mc", "sigmas": [1.0] * 5}), "staterror mc: expected the constraint that its uncertainties give"),
    (lambda s: s["measurements"][0]["config"]["parameters"].append({"name": "mu", "bounds": [[2.0, 1.0]]}), "expected low <= value <= high"),
    (lambda s: sample(s, 1, 0)["modifiers"].append(of_bins("shapesys", "b/g", [1.0, 1.0])), "shapesys b/g: expected a shapesys of a single sample"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "words"), REFUSED, ids=[words[:60] for _, words in REFUSED])
def test_what_is_refused(change, words, tmp_path):
    with pytest.raises(cj.InputError) as caught:
        cj.import_workspace(changed(change), tmp_path / "made")
    assert words in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    assert not list(tmp_path.iterdir())


# Histograms


def filled(values, variances=None):
    """Return a histogram of two axes with these contents."""
    axes = (
        boost_histogram.axis.Variable([0.0, 1.0, 4.0], metadata="energy [keV]"),
        boost_histogram.axis.Regular(2, 0, 6),
    )
    storage = boost_histogram.storage.Double() if variances is None else boost_histogram.storage.Weight()
    made = boost_histogram.Histogram(*axes, storage=storage)
    made[...] = np.array(values, float) if variances is None else np.stack([values, variances], axis=-1).astype(float)
    return made


OBSERVED = [[12.0, 15.0], [22.0, 31.0]]
SIGNAL, FLAT = [[1.0, 2.0], [4.0, 8.0]], [[10.0, 12.0], [18.0, 22.0]]
ERRORS = [[1.0, 2.0], [4.0, 3.0]]
MOVED = {"flat": {"tilt": (filled([[11, 12], [18, 23]]), filled([[9, 12], [18, 20]]))}}


def test_histograms(tmp_path):
    """χ² of Barlow and Beeston's form in Conway's approximation, minimised over the factor of each bin by scipy."""
    from scipy.optimize import minimize_scalar

    parts = {"signal": filled(SIGNAL), "flat": filled(FLAT, ERRORS)}
    folder = cj.import_histograms(tmp_path / "made", filled(OBSERVED), parts, MOVED)
    content, likelihood = checked(str(folder))
    assert content["problems"] == []
    assert likelihood is not None
    (measurement,) = likelihood.measurements
    assert list(measurement.axes) == ["energy [keV]", "axis_1"]
    assert_allclose(measurement.axes["energy [keV]"], [0.0, 1.0, 4.0])
    assert_allclose(measurement.observed, OBSERVED)
    assert isinstance(measurement.term, FiniteTemplates)
    problem = likelihood.problem(free=["signal_norm", "flat_norm"])
    ours = float(problem(problem.coordinates({"signal_norm": 1.5, "flat_norm": 0.9, "tilt": 2.0})))
    # Beyond 1 the form is a straight line: flat + 2 (up - flat).
    flat = 0.9 * np.array([[12.0, 12.0], [18.0, 24.0]])
    total, error = 1.5 * np.array(SIGNAL) + flat, np.sqrt(ERRORS) / np.array(FLAT) * flat

    def of_bin(n, mean, spread):
        def value(beta):
            return 2 * (beta * mean - n + n * np.log(n / (beta * mean))) + (beta - 1) ** 2 * mean**2 / spread**2

        return minimize_scalar(value, bounds=(0.1, 3.0), method="bounded", options={"xatol": 1e-12}).fun

    expected = sum(map(of_bin, np.ravel(OBSERVED), total.ravel(), error.ravel())) + 2.0**2  # and the pull of 2
    assert ours == pytest.approx(expected, rel=1e-9)


def test_histograms_in_json(tmp_path):
    """The serialization of UHI, bins beyond the ends left out: the same files."""
    beyond = filled(FLAT, ERRORS)
    beyond.fill([-1.0, 9.0], [1.0, 7.0])
    parts = {"signal": filled(SIGNAL), "flat": beyond}
    text = json.dumps(
        {"observed": filled(OBSERVED), "components": parts, "variations": MOVED}, default=uhi.io.json.default
    )
    (tmp_path / "all.json").write_text(text)
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first = cj.import_histograms(tmp_path / "a" / "made", filled(OBSERVED), parts, MOVED)
    second = import_file(tmp_path / "all.json", tmp_path / "b" / "made", None, None, False)
    assert (first / "histograms.csv").read_bytes() == (second / "histograms.csv").read_bytes()
    documents = [(folder / "experiment.toml").read_text() for folder in (first, second)]
    assert documents[1].replace("histograms, all.json", "a set of histograms") == documents[0]


BAD = [
    ({"components": {}}, "components: expected histograms by the name of a component, found none"),
    ({"observed": [1.0]}, "observed: expected a histogram with axes, values() and variances()"),
    ({"observed": filled([[-1.0, 1.0], [1.0, 1.0]])}, "observed: values: expected numbers from 0"),
    ({"components": {"flat": filled([[np.nan, 1.0], [1.0, 1.0]])}}, "components: flat: values: expected numbers from 0"),
    ({"components": {"flat": boost_histogram.Histogram(boost_histogram.axis.Regular(2, 0, 1))}}, "expected the axes of"),
    ({"observed": boost_histogram.Histogram(boost_histogram.axis.IntCategory([1, 2]))}, "found categories"),
    ({"components": {"2nd": filled(FLAT)}}, "names: expected a name that begins with a letter, found '2nd'"),
    ({"components": {"a b": filled(FLAT), "a_b": filled(FLAT)}}, "found 'a b' and 'a_b'"),
    ({"variations": {"flut": {}}}, "variations: expected one of flat, found 'flut'"),
    ({"variations": {"flat": {"tilt": filled(FLAT)}}}, "expected two histograms, at +1 and at -1"),
    ({"variations": {"flat": {"m_zp ": (filled(FLAT), filled(FLAT)), "r_n_cs": [1]}}}, "r_n_cs: expected two"),
    ({"variations": {"flat": {"flat_norm": (filled(FLAT), filled(FLAT))}}}, "that is no strength"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "words"), BAD, ids=[words[:60] for _, words in BAD])
def test_bad_histograms(given, words, tmp_path):
    arguments: dict[str, Any] = {"observed": filled(OBSERVED), "components": {"flat": filled(FLAT)}, **given}
    with pytest.raises(cj.InputError) as caught:
        cj.import_histograms(tmp_path / "made", **arguments)
    assert words in str(caught.value)
    assert not list(tmp_path.iterdir())
