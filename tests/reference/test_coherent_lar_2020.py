"""COHERENT liquid argon 2020: every bin and the fits, put together a second time from tables and papers."""

import independent_lar as lar
import jax
import numpy as np
import pytest
from cevnsjax.measurements.analyses.coherent_lar_2020 import MORPHING, NAME, SHIFTS
from independent_lar import TOML
from scipy.optimize import least_squares, minimize
from scipy.special import kl_div
from tolerance import assert_close

import cevnsjax as cj
from cevnsjax.measurements.catalogue import CATALOGUE
from cevnsjax.stages.morphing import MorphedShape, Template

DEFAULTS = {"sin2_theta_w": 0.23863, "r_n_ar": 3.55, "r_p_ar": 3.448, "quenching_a": 0.246, "quenching_b": 0.78}
MOVED = {"sin2_theta_w": 0.27, "r_n_ar": 3.9, "cevns_norm": 1.2, "cevns_norm_prompt": 0.7, "brn_norm": 0.8}
SMEARED = {"quenching_a": 0.25, "quenching_b": 0.85, "resolution_norm": 1.1}
WHY = "the engine's fixed nodes of recoil energy and reconstructed energy"
ROUNDED = "the released templates have six digits, the acceptance too"


@pytest.fixture(scope="module", params=CATALOGUE[NAME].variants)
def variant(request):
    return request.param


def likelihood(variant, scheme="2022"):
    return cj.Likelihood([cj.measurements.coherent_lar_2020(variant)], cj.standard_model(scheme))


def spectrum(variant, values):
    """Return the selected recoils (flavour, energy bin)."""
    params = DEFAULTS | values
    rate = lar.Rate(params | {"quenching_b": 1e-3 * params["quenching_b"]})
    norms = np.array([params.get("cevns_norm_prompt", 1.0), 1.0, 1.0])
    if variant == "1d":
        counts = lar.exposure("analysis") * lar.unsmeared(rate, 1e-9)
    else:
        slope = TOML["smearing"]["variance"]["value"] * params.get("resolution_norm", 1.0) ** 2
        counts = lar.exposure("release") * lar.smeared(rate, slope, 1e-9)
    return params.get("cevns_norm", 1.0) * norms[:, None] * counts


def arrivals(variant, shift=0.0):
    """Return the share of each time bin for each flavour."""
    if variant.endswith("flavours"):
        prompt, delayed = lar.arrivals(TOML["pulse"]["mean"]["value"] + shift, TOML["pulse"]["width"]["value"])
        return np.array([prompt, delayed, delayed])
    return np.tile(lar.table("time")["cevns"], (3, 1))


def signal(variant, values):
    """Return the signal in each bin, templates nominal."""
    counts = spectrum(variant, values)
    if variant == "1d":
        return counts.sum(axis=0)
    time = arrivals(variant, values.get("time_shift_nu", 0.0))
    if variant.startswith("2d"):
        return np.einsum("lb,lt->bt", counts, time)
    shape = lar.table("energy_f90")["cevns"].reshape(12, 8)
    total = np.maximum(shape.sum(axis=1, keepdims=True), 1e-30)
    acceptance = TOML["acceptance"]["flavours" if variant.endswith("flavours") else "release"]["value"]
    return np.einsum("lb,b,bf,lt->bft", counts, acceptance, shape / total, time)


def summed(variant, counts):
    """Return counts (energy, F90, time) in the bins of a variant."""
    return {"1d": counts.sum(axis=(1, 2)), "2d": counts.sum(axis=1), "3d": counts}[variant[:2]]


@pytest.mark.parametrize("moved", [False, True])
def test_every_bin(variant, moved):
    values = (MOVED | (SMEARED if variant != "1d" else {})) if moved else {}
    if moved and variant.endswith("flavours"):
        values = values | {"time_shift_nu": 0.04}
    (prediction,) = likelihood(variant).predict(values)
    expected = signal(variant, values)
    assert_close(prediction.counts["cevns"], expected, 1e-7, WHY, scale=np.maximum(expected, 1e-9 * expected.max()))
    for name in ("brn", "delayed_brn", "ss")[: 2 if variant == "1d" else 3]:
        background = values.get(f"{name}_norm", 1.0) * summed(variant, lar.grid(name))
        assert_close(prediction.counts[name], background, 1e-12)
    data = lar.table("energy_excess")["excess"] if variant == "1d" else summed(variant, lar.observed())
    assert_close(prediction.observed, data)


