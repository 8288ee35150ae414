"""A response that parameters move, made short: beside the whole one over all of the bounds, and beside SciPy."""

import dataclasses

import jax
import numpy as np
import pytest
from scipy import integrate, stats
from tolerance import assert_close

import cevnsjax as cj
from cevnsjax.detectors.efficiency import EFFICIENCY, EFFICIENCY_SHAPE
from cevnsjax.detectors.expansion import Combined, LiveSpectrum, SelectedRows
from cevnsjax.detectors.quenching import QUENCHING, QUENCHING_SHAPES
from cevnsjax.detectors.resolution import SMEARING
from cevnsjax.detectors.response import AddedFlavours
from cevnsjax.detectors.templates import TemplateDetector
from cevnsjax.folding.fold import fold
from cevnsjax.folding.prediction import expected_counts
from cevnsjax.inference.problem.evaluate import BATCH, Evaluator, side_by_side
from cevnsjax.stages.spectrum import EnergySpectrum
from cevnsjax.stages.stage import Constant, OnAxes

CSI = cj.measurements.coherent_csi_2021("shape")
GE = cj.measurements.coherent_ge_mini_2024()
SHAPES = (*QUENCHING_SHAPES, EFFICIENCY_SHAPE)
WHY = "the stated error of the sum, 1e-9 of a bin of at least a hundredth of the largest"
# Measurement, what is free, and the stage that the energy spectrum becomes.
CASES = {
    "pulls": (CSI, SHAPES, SelectedRows),
    "pulls and vertices": (CSI, (*SHAPES, "sin2_theta_w"), SelectedRows),
    "pulls and radii": (CSI, (*SHAPES, "sin2_theta_w", "r_n_cs", "r_n_i"), LiveSpectrum),
    "efficiency": (CSI, (EFFICIENCY_SHAPE, "sin2_theta_w"), SelectedRows),
    "efficiency, low threshold": (CSI, (EFFICIENCY[0], EFFICIENCY_SHAPE), LiveSpectrum),
    "efficiency and radii": (CSI, (EFFICIENCY_SHAPE, "r_n_cs"), LiveSpectrum),
    "smearing": (CSI, (*SMEARING, "sin2_theta_w"), LiveSpectrum),
    "everything of the quenching": (CSI, (*QUENCHING[:4], EFFICIENCY_SHAPE), LiveSpectrum),
    "Lindhard": (GE, ("lindhard_k_ge", "sin2_theta_w"), None),
}


def energy_of(measurement):
    """Return the energy response of a measurement in bins."""
    return measurement.counted().detector.energy


def stages(stage):
    yield stage
    for inputs in stage.inputs().values():
        for one in inputs:
            yield from stages(one)


def points(measurement, free, count):
    """Return values of all parameters: those in `free` at random over all of their bounds, and at both ends."""
    likelihood = cj.Likelihood([measurement])
    random = np.random.default_rng(len(free))
    for shares in (*np.outer((0.0, 1.0), np.ones(len(free))), *random.uniform(size=(count, len(free)))):
        values = {}
        for name, share in zip(free, shares, strict=True):
            low, high = likelihood.parameters[name].bounds
            values[name] = float(low + share * (high - low))
        yield likelihood.parameters.complete(values)


@pytest.mark.parametrize(("measurement", "free", "kind"), CASES.values(), ids=CASES)
def test_short_sum_is_the_whole_one(measurement, free, kind):
    whole = fold(measurement, cj.standard_model())
    folded = whole.specialise(set(free), cj.Likelihood([measurement]).parameters.complete())
    found = list(stages(folded.stages[0]))
    if kind is not None:
        assert any(isinstance(stage, kind) for stage in found)
    if set(free) & {*QUENCHING_SHAPES, *SMEARING, "lindhard_k_ge"} and kind is not LiveSpectrum:
        assert any(isinstance(stage, Combined) for stage in found)
    assert not any(isinstance(stage, EnergySpectrum) for stage in found)
    for params in points(measurement, free, 20):
        expected = np.asarray(whole.stages[0](params)).sum(axis=1)
        scale = np.maximum(expected, 1e-2 * expected.max())
        assert_close(np.asarray(folded.stages[0](params)).sum(axis=1), expected, 3e-9, WHY, scale)


@pytest.mark.parametrize("shape", [-3.0, -1.3, -0.9, 0.0, 2.5])
def test_threshold_that_passes_from_bin_to_bin(shape):
    """The first two bins of one recoil energy, with SciPy's gamma distribution and adaptive quadrature.

    The threshold is at 8 photo-electrons, the edge of the bins, for a pull of -1.1 on the efficiency.
    """
    detector = energy_of(CSI)
    response = detector.response(np.array([[0.011]]), 8)
    values = cj.Likelihood([CSI]).parameters.complete({EFFICIENCY_SHAPE: shape})
    spectrum = EnergySpectrum(Constant(np.ones((1, 1, 1))), response)
    short = spectrum.simplified({EFFICIENCY_SHAPE, *QUENCHING_SHAPES}, values)
    assert isinstance(short, SelectedRows)
    energy = 1e3 * np.polyval([*detector.quenching.coefficients[::-1], 0.0], 0.011)
    power = 1.0 + detector.smearing.shape * energy
    density = stats.gamma(power, scale=energy / detector.smearing.mean_inverse / power).pdf
    a, b, c, d = detector.efficiency.coefficients + shape * detector.efficiency.variation

    def selected(x):
        return max(a / (1.0 + np.exp(-b * (x - c))) + d, 0.0) * density(x)

    threshold = c - np.log(-a / d - 1.0) / b
    for number, (low, high) in enumerate([(0.0, 8.0), (8.0, 12.0)]):
        inside = [threshold] if low < threshold < high else None
        expected = integrate.quad(selected, low, high, points=inside, epsabs=1e-14, epsrel=1e-12)[0]
        assert_close(short(values)[0, number], expected, 1e-8, "the stated error of the sum", max(expected, 1e-2))


