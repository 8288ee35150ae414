"""Folded counts of a model beside the sum over all recoil energies: quadratic forms, and amplitudes at few energies."""

import jax
import numpy as np
import pytest
from tolerance import assert_close

import cevnsjax as cj
from cevnsjax.folding.fold import fold
from cevnsjax.folding.prediction import expected_counts
from cevnsjax.folding.recoils import LARGEST_ERROR, QuadraticSpectrum, ReducedSpectrum
from cevnsjax.inference.minimise.solver import Solver
from cevnsjax.inference.minimise.strengths import is_linear, minimise_strengths
from cevnsjax.stages.reduction import interpolation
from cevnsjax.stages.stage import Constant, specialise

CSI = cj.measurements.coherent_csi_2021()
GE = cj.measurements.dresden_ii("fef")
LZ = cj.measurements.lz_8b()

# Of each model what is free, and the stage that the energy spectrum becomes.
COUPLINGS = {
    "standard-model": ["sin2_theta_w"],
    "nsi": ["eps_ee_u", "eps_mumu_d", "eps_emu_u", "eps_emu_u_phase"],
    "light-vector:B-L": ["g_zp"],
    "light-scalar": ["g_phi"],
    "charge-radius": ["charge_radius_mumu", "charge_radius_emu"],
    "millicharge": ["millicharge_ee", "millicharge_emu"],
    "magnetic-moment": ["magnetic_moment_e", "magnetic_moment_mutau"],
    "tensor": ["g_tensor"],
}
SHAPES = {
    "standard-model": ["sin2_theta_w", "r_n_cs", "r_n_i"],
    "light-vector:universal": ["g_zp", "m_zp"],
    "light-vector:Le-Lmu": ["g_zp", "m_zp", "r_n_cs"],
    "light-scalar": ["g_phi", "m_phi", "r_n_i", "r_p_cs"],
    "pseudoscalar": ["g_pseudoscalar", "m_pseudoscalar"],
}
RANGES = {"g_zp": (0.0, 1e-3), "g_phi": (0.0, 1e-4), "g_tensor": (0.0, 1e-4), "g_pseudoscalar": (0.0, 1e-2)}


def points(likelihood, free, count=6):
    """Return values of all parameters, those in `free` at random: masses in the logarithm."""
    random = np.random.default_rng(len(free))
    for _ in range(count):
        values = {}
        for name in free:
            low, high = RANGES.get(name, likelihood.parameters[name].bounds)
            share = random.uniform(0.05, 0.95)
            values[name] = low * (high / low) ** share if name.startswith("m_") else low + share * (high - low)
        yield likelihood.parameters.complete(values)


def energy_spectrum(stage):
    """Return the stage under those that spread the counts over the cells."""
    while not isinstance(stage, QuadraticSpectrum | ReducedSpectrum):
        stage = next(
            iter(inputs[0] for name, inputs in stage.inputs().items() if name in ("energy", "counts", "spectrum"))
        )
    return stage


@pytest.mark.parametrize("measurement", [CSI, GE], ids=lambda m: m.name)
@pytest.mark.parametrize(("model", "free"), COUPLINGS.items(), ids=COUPLINGS)
@pytest.mark.parametrize("electrons", [False, True])
def test_quadratic_form_is_the_sum_over_all_recoils(measurement, model, free, electrons):
    likelihood = cj.Likelihood([measurement], cj.model(model), electrons=electrons)
    whole = fold(measurement, likelihood.interaction)
    folded = whole.specialise(set(free), likelihood.parameters.complete())
    assert isinstance(energy_spectrum(folded.stages[0]), QuadraticSpectrum) or not folded.stages[0].parameters()
    for values in points(likelihood, free):
        expected = expected_counts(whole, values)
        assert_close(
            expected_counts(folded, values),
            expected,
            1e-10,
            "rounding of sums in another order",
            np.abs(expected).max(),
        )


@pytest.mark.parametrize(("model", "free"), SHAPES.items(), ids=SHAPES)
def test_few_energies_are_as_good_as_all(model, free):
    likelihood = cj.Likelihood([CSI], cj.model(model))
    whole = fold(CSI, likelihood.interaction)
    folded = whole.specialise(set(free), likelihood.parameters.complete())
    spectrum = energy_spectrum(folded.stages[0])
    assert isinstance(spectrum, ReducedSpectrum)
    assert 0.0 < spectrum.error < LARGEST_ERROR
    assert spectrum.weights.value.shape[-1] < 48
    for values in points(likelihood, free):
        expected = np.asarray(whole.stages[0](values))
        assert_close(
            folded.stages[0](values), expected, 1e-8, "the stated error of the interpolation", np.abs(expected).max()
        )


