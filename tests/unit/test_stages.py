"""What stages answer each other: a stage of one's own that answers nothing folds with all others, only not faster."""

import numpy as np
import pytest
from tolerance import assert_close

import cevnsjax as cj
from cevnsjax._base.numerics import namespace
from cevnsjax.folding.amplitudes import Amplitude
from cevnsjax.folding.projection import Added, AddedRecoils
from cevnsjax.folding.recoils import RecoilSpectrum, ReducedSpectrum
from cevnsjax.stages.spectrum import EnergySpectrum
from cevnsjax.stages.stage import Constant, Stage, specialise

RANDOM = np.random.default_rng(5)
MOMENTS = RANDOM.uniform(size=(1, 2, 2, 30))
"""(pair, flavour, nuclide, node)."""
ROWS = RANDOM.uniform(size=(4, 2, 30))
POINTS = [{"decay": value} for value in (0.0, 0.3, 1.0)]


class Decaying(Stage):
    """An exponential along the last axis, with nothing but what every stage must have."""

    x: np.ndarray

    def own_parameters(self):
        return frozenset(("decay",))

    def __call__(self, params):
        return namespace(*params.values()).exp(-params["decay"] * self.x)


def recoils(shape):
    """Recoils of two flavours with an amplitude of one vertex and that shape."""
    amplitude = Amplitude(Constant(np.array([[[1.0], [2.0]]])), (shape,), "vector")
    return RecoilSpectrum((amplitude,), MOMENTS, ((0, 0),), (0, 1), (("decay", 0.0, 1.0),))


def test_what_a_stage_answers_by_default():
    stage = Decaying(np.linspace(0.0, 1.0, 3))
    assert stage.array is None
    assert stage.simplified({"decay"}, {}) is stage
    assert stage.through(ROWS, {"decay"}, {}) is None
    assert stage.spectra({"decay"}, {}) is None
    assert stage.meeting(Constant(MOMENTS[0]), {"decay"}, {}) is None
    assert stage.expanded(stage, 1) is None
    assert stage.mapped(np.eye(3)) is None
    assert not stage.shaped({"decay"})


@pytest.mark.parametrize("places", [np.array([2, 0]), np.array([[2, 0], [1, 1]])])
def test_places_of_the_last_axis(places):
    x = RANDOM.uniform(size=(2, 3))
    for point in POINTS:
        whole = np.exp(-point["decay"] * x)
        expected = [row[own] for row, own in zip(whole, np.broadcast_to(places, (2, 2)), strict=True)]
        assert np.array_equal(Decaying(x).at(places)(point), expected)
        assert np.array_equal(Constant(whole).at(places)(point), expected)


def test_a_shape_of_ones_own_is_taken_at_few_energies():
    stage = recoils(Decaying(np.linspace(0.0, 1.0, 60).reshape(2, 30)))
    short = specialise(EnergySpectrum(stage, Constant(ROWS)), {"decay"}, POINTS[0])
    assert isinstance(short, ReducedSpectrum)
    assert short.weights(POINTS[0]).shape[-1] < 20
    for point in POINTS:
        expected = np.einsum("lik,bik->lb", stage(point), ROWS)
        assert_close(short(point), expected, 1e-9, "the stated error of few energies")


@pytest.mark.parametrize("fixed", ["response", "recoils", "neither"])
def test_what_has_no_shorter_form_stays_as_it_is(fixed):
    x = np.linspace(0.0, 1.0, 60).reshape(1, 2, 30)
    seen = Constant(ROWS) if fixed == "response" else Decaying(x + ROWS)
    there = Constant(MOMENTS[0]) if fixed == "recoils" else Decaying(x + MOMENTS[0])
    short = specialise(EnergySpectrum(there, seen), {"decay"}, POINTS[0])
    assert isinstance(short, EnergySpectrum)
    for point in POINTS:
        assert_close(short(point), np.einsum("lik,bik->lb", there(point), seen(point)))


def test_each_part_of_a_sum_folds_as_far_as_it_can():
    """Recoils that know how, an array, and recoils that know nothing."""
    x = np.linspace(0.0, 1.0, 60).reshape(2, 30)
    parts = recoils(Decaying(x)), Constant(MOMENTS[0]), Decaying(x + MOMENTS[0])
    short = specialise(EnergySpectrum(AddedRecoils(parts), Constant(ROWS)), {"decay"}, POINTS[0])
    assert isinstance(short, Added)
    assert [type(part) for part in short.parts] == [ReducedSpectrum, Constant, EnergySpectrum]
    for point in POINTS:
        whole = sum(part(point) for part in parts)
        assert_close(short(point), np.einsum("lik,bik->lb", whole, ROWS), 1e-9, "the stated error of few energies")


def test_integrals_at_many_points_are_as_wrong_as_at_each_alone():
    """What stands still between the points is evaluated once, which changes nothing."""
    likelihood = cj.Likelihood([cj.measurements.coherent_csi_2021()], cj.light_vector("universal"))
    asked = likelihood.specify(free=["g_zp", "m_zp"])
    fit = {**likelihood.parameters.complete(), "time_shift_nu": 0.1}
    points = [fit | {"g_zp": g, "m_zp": m} for g, m in ((1e-5, 1.0), (3e-5, 30.0), (1e-3, 900.0))]
    each = [likelihood.accuracy([point], asked).error for point in points]
    assert max(each) > min(each) > 0.0
    assert likelihood.accuracy(points, asked).error == max(each)
