"""Slips in Python: one clear line for each, before any work."""

import math
import warnings
from pathlib import Path

import numpy as np
import pytest

import cevnsjax as cj

NAN = float("nan")


@pytest.fixture(scope="module")
def csre():
    return cj.measurements.csre_cs()


@pytest.fixture(scope="module")
def likelihood(csre):
    return cj.Likelihood([csre])


@pytest.fixture(scope="module")
def csi_likelihood():
    return cj.Likelihood([cj.measurements.coherent_csi_2021()], cj.light_vector("B-L"))


@pytest.fixture(scope="module")
def fit(likelihood):
    return likelihood.fit(["r_n_cs"])


ASKED = [
    ({"free": "r_n_cs"}, r"free: expected a list such as \['r_n_cs'\], found the text 'r_n_cs'"),
    ({"free": 5}, "free: expected a list"),
    ({"free": None}, "free: expected a list of texts, found None"),
    ({"free": ["r_n_cs", None]}, "free: .* found None in it"),
    ({"free": {"r_n_cs": 5.0}}, "free: expected a list"),
    ({"values": [("r_n_cs", 5.0)]}, "values: expected a dictionary"),
    ({"values": "r_n_cs=5"}, "values: expected a dictionary"),
    ({"values": {"r_n_cs": None}}, "values, r_n_cs: expected a number, found None"),
    ({"values": {"r_n_cs": "5"}}, "values, r_n_cs: expected a number, found the text '5'"),
    ({"values": {"r_n_cs": [5.0]}}, "values, r_n_cs: expected a number"),
    ({"values": {"r_n_cs": np.array([5.0])}}, "values, r_n_cs: expected a number"),
    ({"values": {"r_n_cs": True}}, "values, r_n_cs: expected a number"),
    ({"values": {"r_n_cs": NAN}}, "r_n_cs: expected a value from 2.2 to 12 fm, found nan"),
    ({"values": {5: 5.0}}, "values: expected names as the keys"),
    ({"tie": ["r_n_i=r_n_cs"]}, "tie: expected a dictionary .* follower to leader"),
    ({"tie": "r_n_i=r_n_cs"}, "tie: expected a dictionary"),
    ({"tie": {"r_n_i": ["r_n_cs"]}}, "tie, r_n_i: expected a text"),
    ({"require": "r_n_cs<=5"}, r"require: expected a list such as \['r_n_cs<=5'\]"),
    ({"require": [5]}, "require: .* found 5 in it"),
    ({"require": None}, "require: expected a list"),
    ({"require": ["r_n_cs<=nan"]}, "finite number, found 'nan'"),
    ({"require": ["nan<=r_n_cs"]}, "finite number, found 'nan'"),
    ({"require": ["r_n_cs<=inf"]}, "finite number, found 'inf'"),
    ({"require": ["1<=2"]}, "holds no parameter"),
    ({"constrain": {"r_n_cs": 5.0}}, "constrain, r_n_cs: expected two numbers, centre and width, found 5.0"),
    ({"constrain": ["r_n_cs=5,1"]}, "constrain: expected a dictionary"),
    ({"constrain": {"r_n_cs": (5.0,)}}, "two numbers"),
    ({"constrain": {"r_n_cs": (5.0, 0.1, 0.2)}}, "two numbers"),
    ({"constrain": {"r_n_cs": "51"}}, "two numbers"),
    ({"constrain": {"r_n_cs": (5.0, None)}}, "expected a number, found None"),
    ({"constrain": {"r_n_cs": (5.0, NAN)}}, "finite centre"),
    ({"constrain": {"r_n_cs": (50.0, 0.1)}}, "within 2.2 to 12, its bounds, found 50"),
    ({"constrain": {"r_n_cs": (5.0, 1e-200)}}, "expected a width of at least"),
    ({"constrain": {"r_n_cs-sin2_theta_w": (0.0, 1.0)}}, "one unit"),
    ({"correlate": {"a,b": 0.5}}, r"correlate: expected pairs of names as keys, such as \('a', 'b'\)"),
    ({"correlate": [("a", "b", 0.5)]}, "correlate: expected a dictionary"),
    ({"correlate": {("a", "b"): "0.5"}}, "correlate, a, b: expected a number"),
    ({"correlate": {("a", "b"): 0.1, ("b", "a"): 0.5}}, "given twice|no constraint"),
    ({"fre": ["r_n_cs"]}, r"unknown argument 'fre' \(did you mean 'free'\?\)"),
    ({"vaules": {}}, r"unknown argument 'vaules' \(did you mean 'values'\?\)"),
    ({"form_factor": "helm"}, "unknown argument 'form_factor'; known: "),
]


