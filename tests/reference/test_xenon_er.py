"""Solar neutrinos on the electrons of xenon: against the second computation, and against published numbers."""

from functools import cache

import independent_xenon_er as independent
import numpy as np
import pytest

import cevnsjax as cj
from cevnsjax.interactions.magnetic_moment import magnetic_moment
from cevnsjax.interactions.millicharge import millicharge
from cevnsjax.measurements import load

NAMES = ("lz-er", "lz-er:ws2024", "xenonnt-er", "pandax4t-er")
MODELS = {
    "magnetic": (magnetic_moment, ("magnetic_moment_e", "magnetic_moment_mu", "magnetic_moment_tau"), 0.1),
    "charge": (millicharge, ("millicharge_ee", "millicharge_mumu", "millicharge_tautau"), 1e-5),
}
"""Model, the parameters of the three flavours, and 1e-11 μ_B or 1e-13 e in their unit."""


@cache
def likelihood(name, model=None):
    return cj.Likelihood([load(name)], [] if model is None else [MODELS[model][0]()])


def signal(name, values, model=None):
    (prediction,) = likelihood(name, model).predict(values)
    return np.asarray(prediction.counts["es"]).ravel()


@pytest.mark.parametrize("name", NAMES)
def test_solar_neutrinos_in_every_bin(name):
    for sin2 in (0.23863, 0.2):
        expected = independent.expected(name, sin2)[0]
        assert signal(name, {"sin2_theta_w": sin2}) == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("model", MODELS)
def test_moments_and_charges_in_every_bin(name, model):
    _, parameters, unit = MODELS[model]
    weak, *others = independent.expected(name)
    added = signal(name, dict.fromkeys(parameters, 2 * unit), model) - weak
    expected = 4 * others[list(MODELS).index(model)]
    # A charge gives next to nothing in the last bins: there the weak rate, known to 1e-7, is subtracted.
    assert np.all(np.abs(added - expected) < 2e-7 * (expected + weak))


@pytest.mark.parametrize("name", NAMES)
def test_the_solar_neutrinos_taken_out_of_the_fits_are_the_expected_ones(name):
    folder, table = {
        "lz-er": ("lz_er", "spectrum_ws2022"),
        "lz-er:ws2024": ("lz_er", "spectrum_ws2024"),
        "xenonnt-er": ("xenonnt_er", "spectrum"),
        "pandax4t-er": ("pandax4t_er", "spectrum"),
    }[name]
    columns = independent.columns(f"{folder}/{table}.csv")
    assert columns["solar"] == pytest.approx(independent.expected(name)[0], abs=6e-6)
    (prediction,) = likelihood(name).predict()
    total = sum((np.asarray(part) for part in prediction.counts.values()), np.zeros(prediction.observed.shape)).ravel()
    assert total == pytest.approx(columns["background_fit"], abs=1e-5)


def test_solar_neutrinos_of_xenonnt():
    # arXiv:2309.04117 after Eq. 4.5: 76 events in the fit window, up to 30 keV.
    assert signal("xenonnt-er", {}).sum() == pytest.approx(76, abs=1)


def test_solar_neutrinos_of_lz():
    # arXiv:2207.03764, Table I: 27.1 ± 1.6 events below 80 photons of S1, about 15 keV: 14 of the 19 bins.
    assert 27.1 < signal("lz-er", {})[:14].sum() < 1.25 * 27.1


def test_fits_of_the_collaborations_describe_their_data():
    # χ² of the counts against the published fits, from the released columns.
    for name, folder, table in (
        ("lz-er", "lz_er", "spectrum_ws2022"),
        ("lz-er:ws2024", "lz_er", "spectrum_ws2024"),
        ("pandax4t-er", "pandax4t_er", "spectrum"),
    ):
        columns = independent.columns(f"{folder}/{table}.csv")
        seen, fit = columns["observed"], columns["background_fit"]
        expected = 2 * np.sum(fit - seen + seen * np.log(seen / fit))
        assert likelihood(name).chi2() == pytest.approx(expected, abs=1e-4)


LIMITS = {
    # name, model: limit with scipy's minimiser from the counts of `independent_xenon_er`, in 1e-11 μ_B or 1e-13 e
    ("xenonnt-er:gaussian", "magnetic"): 0.617,
    ("xenonnt-er", "magnetic"): 0.782,
    ("lz-er", "magnetic"): 1.450,
    ("lz-er", "charge"): 2.739,
}


@pytest.mark.parametrize(("name", "model"), LIMITS)
def test_limits_on_one_moment_or_charge_of_all_flavours(name, model):
    """At 90 % confidence; published are 0.64e-11 μ_B (XENONnT, arXiv:2207.11330), and 1.1e-11 μ_B and 1.5e-13 e from

    the first release of LZ (arXiv:2207.05036).
    """
    _, (leader, *followers), unit = MODELS[model]
    fit = likelihood(name, model).fit(free=[leader], tie=dict.fromkeys(followers, leader))
    low, high = fit.interval(leader, 0.9).pieces[-1]
    assert high / unit == pytest.approx(LIMITS[name, model], rel=2e-3)
    assert low <= 0.0