@pytest.mark.parametrize("free", [SHAPES, (*SHAPES, "r_n_cs")], ids=["expanded", "few energies"])
def test_derivatives_over_the_bounds(free):
    """Forward = reverse = central differences, also where quenching leaves no light of some recoils."""
    folded = fold(CSI, cj.standard_model())
    table = cj.Likelihood([CSI]).parameters
    defaults = table.complete()
    stage = folded.specialise(set(free), defaults).stages[0]

    def total(u):
        counts = stage({**defaults, **{name: u[k] for k, name in enumerate(free)}})
        return (counts * np.arange(1.0, counts.size + 1.0).reshape(counts.shape)).sum()

    forward, reverse = jax.jit(jax.jacfwd(total)), jax.jit(jax.grad(total))
    for pulls in ((0.3, -0.4, 0.2), (-5.0, -5.0, -3.0), (5.0, 5.0, 3.0), (4.0, -5.0, -1.2)):
        u = np.array([*pulls, 4.2][: len(free)])
        step = 1e-4
        ends = [total(u + step * unit) - total(u - step * unit) for unit in np.eye(len(u))]
        far = [total(u + 2 * step * unit) - total(u - 2 * step * unit) for unit in np.eye(len(u))]
        expected = (8.0 * np.array(ends) - np.array(far)) / (12.0 * step)
        found = np.asarray(forward(u))
        scale = np.abs(found).max()
        assert np.all(np.isfinite(found))
        assert_close(reverse(u), found, 1e-9, "rounding of sums in another order", scale)
        assert_close(found, expected, 1e-6, "central differences of fourth order; efficiency has a kink", scale)


def test_points_of_a_live_response_run_few_at_a_time():
    """Same values, one at a time or many; the more numbers a point needs, the fewer run side by side."""
    likelihood = cj.Likelihood([CSI])
    problem = likelihood.problem(free=["r_n_cs"])
    assert side_by_side(problem) < BATCH // 8
    assert side_by_side(cj.Likelihood([cj.measurements.coherent_csi_2021()]).problem(free=["r_n_cs"])) == BATCH
    evaluator = Evaluator(problem)
    u = problem.coordinates(likelihood.parameters.complete())
    many = u + 0.01 * np.random.default_rng(1).uniform(size=(150, len(u)))
    found = np.asarray(evaluator.chi2(many))
    assert_close(found[[0, 149]], [evaluator.chi2(many[k]) for k in (0, 149)], 1e-11, "another order of sums")


def test_a_response_that_jumps_stays_whole():
    """A Gaussian that gives nothing below an energy is not smooth in the quenching at one recoil energy: kept as is."""
    energy = energy_of(GE)
    jumping = dataclasses.replace(energy, smearing=dataclasses.replace(energy.smearing, minimum=2.0))
    recoil = np.linspace(0.005, 0.05, 7)[None, :]
    spectrum = EnergySpectrum(Constant(np.ones((1, 1, 7))), jumping.response(recoil, 8))
    params = cj.Likelihood([GE]).parameters.complete()
    assert spectrum.simplified({"lindhard_k_ge"}, params) is spectrum


def test_an_efficiency_without_threshold_stays_whole():
    """A logistic curve a / (1 + …) + d with a < -d is negative everywhere; the bounds allow it."""
    folded = fold(CSI, cj.standard_model())
    short = folded.specialise(set(EFFICIENCY), cj.Likelihood([CSI]).parameters.complete({EFFICIENCY_SHAPE: 1.0}))
    assert any(isinstance(stage, EnergySpectrum) for stage in stages(short.stages[0]))


def test_counts_do_not_depend_on_where_the_quenching_is():
    """The default recoil energies, against three times as many, over the bounds of Lindhard's k."""
    for k in (0.1, 0.12, 0.2, 0.25):
        params = cj.Likelihood([GE]).parameters.complete({"lindhard_k_ge": k})
        coarse, fine = (expected_counts(fold(GE, cj.standard_model(), order), params) for order in (24, 72))
        assert_close(coarse, fine, 1e-7, "quadrature", np.maximum(fine, 1e-2 * fine.max()))


def test_templates_summed_over_recoils():
    """Templates that two nuisances morph, summed over the recoils of each product of vertices: exact."""
    xenon = cj.measurements.xenonnt_8b()
    detector = xenon.counted().detector
    assert isinstance(detector, TemplateDetector)
    free = ("sin2_theta_w", *(along.parameter.name for along in detector.morphs))
    whole = fold(xenon, cj.standard_model())
    short = whole.specialise(set(free), cj.Likelihood([xenon]).parameters.complete()).stages[0]
    assert isinstance(short, OnAxes)
    assert isinstance(short.counts, AddedFlavours)
    for params in points(xenon, free, 4):
        expected = np.asarray(whole.stages[0](params))
        assert_close(short(params), expected, 1e-12, scale=expected.max())
