"""χ², gradient and Hessian at any values within the bounds: finite, the same forward as in reverse, symmetric."""

import functools
import re

import jax
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import cevnsjax as cj
from cevnsjax.inference.problem.programs import Evaluation

MEASUREMENTS = {
    "coherent_csi_2021": ["sin2_theta_w", "r_n_cs"],
    "coherent_lar_2020": ["sin2_theta_w", "r_n_ar"],
    "conus_plus_2025": ["sin2_theta_w", "r_n_ge"],
    "apv_cs": ["sin2_theta_w", "r_n_cs"],
}
"""Measurements, and what is free of them beside the model."""
MODELS = {
    "standard-model": [],
    "nsi": ["eps_ee_u", "eps_mumu_d", "eps_emu_u", "eps_emu_u_phase"],
    "light-vector": ["g_zp", "m_zp"],
    "light-vector:B-L": ["g_zp", "m_zp"],
    "light-vector:Lmu-Ltau": ["g_zp", "m_zp"],
    "light-scalar": ["g_phi", "m_phi"],
    "axial": ["g_axial", "m_axial"],
    "pseudoscalar": ["g_pseudoscalar", "m_pseudoscalar"],
    "tensor": ["g_tensor", "m_tensor"],
    "charge-radius": ["charge_radius_ee", "charge_radius_mumu", "charge_radius_emu"],
    "millicharge": ["millicharge_ee", "millicharge_mumu", "millicharge_emu"],
    "magnetic-moment": ["magnetic_moment_e", "magnetic_moment_mu"],
    "sterile-oscillation": ["u2_e4", "u2_mu4", "delta_m2_41"],
    "dipole-portal": ["dipole_moment_e", "dipole_moment_mu", "m_hnl"],
}
FEW = [("coherent_csi_2021", "light-vector"), ("coherent_lar_2020", "nsi"), ("conus_plus_2025", "magnetic-moment")]
SPINS = ("axial", "pseudoscalar")
"""Models that change nothing in nuclei without spin."""
ALL = [
    (measurement, model)
    for measurement in MEASUREMENTS
    for model in MODELS
    if not (measurement == "apv_cs" and model != "standard-model")
    and not (measurement == "coherent_lar_2020" and model in SPINS)
]
AGREE = 1e-7
"""Of a derivative, in units of it or of the curvature: a sum of terms that cancel."""
ROUNDING = 1e-13
"""Of the largest derivative, in units of the bounds: a coordinate may depend on another by rounding alone."""
PHASES = (Phase.explicit, Phase.generate)
"""An example that fails is told as it was drawn: to look for a simpler one takes minutes."""


@jax.jit
def derivatives(problem, u):
    """Return χ², the gradient in reverse and forward, and the Hessian."""
    forward = jax.vmap(lambda direction: jax.jvp(problem, (u,), (direction,))[1])(np.eye(len(problem.names)))
    value, reverse = jax.value_and_grad(problem)(u)
    return value, reverse, forward, jax.hessian(problem)(u)


@functools.lru_cache(maxsize=2)
def pose(measurement, model):
    likelihood = cj.Likelihood([getattr(cj.measurements, measurement)()], cj.model(model))
    free = MEASUREMENTS[measurement] + MODELS[model]
    return likelihood.problem(free=free), [
        prior.width is not None for prior in likelihood.log_density(free=free).priors
    ]


def strengths(low, high):
    """Return the range that a strength is drawn from: nothing is expected of a measurement without any."""
    return max(low, 0.05), min(high, 3.0)


def coordinate(low, high, constrained):
    """Return a strategy of values of one coordinate: the bounds, even shares, and all orders of magnitude from zero."""
    share = st.floats(0.0, 1.0)
    if constrained and low >= 0:
        return st.floats(*strengths(low, high))
    even = share.map(lambda x: low + (high - low) * x)
    if low > 0:
        return even | share.map(lambda x: float(np.clip(low * (high / low) ** x, low, high)))
    powers = st.floats(-12.0, 0.0).map(lambda power: high * 10.0**power)
    return even | powers | (powers.map(lambda x: max(low, -x)) if low < 0 else st.just(low))


def check(measurement, model, data):
    problem, constrained = pose(measurement, model)
    low, high = (np.asarray(bound) for bound in problem.box)
    u = np.array(
        [
            data.draw(coordinate(*one), label=name)
            for name, *one in zip(problem.names, low, high, constrained, strict=True)
        ]
    )
    value, reverse, forward, hessian = (np.asarray(part) for part in derivatives(problem, u))
    assert np.isfinite(value), value
    assert np.isfinite(reverse).all(), reverse
    assert np.isfinite(forward).all(), forward
    assert np.isfinite(hessian).all(), hessian
    width, span = np.sqrt(np.abs(np.diag(hessian))), high - low
    slopes, bends = np.abs(reverse), np.abs(hessian)
    rounding = ROUNDING * (slopes * span).max() / span
    assert np.all(np.abs(forward - reverse) <= AGREE * (slopes + width * np.sqrt(1.0 + value)) + rounding)
    rounding = ROUNDING * (bends * np.outer(span, span)).max() / np.outer(span, span)
    assert np.all(np.abs(hessian - hessian.T) <= AGREE * (bends + np.outer(width, width)) + rounding)


