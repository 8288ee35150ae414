"""What a measurement is: one axis for each named one, parameters declared once, data that belong to it."""

import dataclasses

import numpy as np
import pytest

import cevnsjax as cj
from cevnsjax.measuring.measurement import Measurement, Scattering
from cevnsjax.measuring.terms.gaussian import GaussianNumbers
from cevnsjax.measuring.terms.poisson import PoissonCounts
from cevnsjax.parameters.parameter import Parameter
from cevnsjax.stages.stage import Constant

NAMES = [f"{name}:{variant}" for name, entry in cj.measurements.CATALOGUE.items() for variant in entry.variants]
STRAY = Parameter("stray", "1", 0.0, (-1.0, 1.0), "s", "read by nobody")


@pytest.fixture(scope="module")
def csi():
    return cj.measurements.coherent_csi_2021()


@pytest.mark.parametrize("name", NAMES)
def test_arrays_have_one_axis_for_each_named(name):
    one = cj.measurements.load(name)
    bins = tuple(len(edges) - 1 for edges in one.axes.values()) or (len(one.labels),)
    assert one.shape == one.observed.shape == one.errors.shape == bins
    assert np.isfinite(one.observed).all()


@pytest.mark.parametrize("name", ["coherent-lar-2020:3d", "coherent-ge-mini-2024", "xenonnt-8b", "prex-ii:with-prex-i"])
def test_predictions_keep_the_axes(name):
    one = cj.measurements.load(name)
    (prediction,) = cj.Likelihood(one).predict()
    assert prediction.observed.shape == one.shape
    for counts in prediction.counts.values():
        assert counts.shape == one.shape


SLIPS = {
    "declared twice": (
        lambda csi: {"declared": (*csi.declared, csi.declared[0])},
        "'time_shift_brn' is declared twice",
    ),
    "read by nobody": (lambda csi: {"declared": (*csi.declared, STRAY)}, "nothing reads the parameter 'stray'"),
    "not declared": (lambda csi: {"declared": csi.declared[1:]}, "no parameter is declared for time_shift_brn"),
    "other shape": (lambda csi: {"term": PoissonCounts(np.zeros(99))}, r"shape \(9, 11\), found \(99,\)"),
    "negative": (lambda csi: {"term": PoissonCounts(-np.ones((9, 11)))}, "non-negative observed counts"),
    "strengths": (lambda csi: {"strengths": csi.strengths[:2]}, "strengths of the signal and 3 backgrounds, found 2"),
    "nothing": (lambda csi: {"scattering": None}, "expected a scattering, a prediction of numbers"),
    "both": (lambda csi: {"prediction": Constant(np.ones(1))}, "expected a scattering, a prediction of numbers"),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_what_cannot_be_is_refused_by_the_constructor(csi, slip):
    change, message = SLIPS[slip]
    with pytest.raises(cj.InputError, match=f"coherent-csi-2021: .*{message}"):
        dataclasses.replace(csi, **change(csi))


def test_recoils_of_something_else_are_refused(csi):
    with pytest.raises(cj.InputError, match="recoils of one of nucleus, electron, found 'proton'"):
        dataclasses.replace(csi.scattering, recoils="proton")
    assert isinstance(csi.scattering, Scattering)


def test_numbers_of_ones_own_are_measurements():
    radius = cj.measurements.csre_cs()
    own = Measurement(
        name="own",
        title="a radius",
        references=(),
        dataset="own",
        term=GaussianNumbers(np.array([4.9]), np.array([0.1])),
        prediction=radius.prediction,
        labels=("point-neutron radius [fm]",),
        declared=radius.declared,
    )
    fit = cj.Likelihood([radius, own]).fit(["r_n_cs"])
    weights = np.array([1.0 / float(radius.errors[0]) ** 2, 100.0])
    seen = np.array([float(radius.observed[0]), 4.9])
    mean = weights @ seen / weights.sum()
    assert fit.chi2 == pytest.approx(weights @ (seen - mean) ** 2, rel=1e-9)


def test_a_likelihood_takes_one_or_several_or_their_names(csi):
    names = ["coherent-csi-2021", "apv-cs:sahoo2021"]
    for given in (csi, "coherent-csi-2021", [csi], ("coherent-csi-2021",)):
        assert [one.name for one in cj.Likelihood(given).measurements] == ["coherent-csi-2021"]
    for given in (names, [csi, names[1]], [names[0], cj.measurements.apv_cs("sahoo2021")]):
        assert [one.name for one in cj.Likelihood(given).measurements] == names