def test_acceptance_returns_the_released_signal():
    """In the Standard Model the signal of the three-dimensional fit is the released template, 128 events."""
    (prediction,) = likelihood("3d").predict()
    released = lar.grid("cevns")
    assert_close(prediction.counts["cevns"], released, 1e-6, ROUNDED, scale=np.maximum(released, 1e-3))
    assert_close(prediction.counts["cevns"].sum(), 128.0, 1e-6, ROUNDED)
    (flavours,) = likelihood("3d-flavours").predict()
    assert_close(flavours.counts["cevns"].sum(axis=(1, 2)), released.sum(axis=(1, 2)), 3e-6, ROUNDED)


def mirrored(nominal, other):
    """Return the shape as far below the nominal one as the other is above it, in each bin's logarithm."""
    return np.divide(nominal**2, other, out=np.zeros_like(nominal), where=other > 0)


@pytest.mark.parametrize("name", MORPHING)
@pytest.mark.parametrize("sign", [1, -1])
def test_morphing_passes_through_the_released_templates(name, sign):
    component, up, down, _ = MORPHING[name]
    (prediction,) = likelihood("3d").predict({name: float(sign)})
    expected = lar.grid(up if sign > 0 or down is None else down)
    if sign < 0 and down is None:
        shape, time = (mirrored(lar.table(key)[component], lar.table(key)[up]) for key in ("energy_f90", "time"))
        expected = (shape[:, None] * time).reshape(12, 8, 10)
    expected = expected * lar.grid(component).sum() / expected.sum()
    assert_close(prediction.counts[component], expected, 1e-6, ROUNDED, scale=np.maximum(expected, 1e-3))


def test_morphing_is_smooth():
    """Value, first and second derivative of a bin agree on both sides of 0 and of ±1, at an empty bin too."""
    background = cj.measurements.coherent_lar_2020("3d").backgrounds[0]
    assert isinstance(background, Template)
    stage = background.shape
    assert isinstance(stage, MorphedShape)
    params = dict.fromkeys(stage.names, 0.0)
    empty = np.flatnonzero((stage.nominal == 0) & (stage.empty_up.sum(axis=0) > 0))
    assert len(empty) == 1
    for at in (0.0, 1.0, -1.0):
        for bin_ in (0, 30, *empty):
            step = 1e-3
            x = at + step * np.arange(-4, 5)
            y = np.array([stage(params | {"lar_brn_energy": float(value)})[bin_] for value in x])
            second = np.diff(y, 2) / step**2
            left, right = 2 * second[2] - second[1], 2 * second[4] - second[5]
            assert abs(left - right) < 2e-2 * max(np.abs(second).max(), y.max(), 1e-3)
            assert np.all(y >= 0)


@pytest.mark.parametrize("name", SHIFTS)
def test_linear_distortion(name):
    """In two dimensions a template moves by η times its relative distance to the released alternative."""
    component, other, _ = SHIFTS[name]
    (nominal,), (moved,) = (likelihood("2d").predict(values) for values in ({}, {name: 0.3}))
    base, alternative = (lar.grid(key).sum(axis=1) for key in (component, other))
    alternative = alternative * base.sum() / alternative.sum()
    shift = np.divide(alternative - base, base, out=np.zeros_like(base), where=base > 0)
    expected = nominal.counts[component] * (1 + 0.3 * shift)
    assert_close(moved.counts[component], expected, 1e-10, "cancellation of alternative and nominal")