def sweep(measurement, model, examples):
    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=PHASES,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def run(data):
        check(measurement, model, data)

    run()


@pytest.mark.parametrize(("measurement", "model"), [*FEW, ("apv_cs", "standard-model")])
def test_chi2_is_smooth_within_the_bounds(measurement, model):
    sweep(measurement, model, 60)


@pytest.mark.proof
@pytest.mark.parametrize(("measurement", "model"), ALL)
def test_chi2_is_smooth_within_the_bounds_in_full(measurement, model, figure):
    sweep(measurement, model, 1000)
    figure(f"smooth | {measurement} | {model} | 1000 examples")


EVERYWHERE = [
    *("coherent-csi-2017", "coherent-csi-2017:energy-time", "coherent-csi-2021", "coherent-csi-2021:shape"),
    *("coherent-lar-2020:1d", "coherent-lar-2020:2d", "coherent-lar-2020:3d", "coherent-ge-mini-2024"),
    *("xenonnt-8b:all", "xenonnt-8b:sr0-sr1", "pandax4t-8b", "lz-8b", "lz-er:ws2022", "lz-er:ws2024"),
    *("xenonnt-er:poisson", "xenonnt-er:gaussian", "pandax4t-er", "dresden-ii:fef", "dresden-ii:lindhard"),
    *("dresden-ii-off", "conus-plus-2025", "conus-2024", "texono-2025"),
]
"""Measurements whose counts an interaction changes; the others depend on sin²θ_W or a radius alone."""


def points_within(bounds, constrained, count, random):
    """Return points within the bounds: at them, in even shares, and in all orders of magnitude from zero."""
    columns = []
    for (low, high), has_width in zip(bounds, constrained, strict=True):
        share, kind = random.uniform(size=count), random.integers(0, 4, count)
        if has_width and low >= 0:
            least, most = strengths(low, high)
            columns.append(least + (most - least) * share)
            continue
        even = low + (high - low) * share
        powers = low * (high / low) ** share if low > 0 else high * 10.0 ** (-12.0 * share)
        edge = np.where(share < 0.5, low, high)
        below = np.maximum(low, -powers) if low < 0 else powers
        columns.append(np.clip(np.choose(kind, [even, powers, below, edge]), low, high))
    return np.stack(columns, axis=1)


@pytest.mark.proof
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("measurement", EVERYWHERE)
def test_derivatives_through_the_counts_everywhere(measurement, model, figure):
    free = ["sin2_theta_w", *MODELS[model]]
    try:
        likelihood = cj.Likelihood([measurement], cj.model(model))
        problem = likelihood.problem(free=free)
    except cj.InputError as error:
        figure(f"not sensitive | {measurement} | {model} | {error}")
        assert re.search("nothing here depends on|does not depend on|changes nothing", str(error)), error  # noqa: PT017
        return
    constrained = [prior.width is not None for prior in likelihood.log_density(free=free).priors]
    random, bounds = np.random.default_rng(0), np.transpose(problem.box)
    u = points_within(bounds, constrained, 1000, random)
    along = random.normal(size=u.shape) * np.ptp(bounds, axis=1)
    evaluation = Evaluation(problem, jax.devices()[:1])
    value, gradient, hessian = [], [], []
    for first in range(0, len(u), evaluation.capacity):
        rows = u[first : first + evaluation.capacity]
        found = evaluation.at(rows, np.arange(len(rows)))(rows, np.arange(len(rows)))
        for kept, part in zip((value, gradient, hessian), found, strict=True):
            kept.append(part)
    value, gradient, hessian = (np.concatenate(parts) for parts in (value, gradient, hessian))
    for found in (value, gradient, hessian):
        assert np.isfinite(found).all()
    expected, slope, bend = (np.asarray(part) for part in second_order(problem, u, along))
    np.testing.assert_allclose(value, expected, rtol=1e-10, atol=1e-9)
    terms, bends = gradient * along, hessian * along[:, :, None] * along[:, None, :]
    size, size_of_bends = np.abs(terms).sum(axis=1), np.abs(bends).sum(axis=(1, 2))
    off = np.abs(terms.sum(axis=1) - slope) / (size + np.sqrt(size_of_bends * (1.0 + value)))
    off_bend = np.abs(bends.sum(axis=(1, 2)) - bend) / size_of_bends
    figure(f"derivatives | {measurement} | {model} | {off.max():.1e} | {off_bend.max():.1e}")
    assert off.max() < AGREE
    assert off_bend.max() < AGREE


@jax.jit
def second_order(problem, u, along):
    """Return χ² at the points, and its first two derivatives along a direction at each, both forward."""

    def at_one(pair):
        at, direction = pair

        def first(t):
            return jax.jvp(lambda s: problem(at + s * direction), (t,), (1.0,))

        (value, slope), (_, bend) = jax.jvp(first, (0.0,), (1.0,))
        return value, slope, bend

    return jax.lax.map(at_one, (u, along), batch_size=32)