@pytest.mark.parametrize(("asked", "message"), ASKED, ids=[str(asked)[:60] for asked, _ in ASKED])
def test_what_is_asked_of_a_fit(likelihood, asked, message):
    free = {"free": ["r_n_cs"]}
    calls = {
        "fit": lambda: likelihood.fit(**{**free, **asked}),
        "forecast": lambda: likelihood.forecast(**{**free, **asked}),
        "profile": lambda: likelihood.profile(["r_n_cs"], **asked),
        "toys": lambda: likelihood.toys(10, **{**free, **asked}),
        "feldman_cousins": lambda: likelihood.feldman_cousins({"r_n_cs": "4:6:5"}, **asked),
        "scan": lambda: likelihood.scan({"sin2_theta_w": "0.2:0.3:5"}, **{**free, **asked}),
        "sample": lambda: likelihood.sample(**{**free, **asked}),
        "problem": lambda: likelihood.problem(**{**free, **asked}),
        "evaluator": lambda: likelihood.evaluator(**{**free, **asked}),
        "log_density": lambda: likelihood.log_density(**{**free, **asked}),
        "to_minuit": lambda: likelihood.to_minuit(**{**free, **asked}),
    }
    for name, call in calls.items():
        with pytest.raises(cj.InputError, match=message) as error:
            call()
        assert "\n" not in str(error.value)
        if "unknown argument" in message:
            assert str(error.value).startswith(f"{name}: ")


class Unknown:
    """An object of no use here."""


def factories():
    return [
        getattr(cj.measurements, name)
        for name in (
            "coherent_ge_mini_2024",
            "coherent_csi_2021",
            "conus_plus_2025",
            "xenonnt_8b",
            "lz_8b",
            "dresden_ii",
        )
    ]


@pytest.mark.parametrize("number", range(6))
@pytest.mark.parametrize("value", [5, None, Unknown(), ["shape"]], ids=lambda value: type(value).__name__)
def test_measurements(number, value):
    make = factories()[number]
    with pytest.raises(cj.InputError, match="variant: expected a text, found "):
        make(variant=value)
    with pytest.raises(cj.InputError, match=r"form_factor: expected a text or a dictionary such as .*, found "):
        make(form_factor=value)
    with pytest.raises(
        cj.InputError, match=rf"{make.__name__}: unknown argument 'vriant' \(did you mean 'variant'\?\)"
    ):
        make(vriant="shape")


def test_models():
    for make in (
        cj.light_vector,
        cj.light_scalar,
        cj.millicharge,
        cj.tensor_mediator,
        cj.standard_model,
        cj.charge_radius,
    ):
        for value in (5, None, ["B-L"], Unknown()):
            with pytest.raises(cj.InputError, match="expected a text"):
                make(value)
    for make in (cj.nsi, cj.axial_mediator, cj.pseudoscalar_mediator, cj.magnetic_moment):
        with pytest.raises(cj.InputError, match=make.__name__):
            make("B-L")
    for value in (None, 5, ["nsi"], cj.nsi()):
        with pytest.raises(cj.InputError, match="name: expected a text"):
            cj.model(value)
    with pytest.raises(cj.InputError, match="the text 'nsi'"):
        cj.combine("nsi")
    with pytest.raises(cj.InputError, match="expected models of the interaction"):
        cj.combine([5])
    with pytest.raises(cj.InputError, match=r"did you mean 'couplings'\?"):
        cj.combine(cj.nsi(), coupling="2020")