def test_arrival_times():
    """The released times of the signal are those of the decays after a pulse of 0.452 us, to 1 % in each bin."""
    counts = likelihood("3d-flavours").predict()[0].counts["cevns"].sum(axis=(0, 1))
    released = lar.table("time")["cevns"]
    assert np.abs(counts / counts.sum() / released - 1).max() < 0.01
    prompt, delayed = lar.arrivals(TOML["pulse"]["mean_release"]["value"], TOML["pulse"]["width"]["value"])
    # 0.2253 of the selected neutrinos are prompt in the Standard Model
    early = 0.2253 * prompt + 0.7747 * delayed
    assert 0.09 < early[0] / early.sum() / released[0] - 1 < 0.12


def neutrons():
    return [lar.grid(name).sum(axis=(1, 2)) for name in ("brn", "delayed_brn")]


def test_energy_fit_is_linear_algebra():
    """χ² of arXiv:2005.01645 with the Standard Model, by least squares."""
    excess = lar.table("energy_excess")
    errors = np.hypot(excess["error"], 0.017 * sum(neutrons()))
    columns = [spectrum("1d", {}).sum(axis=0), *neutrons()]
    chi2, strengths = lar.linear_fit(excess["excess"], errors, columns, (0.134, 0.32, 1.0))
    fit = likelihood("1d").fit()
    assert_close(fit.chi2, chi2, 1e-7, WHY)
    for name, value in zip(("cevns", "brn", "delayed_brn"), strengths, strict=True):
        assert_close(fit.values[f"{name}_norm"], value, 1e-6, "a step that lowers χ² by less than 1e-10 ends the fit")


def test_energy_time_fit():
    """χ² in two dimensions with the Standard Model, by scipy's least squares."""
    nominal = {name: lar.grid(name).sum(axis=1) for name in ("brn", "delayed_brn", "ss")}
    nominal = {"cevns": signal("2d", {}), **nominal}
    data = lar.observed().sum(axis=1)
    errors, pulls = np.sqrt(data + nominal["ss"] / 5), np.array([0.13, 0.32, 1.0, 0.0079])
    shifts = []
    for component, other, _ in SHIFTS.values():
        base, alternative = (lar.grid(key).sum(axis=1) for key in (component, other))
        ratio = np.divide(alternative / alternative.sum(), base / base.sum(), out=np.ones_like(base), where=base > 0)
        shifts.append((component, ratio - 1))

    def residuals(x):
        factors = dict.fromkeys(nominal, 1.0)
        for (component, shift), share in zip(shifts, x[4:], strict=True):
            factors[component] = factors[component] + share * shift
        total = sum(x[k] * factors[name] * counts for k, (name, counts) in enumerate(nominal.items()))
        return np.concatenate([((data - total) / errors).ravel(), (x[:4] - 1) / pulls, x[4:]])

    found = least_squares(residuals, [1, 1, 0.3, 1, *np.zeros(8)], xtol=1e-12, ftol=1e-14)
    names = [f"{name}_norm" for name in nominal] + list(SHIFTS)
    values = dict(zip(names, found.x, strict=True))
    everything = likelihood("2d")
    assert_close(everything.chi2(values), 2 * found.cost, 1e-7, WHY)
    problem = everything.problem()
    slope = jax.grad(problem)(problem.coordinates(everything.parameters.complete(values)))
    assert_close(slope, np.zeros(len(slope)), 1e-4, "where scipy's least squares ends", scale=1)


@pytest.fixture(scope="module")
def strength():
    """The fit of the signal in three dimensions."""
    return likelihood("3d").fit(free=["cevns_norm"])