@pytest.mark.parametrize("model", ["light-vector", "light-scalar", "axial", "pseudoscalar", "tensor"])
def test_few_energies_where_the_least_recoils_count(model):
    """A response that is linear from 0 on, and a mediator of 1 keV: every power of ten of the recoil energy counts."""
    likelihood = cj.Likelihood([LZ], cj.model(model))
    coupling, mass = (p for p in likelihood.parameters if p.startswith(("g_", "m_")))
    whole = fold(LZ, likelihood.interaction)
    folded = whole.specialise({coupling, mass}, likelihood.parameters.complete())
    assert energy_spectrum(folded.stages[0]).weights.value.shape[-1] < 100

    def counts(measurement, value):
        values = likelihood.parameters.complete({coupling: 1e-4})
        return measurement.stages[0]({**values, mass: value}).sum()

    for value in np.geomspace(*likelihood.parameters[mass].bounds, 8):
        found, slope = jax.value_and_grad(counts, 1)(folded, value)
        expected, slope_of_all = jax.value_and_grad(counts, 1)(whole, value)
        assert_close(found, expected, 1e-9, "the stated error of the interpolation")
        assert_close(slope, slope_of_all, 1e-7, "its derivative", expected / value)


def test_final_states_that_nothing_leads_to_are_left_out():
    likelihood = cj.Likelihood([CSI], cj.nsi())
    diagonal = energy_spectrum(likelihood.problem(free=["eps_ee_u"]).chi2.measurements[0].stages[0])
    complex_ = energy_spectrum(likelihood.problem(free=["eps_emu_u", "eps_emu_u_phase"]).chi2.measurements[0].stages[0])
    assert diagonal.vertices[0].finals == (0, 2)
    assert complex_.vertices[0].finals == (0, 1, 2, 3)


def test_interpolation_of_exponentials():
    """exp(-a x) with 1 ≤ a ≤ 3 on 50 points: a dozen of them carry it to 1e-11, at a that were not sampled too."""
    x = np.linspace(0.0, 2.0, 50)
    kept, matrix = interpolation(np.exp(-np.linspace(1.0, 3.0, 40)[:, None] * x), np.ones(50))
    assert len(kept) < 14
    f = np.exp(-np.pi / 2.0 * x)
    assert_close(f[kept] @ matrix, f, 1e-11, "what the chosen points leave")


def test_specialised_constants_are_untouched():
    assert isinstance(specialise(Constant(np.ones(2)), {"a"}, {}), Constant)


@pytest.mark.parametrize(
    "measurements", [[CSI], [cj.measurements.coherent_lar_2020("1d"), CSI]], ids=["Poisson", "Gaussian and Poisson"]
)
def test_minimum_over_strengths(measurements):
    """Counts are linear in the strengths: the minimum of each point is that of the general minimiser, and convex."""
    likelihood = cj.Likelihood(measurements, cj.light_vector("universal"))
    problem = likelihood.problem(free=["g_zp", "m_zp"])
    assert is_linear(problem)
    centre = problem.coordinates(likelihood.parameters.complete({"g_zp": 1e-4, "m_zp": 30.0}))
    points = np.tile(centre, (6, 1))
    points[:, 0] = [1e-6, 2e-5, 5e-5, 1e-4, 1e-3, 1e-2]  # from no effect to 1e10 events: pulls at their bounds
    lower, upper = problem.box
    program, u = jax.jit(minimise_strengths), points
    for _ in range(4):
        u, value, reached = map(np.asarray, program(problem, u, lower, upper))
    assert reached[:4].all()
    assert reached.all() or len(measurements) > 1  # with a flux in common, far above the data: left to the other
    u, value, points = u[reached], value[reached], points[reached]
    frozen = np.arange(len(centre)) < 2
    general = Solver(problem)(np.asarray(points), frozen)
    assert general.converged.all()
    assert_close(value, jax.vmap(problem)(u), 1e-11, "rounding of sums in another order")
    assert_close(value, general.value, 1e-9, "where the Newton steps end")
    assert_close(u, general.u, 1e-5, "where the Newton steps end", np.maximum(1.0, np.abs(u)))