def test_likelihoods(csre):
    apv, csi = cj.measurements.apv_cs(), cj.measurements.coherent_csi_2021()
    slips = [
        (lambda: cj.Likelihood(["coherent-csi-2012"]), r"did you mean 'coherent-csi-2021'\?"),
        (lambda: cj.Likelihood("coherent-csi-2012"), r"did you mean 'coherent-csi-2021'\?"),
        (lambda: cj.Likelihood([csre, "csre-cs"]), "named more than once: its data would count twice"),
        (lambda: cj.Likelihood(None), "expected a list of measurements, found None"),
        (lambda: cj.Likelihood([]), "at least one measurement, found none"),
        (lambda: cj.Likelihood([csre, None]), "expected measurements, found None"),
        (lambda: cj.Likelihood([csre, Unknown()]), "found an object of the class Unknown"),
        (lambda: cj.Likelihood(), "Likelihood: missing a required argument: 'measurements'"),
        (lambda: cj.Likelihood([csi], "nsi"), "the text 'nsi'"),
        (lambda: cj.Likelihood([csi], ["nsi"]), r"interaction: .*cj.model\("),
        (lambda: cj.Likelihood([csi], 5), "expected models of the interaction, found 5"),
        (lambda: cj.Likelihood([csi], interactions=cj.nsi()), r"Likelihood: .*did you mean 'interaction'\?"),
        (lambda: cj.Likelihood([csi], couplings=2022), "couplings: expected a text, found 2022"),
        (lambda: cj.Likelihood([csi], electrons="yes"), "electrons: expected True or False"),
        (lambda: cj.Likelihood([apv], electrons=True), "electrons: .* apv-cs, found none"),
        (lambda: cj.Likelihood([cj.measurements.lz_er()], electrons=True), "electrons: .* lz-er, found none"),
        (lambda: cj.Likelihood([csi], cj.combine(cj.nsi()), electrons=True), "electrons: .* made without"),
    ]
    for call, message in slips:
        with pytest.raises(cj.InputError, match=message):
            call()
    assert cj.Likelihood([csi, apv], electrons=True).interaction.electrons


def test_names_and_paths():
    for value in (5, None, ["csre-cs"]):
        with pytest.raises(cj.InputError, match="name: expected a text"):
            cj.measurements.load(value)
        with pytest.raises(cj.InputError, match="name: expected the name of a file"):
            cj.measurements.described(value)
        with pytest.raises(cj.InputError, match="path: expected the name of a file"):
            cj.open_scan(value)
        with pytest.raises(cj.InputError, match="path: expected the name of a file"):
            cj.Posterior.load(value)
    with pytest.raises(cj.InputError, match="forecast"):
        cj.measurements.load("cryocsi-i")
    with pytest.raises(cj.InputError, match="expected a list of names, found the text"):
        cj.flux_averaged_cross_sections("coherent-csi-2021")