def test_collaboration_fit(strength):
    """COHERENT's own fit (arXiv:2006.12659, Table 2), by scipy on the released templates and by the engine."""
    templates = [lar.grid(name) for name in ("cevns", "brn", "delayed_brn", "ss")]
    expected = np.array([128, 497, 33, 3152])
    pulls, data = np.array([160 / 497, 1.0, 25 / 3152]), lar.observed()

    def chi2(x):
        total = sum(value * template for value, template in zip(x, templates, strict=True))
        return 2 * kl_div(data, total).sum() + (((x[1:] - 1) / pulls) ** 2).sum()

    found = minimize(chi2, [1.2, 1.1, 0.4, 1.0], method="L-BFGS-B", options={"ftol": 1e-15, "gtol": 1e-8})
    found = minimize(chi2, found.x, method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-11})
    assert_close(strength.chi2, found.fun, 1e-6, ROUNDED)
    counts = [strength.events()[name][0] for name in ("cevns", "brn", "delayed_brn", "ss")]
    assert_close(counts, found.x * expected, 2e-4, "Nelder-Mead", scale=[159, 553, 33, 3131])
    # published: 159 ± 43, 553 ± 34, 10 ± 11, 3131 ± 23
    low, high = 128 * np.array(strength.interval("cevns_norm").around(strength.values["cevns_norm"]))
    assert_close(counts, [159, 553, 10, 3131], 1.0, "published as integers", scale=[2, 2, 1, 1])
    assert_close([high - counts[0], counts[0] - low], [43, 43], 1.0, "published as an integer", scale=1)


def test_no_signal(strength):
    """PRL 126, 012002: more than 3σ; 3.88σ of statistics alone."""
    absent = likelihood("3d").fit(values={"cevns_norm": 0.0})
    assert abs(np.sqrt(absent.chi2 - strength.chi2) - 3.88) < 0.01


def test_weak_mixing_angle():
    """arXiv:2005.01645: 0.31 ± 0.06 (1σ), +0.11 -0.13 (2σ), +0.18 -0.23 (3σ), with the couplings of 2020."""
    everything = likelihood("1d", "2020")
    fit = everything.fit(free=["sin2_theta_w"])
    best = fit.values["sin2_theta_w"]
    assert abs(best - 0.311) < 0.001
    for level, low, high in ((0.6827, 0.060, 0.057), (0.9545, 0.129, 0.116), (0.9973, 0.227, 0.181)):
        down, up = fit.interval("sin2_theta_w", level).around(best)
        assert abs(best - down - low) < 0.001
        assert abs(up - best - high) < 0.001
    assert abs(everything.fit().chi2 - 8.85) < 0.01
    assert abs(everything.predict()[0].counts["cevns"].sum() - 131) < 1


def test_neutron_radius():
    """arXiv:2005.01645 with R_n ≥ R_p: below 4.2 fm (1σ), 6.2 fm (2σ), 10.8 fm (3σ); the pull is then 13.2 %."""
    everything = likelihood("1d", "2020")
    assert_close(everything.constraints({"r_n_ar"})["cevns_norm"].width, 0.132)
    fit = everything.fit(free=["r_n_ar"], require=["r_n_ar>=3.448"])
    for level, limit in ((0.6827, 4.2), (0.9545, 6.2), (0.9973, 10.8)):
        assert abs(fit.interval("r_n_ar", level).around(fit.values["r_n_ar"])[1] - limit) < 0.05


@pytest.mark.parametrize("away", [0.0, 1.0])
def test_gradients_of_what_is_fixed_by_default(away):
    """Of the templates, quenching and resolution: reverse mode against central differences, at 0 and away from it."""
    moving = {"quenching_a": (0.246, 0.006), "quenching_b": (0.78, 0.09), "resolution_norm": (1.0, 0.1)}
    everything = likelihood("3d-flavours")
    moving |= {name: (0.0, 1.0) for name in everything.parameters if name.startswith("lar_")}
    problem = everything.problem(free=["time_shift_nu"], constrain=moving)
    widths = np.array([moving[name][1] if name in moving else 0.1 for name in problem.names])
    signs = np.where(np.arange(len(widths)) % 2, 0.7, -1.2)
    point = problem.coordinates(everything.parameters.complete()) + away * widths * signs * 0.3
    gradient = np.asarray(jax.jit(jax.grad(problem))(point)) * widths
    step = 1e-3 * np.diag(widths)
    values = np.asarray(
        everything.evaluator(free=["time_shift_nu"], constrain=moving).chi2(
            np.concatenate([point + step, point - step, point + 2 * step, point - 2 * step])
        )
    ).reshape(4, -1)
    expected = (8 * (values[0] - values[1]) - (values[2] - values[3])) / 12e-3
    assert_close(gradient, expected, 1e-6, "rounding of χ² over a step of 1e-3 widths", scale=np.abs(expected).max())
