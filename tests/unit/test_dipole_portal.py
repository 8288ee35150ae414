"""The dipole portal: its kernel from traces, its limits from relativistic kinematics, its derivatives."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from independent_traces import product, rounding
from tolerance import assert_close

from cevnsjax.interactions.dipole_portal import kernel, minimum_energy, recoil_limits, threshold_energy
from cevnsjax.interactions.structures import kernel as structure_kernel

# CODATA 2018: α, m_e [MeV], ħc [MeV cm]
ALPHA, M_E, HBARC = 1 / 137.035999084, 0.51099895, 197.3269804e-13
# E, M, m [MeV]: the SNS on argon and caesium, a reactor on germanium, the sun and a reactor on electrons
POINTS = [
    (45.0, 37215.5, 20.0),
    (30.0, 123772.8, 0.5),
    (6.0, 67911.5, 3.0),
    (0.4, 0.51099895, 0.1),
    (8.0, 0.51099895, 2.0),
]


def inside(energy, mass, heavy):
    low, high = recoil_limits(energy, mass, heavy)
    return low + (high - low) * np.array([0.1, 0.5, 0.97])


@pytest.mark.parametrize(("energy", "mass", "heavy"), POINTS)
@pytest.mark.parametrize("kinematics", ["spin-0", "spin-1/2"])
def test_kernel_is_the_trace(energy, mass, heavy, kinematics):
    for recoil in inside(energy, mass, heavy):
        spin_half = kinematics == "spin-1/2"
        trace = product("magnetic", "magnetic", energy, recoil, mass, spin_half=spin_half, final_mass=heavy)
        found = kernel(energy, recoil, mass, heavy, kinematics)
        # e μ_B = 2π α/m_e stands where a weak amplitude has √2 G_F, and dσ/dT = (√2 G_F)² M/2π · trace
        expected = 2 * np.pi * (ALPHA * HBARC / M_E) ** 2 * mass * trace.real
        size = 2 * np.pi * (ALPHA * HBARC / M_E) ** 2 * (1 / recoil + heavy**2 / (recoil * energy**2))
        assert_close(found, expected, rounding(recoil, mass), "the trace; terms of either sign", scale=size)


def literature(E, T, M, m):
    """Return the bracket of arXiv:1803.03262 and 2007.15563."""
    return (
        1 / T
        - 1 / E
        - m**2 / (2 * E * T * M) * (1 - T / (2 * E) + M / (2 * E))
        + m**4 * (T - M) / (8 * (E * T * M) ** 2)
    )


@pytest.mark.parametrize(("energy", "mass", "heavy"), POINTS)
def test_formula_of_the_literature_is_that_of_a_fermion(energy, mass, heavy):
    recoil = inside(energy, mass, heavy)
    assert_close(
        kernel(energy, recoil, mass, heavy, "spin-1/2") / kernel(energy, recoil, mass, 0.0, "spin-1/2"),
        literature(energy, recoil, mass, heavy) / (1 / recoil - 1 / energy),
        1e-11,
        "terms of either sign",
    )


@pytest.mark.parametrize(("energy", "mass", "heavy"), POINTS)
def test_limits_are_forward_and_backward_scattering(energy, mass, heavy):
    # by a boost from the centre of mass, where the recoil has the momentum that the Källén function gives
    s = mass**2 + 2 * mass * energy
    before = (s - mass**2) / (2 * np.sqrt(s))
    after = np.sqrt((s - (mass + heavy) ** 2) * (s - (mass - heavy) ** 2)) / (2 * np.sqrt(s))
    gamma = (energy + mass) / np.sqrt(s)
    total = np.sqrt(after**2 + mass**2)
    expected = gamma * (total + np.array([-1, 1]) * energy / (energy + mass) * after) - mass
    assert before > after > 0
    assert_close(recoil_limits(energy, mass, heavy), expected, 1e-10, "M is subtracted here", scale=[mass * 1e-4] * 2)
    for limit in recoil_limits(energy, mass, heavy):
        assert_close(minimum_energy(limit, mass, heavy), energy)


def test_threshold():
    for mass, heavy in [(37215.5, 20.0), (0.51099895, 0.3), (0.51099895, 4.0)]:
        threshold = threshold_energy(mass, heavy)
        s = mass**2 + 2 * mass * threshold
        assert_close(np.sqrt(s), mass + heavy)
        at = heavy**2 / (2 * (mass + heavy))
        assert_close(minimum_energy(at, mass, heavy), threshold)
        assert_close(recoil_limits(0.9 * threshold, mass, heavy), (at, at))
        low, high = recoil_limits(threshold * (1 + 1e-12), mass, heavy)
        assert_close((low, high), (at, at), 1e-5, "the square root of the distance of 1e-12 to the threshold")


def test_smallest_energies():
    # argon at T = 20 keV: the angle at the smallest energy is that of forward scattering, cos θ = 1
    assert_close(np.round(minimum_energy(0.02, 37200.0, 8.0), 4), 20.1273)
    assert_close(np.round(minimum_energy(0.02, 37200.0, 0.0), 4), 19.2973)


@pytest.mark.parametrize("kinematics", ["leading", "spin-0", "spin-1/2"])
def test_a_light_lepton_is_a_magnetic_moment(kinematics):
    recoil = np.array([1e-3, 1e-2, 4e-2])
    moment = structure_kernel(("magnetic", "magnetic"), 40.0, recoil, 37215.5, kinematics, False)
    assert_close(kernel(40.0, recoil, 37215.5, 0.0, kinematics), moment)


def everything(x, mass):
    """Return both kernels, the smallest energy and both limits at x = (E, T, m)."""
    energy, recoil, heavy = x
    kernels = [kernel(energy, recoil, mass, heavy, kinematics) for kinematics in ("spin-0", "spin-1/2")]
    return jnp.stack([*kernels, minimum_energy(recoil, mass, heavy), *recoil_limits(energy, mass, heavy)])


VALUE = jax.jit(everything)
FORWARD, REVERSE, SECOND = (
    jax.jit(jax.jacfwd(everything)),
    jax.jit(jax.jacrev(everything)),
    jax.jit(jax.hessian(everything)),
)


@pytest.mark.parametrize(("energy", "mass", "heavy"), [*POINTS, (45.0, 37215.5, 1e-3)])
def test_derivatives(energy, mass, heavy):
    at = np.array([energy, inside(energy, mass, heavy)[1], heavy])
    forward = np.asarray(FORWARD(at, mass))
    size = np.abs(np.asarray(VALUE(at, mass)))
    assert np.isfinite(SECOND(at, mass)).all()
    for k, step in enumerate(1e-3 * at):
        scale = np.abs(forward[:, k]) + 1e-4 * size / at[k]
        assert_close(REVERSE(at, mass)[:, k], forward[:, k], 1e-10, "terms of either sign", scale=scale)
        e = step * np.eye(3)[k]
        ahead = [np.asarray(VALUE(at + m * e, mass)) - np.asarray(VALUE(at - m * e, mass)) for m in (1, 2, 3)]
        difference = (45 * ahead[0] - 9 * ahead[1] + ahead[2]) / (60 * step)
        assert_close(difference, forward[:, k], 1e-7, "rounding over the step; seventh powers of it", scale=scale)


def test_derivatives_are_finite_where_nothing_happens():
    for heavy in (0.0, 60.0, 1e6):
        for k in (0, 1):
            slope = jax.grad(lambda m, k=k: recoil_limits(jnp.asarray(45.0), 37215.5, m)[k])(heavy)
            assert np.isfinite(slope)