def test_runs(likelihood):
    grid = {"r_n_cs": "4:6:5"}
    slips = [
        (lambda: likelihood.scan("r_n_cs=4:6:5"), "grid: expected a dictionary"),
        (lambda: likelihood.scan(["r_n_cs"]), "grid: expected a dictionary"),
        (lambda: likelihood.scan({"r_n_cs": 5.0}), "grid, r_n_cs: expected LO:HI:N or a list of numbers, found 5.0"),
        (lambda: likelihood.scan({"r_n_cs": ["4", "5"]}), "grid, r_n_cs: expected a number, found the text '4'"),
        (lambda: likelihood.scan({"r_n_cs": [4.0, NAN]}), "finite, increasing"),
        (lambda: likelihood.scan(grid, chunk=1.5), "chunk: expected a whole number, found 1.5"),
        (lambda: likelihood.scan(grid, chunk="10"), "chunk: expected a whole number"),
        (lambda: likelihood.scan(grid, chunk=0), "chunks of at least one point"),
        (lambda: likelihood.scan(grid, memory="2GB"), "memory: expected a number"),
        (lambda: likelihood.scan(grid, memory=-1), "memory: expected a number above 0"),
        (lambda: likelihood.scan(grid, engine="dask"), "engine: expected something to call, found the text 'dask'"),
        (lambda: likelihood.scan(grid, progress=True), "progress: expected something to call"),
        (lambda: likelihood.scan(grid, out=5), "out: expected the name of a file"),
        (lambda: likelihood.toys(1.5), "count: expected a whole number, found 1.5"),
        (lambda: likelihood.toys("10"), "count: expected a whole number, found the text '10'"),
        (lambda: likelihood.toys(True), "count: expected a whole number"),
        (lambda: likelihood.toys(0), "at least one toy"),
        (lambda: likelihood.toys(10**12), "at most 10000000 toys"),
        (lambda: likelihood.toys(10, seed=2**63), r"seed below 2\^63"),
        (lambda: likelihood.toys(10, seed=1.0), "seed: expected a whole number"),
        (lambda: likelihood.toys(10, test=[("r_n_cs", 5.0)]), "test: expected a dictionary"),
        (lambda: likelihood.toys(10, test={"r_n_cs": "5"}), "test, r_n_cs: expected a number"),
        (lambda: likelihood.feldman_cousins(grid, refine=-1), "refine: expected at least 0, found -1"),
        (lambda: likelihood.feldman_cousins(grid, refine=0.5), "refine: expected a whole number"),
        (lambda: likelihood.feldman_cousins(grid, levels=[90]), "did you mean 0.9"),
        (lambda: likelihood.feldman_cousins("r_n_cs=4:6:5"), "grid: expected a dictionary"),
        (lambda: likelihood.sample("r_n_cs"), "free: expected a list"),
        (lambda: likelihood.sample(["r_n_cs"], method=None), "method: expected a text"),
        (lambda: likelihood.sample(["r_n_cs"], method="emcee"), "a method of"),
        (lambda: likelihood.sample(["r_n_cs"], draws=1e3), "draws: expected a whole number"),
        (lambda: likelihood.sample(["r_n_cs"], draws=10**12), "at most 10000000 draws"),
        (lambda: likelihood.sample(["r_n_cs"], method="hmc", draws=10**7, chains=10**8), "at most 100000 chains"),
        (lambda: likelihood.sample(["r_n_cs"], chains=0), "at least 1 chain"),
        (lambda: likelihood.sample(["r_n_cs"], method="nested", live=1), "live points, found 1"),
        (lambda: likelihood.sample(["r_n_cs"], method="nested", live=10**9), "live points, found 1000000000"),
        (lambda: likelihood.sample(["r_n_cs"], live=50), "live points are of the method nested"),
        (lambda: likelihood.sample(["r_n_cs"], method="hmc", warm_up=50), "warm-up is of the method nuts"),
        (lambda: likelihood.sample(["r_n_cs"], warm_up=0), "a warm-up of 1 to"),
        (lambda: likelihood.sample(["r_n_cs"], seed=2**63), r"seed below 2\^63"),
        (lambda: likelihood.sample(["r_n_cs"], checkpoint=5), "checkpoint: expected the name of a file"),
        (lambda: likelihood.profile("r_n_cs"), r"names: expected a list such as \['r_n_cs'\]"),
        (lambda: likelihood.profile(None), "names: expected a list"),
        (lambda: likelihood.profile(["r_n_cs"], ranges=[(0.1, 0.3)]), "ranges: expected a dictionary"),
        (lambda: likelihood.profile(["r_n_cs"], ranges={"r_n_cs": 4}), "ranges, r_n_cs: expected two numbers"),
        (lambda: likelihood.profile(["r_n_cs"], points="5"), "points: expected a whole number"),
        (lambda: likelihood.profile(["r_n_cs"], points=10**9), "at most 100000 points"),
        (lambda: likelihood.fit(["r_n_cs"], minimiser=5), "expected a minimiser"),
        (lambda: likelihood.forecast(free=["r_n_cs"], minimiser="nwton"), "did you mean 'newton'"),
        (lambda: cj.Dask(workers="2"), "workers: expected a whole number, found the text '2'"),
        (lambda: cj.Dask(workers=0), "at least one worker"),
        (lambda: cj.Dask(workers=10**9), "at most 10000 workers"),
        (lambda: cj.Dask(5), "address: expected a text"),
        (lambda: cj.Dask(timeout="10"), "timeout: expected a number"),
    ]
    for call, message in slips:
        with pytest.raises(cj.InputError, match=message):
            call()


def test_results(fit):
    slips = [
        (lambda: fit.interval(5), "name: expected a text, found 5"),
        (lambda: fit.interval("r_n_c"), "did you mean 'r_n_cs'"),
        (lambda: fit.interval(), "interval: missing a required argument: 'name'"),
        (lambda: fit.interval("r_n_cs", level=0.9), "interval: unknown argument 'level'"),
        (lambda: fit.profile("r_n_cs"), "names: expected a list"),
        (lambda: fit.profile(["r_n_cs"], ranges={"r_n_cs": "4:5"}), "two numbers"),
        (lambda: fit.prediction(3), "index: expected at most 0, found 3"),
        (lambda: fit.events("csre-cs"), "index: expected a whole number"),
        (lambda: fit.error(None), "name: expected a text"),
    ]
    for call, message in slips:
        with pytest.raises(cj.InputError, match=message):
            call()


