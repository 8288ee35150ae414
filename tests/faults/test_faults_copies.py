"""Everything public can be pickled and copied, and the copy gives the same answers."""

import copy
import os
import pickle
import subprocess
import sys

import numpy as np
import numpyro
import pytest

import cevnsjax as cj

WAYS = {"pickle": lambda one: pickle.loads(pickle.dumps(one)), "deepcopy": copy.deepcopy, "copy": copy.copy}


@pytest.fixture(scope="module")
def weak_charge():
    return cj.Likelihood([cj.measurements.apv_cs()])


@pytest.fixture(scope="module")
def radius():
    return cj.Likelihood([cj.measurements.csre_cs()])


@pytest.fixture(scope="module")
def results(weak_charge, radius):
    """A result of every kind, with the function of it that its copy must share."""
    fit = weak_charge.fit(free=["sin2_theta_w"])
    point = np.array([0.24])
    germanium = cj.Likelihood([cj.measurements.conus_plus_2025()], [cj.light_vector("B-L"), cj.nsi()])
    return {
        "fit": (fit, lambda one: (one.interval("sin2_theta_w", 0.90), one.as_dict()["parameters"])),
        "profile": (weak_charge.profile(["sin2_theta_w"], points=5), lambda one: one.as_dict()["chi2"]),
        "prediction": (weak_charge.predict()[0], lambda one: one.as_dict()),
        "toys": (
            weak_charge.toys(40, free=["sin2_theta_w"]),
            lambda one: (one.goodness_of_fit(), one.coverage("sin2_theta_w")),
        ),
        "feldman-cousins": (
            weak_charge.feldman_cousins({"sin2_theta_w": "0.22:0.25:3"}, count=60, refine=0),
            lambda one: one.construction.p_values(),
        ),
        "scan": (
            weak_charge.scan({"sin2_theta_w": "0.22:0.25:5"}, constrain={"r_n_cs": (5.05, 0.05)}),
            lambda one: (one.chi2.tolist(), one.best),
        ),
        "posterior": (radius.sample(free=["r_n_cs"], method="hmc", draws=12800), lambda one: one.summary),
        "likelihood": (germanium, lambda one: one.chi2({"eps_ee_u": 0.01, "g_zp": 1e-5, "m_zp": 1.0})),
        "measurement": (cj.measurements.conus_plus_2025(), lambda one: one.observed.tolist()),
        "other measurement": (cj.measurements.csre_cs(), lambda one: cj.Likelihood([one]).chi2({"r_n_cs": 4.9})),
        "problem": (weak_charge.problem(free=["sin2_theta_w"]), lambda one: float(one(point))),
        "evaluator": (
            weak_charge.evaluator(free=["sin2_theta_w"]),
            lambda one: [np.asarray(part).tolist() for part in one.value_and_gradient(point)],
        ),
        "density": (weak_charge.log_density(free=["sin2_theta_w"]), lambda one: float(one(point))),
        "numpyro model": (
            weak_charge.numpyro_model(free=["sin2_theta_w"]),
            lambda one: float(numpyro.infer.util.log_density(one, (), {}, {"sin2_theta_w": 0.24})[0]),
        ),
        "model": (cj.model("light-vector:B-L"), lambda one: [p.name for p in one.parameters()]),
        "combination": (cj.combine([cj.light_vector("B-L"), cj.nsi()]), lambda one: one.names),
        "catalogue": (dict(cj.MODELS), list),
        "engine": (cj.Dask(workers=3), lambda one: one.workers),
    }


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "kind",
    [
        "fit", "profile", "prediction", "toys", "feldman-cousins", "scan", "posterior", "likelihood", "measurement", "other measurement",
        "problem", "evaluator", "density", "numpyro model", "model", "combination", "catalogue", "engine",
    ],
)  # fmt: skip
def test_a_copy_gives_the_same(results, kind, way):
    one, answer = results[kind]
    np.testing.assert_equal(answer(WAYS[way](one)), answer(one))


def test_a_copy_in_another_process(results, tmp_path):
    """Which has compiled nothing: intervals that nobody has asked for yet."""
    fit, _ = results["fit"]
    (tmp_path / "fit").write_bytes(pickle.dumps(fit))
    script = (
        "import pickle, sys; print(repr(pickle.load(open(sys.argv[1], 'rb')).interval('sin2_theta_w', 0.5).pieces))"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    done = subprocess.run(
        [sys.executable, "-c", script, tmp_path / "fit"], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout.strip() == repr(fit.interval("sin2_theta_w", 0.5).pieces)