def test_values_of_predictions(csi_likelihood):
    for method in (csi_likelihood.predict, csi_likelihood.chi2):
        for values, message in (
            ({"g_zp": 1e-5}, "'g_zp' needs a value of 'm_zp'"),
            ([1], "values: expected a dictionary"),
            ({"sin2_theta_w": "0.2"}, "expected a number"),
            ({"sin2_theta_w": math.inf}, "from 0 to 1"),
        ):
            with pytest.raises(cj.InputError, match=message):
                method(values)
    assert csi_likelihood.chi2({"g_zp": 0.0, "m_zp": 10.0}) == pytest.approx(csi_likelihood.chi2())


def test_points_of_an_evaluator(likelihood):
    evaluator = likelihood.evaluator(free=["r_n_cs"])
    assert evaluator.chi2(np.array([5.0])) == pytest.approx(
        ((math.sqrt(25.0 - 0.8409**2) - 4.86) / 0.21) ** 2, abs=1e-3
    )
    for call in (evaluator.chi2, evaluator.value_and_gradient, evaluator.hessian):
        for u, message in (
            (np.array([NAN]), "finite coordinates"),
            (np.array([math.inf]), "finite coordinates"),
            (np.array([5.0, 5.0]), "rows of 1 coordinates"),
            ([5.0], "u: expected an array"),
            (np.array([5.0 + 1j]), "u: expected an array of real numbers, found one of complex128"),
            (np.array(["5"]), "u: expected an array of real numbers"),
            ("5", "u: expected an array"),
        ):
            with pytest.raises(cj.InputError, match=message):
                call(u)
    for rows in ([[math.inf], [-math.inf]], [[5.0], [NAN]]):
        with warnings.catch_warnings(action="error"), pytest.raises(cj.InputError, match="finite coordinates"):
            evaluator.chi2(np.array(rows))
    # Finite numbers whose sum is not: no error, and nothing but what χ² is there.
    assert evaluator.chi2(np.full((2, 1), 1e308)).shape == (2,)
    value, slope = evaluator.value_and_gradient(np.array([5.0], np.float32))
    assert slope.dtype == np.float64
    assert (value, slope) == evaluator.value_and_gradient(np.array([5.0]))
    with pytest.raises(cj.InputError, match="found none of r_n_cs"):
        likelihood.problem(free=["r_n_cs"]).coordinates({})
    for widths, message in (
        ("x", "list of numbers"),
        ([1.0, 2.0], "widths: expected a width for each of r_n_cs"),
        ([None], "a number"),
    ):
        with pytest.raises(cj.InputError, match=message):
            likelihood.log_density(widths=widths, free=["r_n_cs"])


def test_long_texts_are_cut_and_escapes_shown(likelihood):
    for text in ("x" * 100_000, "\x1b[31m" + "y" * 5000, "a b " * 30_000, "é\u202e" * 1000):
        for call in (
            lambda text=text: likelihood.fit([text]),
            lambda text=text: likelihood.fit(text),
            lambda text=text: likelihood.fit(["r_n_cs"], values={text: 5.0}),
            lambda text=text: likelihood.fit(["r_n_cs"], constrain={text: (5.0, 1.0)}),
            lambda text=text: likelihood.fit(["r_n_cs"], require=[text]),
            lambda text=text: cj.measurements.load(text),
            lambda text=text: cj.model(text),
            lambda text=text: cj.light_vector(text),
        ):
            with pytest.raises(cj.InputError) as error:
                call()
            message = str(error.value)
            assert len(message) < 1000
            assert message.isprintable()


def test_what_is_meant_is_taken(likelihood):
    """Numbers of NumPy, tuples and paths are no slips."""
    asked = {"values": {"sin2_theta_w": np.float64(0.25)}, "constrain": {"r_n_cs": (5.0, np.float64(0.5))}}
    found = likelihood.fit(("r_n_cs",), require=("r_n_cs<=11",), **asked)
    assert found.converged
    assert likelihood.toys(3, free=("r_n_cs",)).count == 3
    with pytest.raises(cj.InputError, match="there is no scan"):
        cj.open_scan(Path("nothere.zarr"))


@pytest.mark.parametrize("name", ["apv_cs", "csre_cs", "lz_er", "xenonnt_er", "pandax4t_er"])
def test_no_form_factor_where_there_is_none_to_choose(name):
    with pytest.raises(cj.InputError, match="unknown argument 'form_factor'"):
        getattr(cj.measurements, name)(form_factor="helm")
