"""The strengths of prompt and delayed neutrinos: what they scale, and fits of both beside MINUIT.

χ² is put together from independent arrays: tests/independent_*.py and the released templates.
"""

import dataclasses
from typing import Any, cast

import iminuit
import independent_ge_mini as germanium
import independent_lar as lar
import independent_rates
import numpy as np
import pytest
import test_coherent_ge_mini_2024 as ge_mini
import test_expected_counts as csi
from independent_rates import FLAVOURS
from scipy.special import kl_div
from test_time_bins import expected_fractions
from tolerance import assert_close

import cevnsjax as cj
from cevnsjax.measurements import load

PROMPT, DELAYED = "cevns_norm_prompt", "cevns_norm_delayed"
NAMES = ["coherent-csi-2021", "coherent-lar-2020:2d-flavours", "coherent-lar-2020:3d-flavours", "coherent-ge-mini-2024"]
SPALLATION = ["coherent-csi-2017", "coherent-csi-2017:energy-time", "coherent-csi-2021:shape", *NAMES]
MOVED = {PROMPT: 0.7, DELAYED: 1.3, "cevns_norm": 1.1}
WHY = "the engine's fixed nodes of recoil energy and reconstructed energy"


@dataclasses.dataclass
class Arrays:
    """A χ² of strengths: the signal of both groups, and backgrounds that are linear in nuisances."""

    prompt: np.ndarray
    delayed: np.ndarray
    backgrounds: dict[Any, Any]
    pulls: dict[Any, Any]
    """Width of each constrained nuisance."""
    observed: np.ndarray
    errors: np.ndarray | None = None
    distortions: dict[Any, Any] = dataclasses.field(default_factory=dict)
    """Component and relative shift of each bin, by the nuisance that moves it."""
    fixed: dict[Any, Any] = dataclasses.field(default_factory=dict)

    @property
    def nuisances(self):
        return [*self.backgrounds, *self.distortions]

    def default(self, name):
        return 0.0 if name in self.distortions else 1.0

    def factor(self, component, values):
        found = 1.0
        for name, (of, shift) in self.distortions.items():
            if of == component:
                found = found + values[name] * shift
        return found

    def expected(self, values):
        signal = values[PROMPT] * self.prompt + values[DELAYED] * self.delayed
        total = values.get("cevns_norm", 1.0) * self.factor("cevns_norm", values) * signal
        for name, counts in self.backgrounds.items():
            total = total + values[name] * self.factor(name, values) * counts
        return total

    def chi2(self, values):
        total = self.expected(values)
        counts = (
            2.0 * kl_div(self.observed, total).sum()
            if self.errors is None
            else (((total - self.observed) / self.errors) ** 2).sum()
        )
        return counts + sum(((values[n] - self.default(n)) / width) ** 2 for n, width in self.pulls.items())

    def slope(self, values, group):
        """Return dχ²/dη of a group in closed form."""
        total = self.expected(values)
        change = {PROMPT: self.prompt, DELAYED: self.delayed}[group]
        change = values.get("cevns_norm", 1.0) * self.factor("cevns_norm", values) * change
        if self.errors is None:
            return (2.0 * (1.0 - self.observed / total) * change).sum()
        return (2.0 * (total - self.observed) / self.errors**2 * change).sum()


def csi_2021():
    params = cj.Likelihood([load("coherent-csi-2021")]).parameters.complete()
    energy, time = independent_rates.signal(params)[0].sum(axis=1), expected_fractions("nu", 0.0)
    parts = [np.outer(energy[k], time[k]) for k in range(3)]
    backgrounds = {
        "brn_norm": csi.neutrons("brn", 0.0),
        "nin_norm": csi.neutrons("nin", 0.0),
        "ss_norm": csi.steady_state(),
    }
    pulls = {"brn_norm": 0.25, "nin_norm": 0.35, "ss_norm": 0.021}
    return Arrays(parts[0], parts[1] + parts[2], backgrounds, pulls, csi.events("coincidence"))


def argon(dimensions):
    rate = lar.Rate(
        {"sin2_theta_w": 0.23863, "r_n_ar": 3.55, "r_p_ar": 3.448, "quenching_a": 0.246, "quenching_b": 0.00078}
    )
    energy = lar.exposure("release") * lar.smeared(rate, 0.3364, 1e-9)
    early, late = lar.arrivals(0.452, 0.15)
    observed = lar.observed()
    names = ("brn", "delayed_brn", "ss")
    if dimensions == "3d":
        shape = lar.table("energy_f90")["cevns"].reshape(12, 8)
        share = shape / np.maximum(shape.sum(axis=1, keepdims=True), 1e-30)
        share = share * lar.ACCEPTANCE["3d-flavours"][:, None]
        prompt, delayed = (
            np.einsum("b,bf,t->bft", e, share, t) for e, t in ((energy[0], early), (energy[1] + energy[2], late))
        )
        backgrounds = {f"{name}_norm": lar.grid(name) for name in names}
        return Arrays(
            prompt,
            delayed,
            backgrounds,
            {"brn_norm": 160 / 497, "delayed_brn_norm": 1.0, "ss_norm": 25 / 3152},
            observed,
        )
    prompt, delayed = np.outer(energy[0], early), np.outer(energy[1] + energy[2], late)
    nominal = {name: lar.grid(name).sum(axis=1) for name in ("cevns", *names)}
    distortions = {}
    for key, (component, other) in lar.SHIFTS.items():
        base, moved = nominal[component], lar.grid(other).sum(axis=1)
        moved = moved * base.sum() / moved.sum()
        distortions[key] = f"{component}_norm", np.divide(moved - base, base, out=np.zeros_like(base), where=base > 0)
    pulls = {"brn_norm": 0.32, "delayed_brn_norm": 1.0, "ss_norm": 0.0079} | dict.fromkeys(lar.SHIFTS, 1.0)
    data = observed.sum(axis=1)
    backgrounds = {f"{name}_norm": nominal[name] for name in names}
    return Arrays(prompt, delayed, backgrounds, pulls, data, np.sqrt(data + nominal["ss"] / 5), distortions)


def ge_mini_2024():
    params = cj.Likelihood([load("coherent-ge-mini-2024")]).parameters.complete()
    early, late = germanium.arrivals()
    energy = germanium.signal(params)
    keep = np.isin(np.arange(9), ge_mini.KEPT)[:, None]
    prompt, delayed = (keep * np.outer(e, t) for e, t in ((energy[0], early), (energy[1] + energy[2], late)))
    with_beam = lambda counts: np.stack([counts, 0 * counts], axis=1)  # noqa: E731
    components = ge_mini.expected_counts(params)
    rows = np.arange(9)[:, None, None]
    backgrounds = {"brn_norm": components["brn"]}
    backgrounds |= {name: np.where(rows == k, components["ss"], 0.0) for k, name in enumerate(ge_mini.LEVELS)}
    return Arrays(
        with_beam(prompt), with_beam(delayed), backgrounds, {"brn_norm": 0.34 / 0.67}, ge_mini.observed(),
        fixed={"lindhard_k_ge": 0.157},
    )  # fmt: skip


BUILD = dict(zip(NAMES, (csi_2021, lambda: argon("2d"), lambda: argon("3d"), ge_mini_2024), strict=True))


@pytest.fixture(scope="module", params=NAMES)
def case(request):
    """Likelihood and independent arrays of one measurement."""
    return cj.Likelihood([load(request.param)]), BUILD[request.param]()


@pytest.fixture(scope="module")
def fitted(case):
    likelihood, arrays = case
    return likelihood.fit(free=[PROMPT, DELAYED], values={"cevns_norm": 1.0, **arrays.fixed}), arrays


@pytest.mark.parametrize("name", SPALLATION)
def test_each_group_scales_its_flavours(name):
    """The counts of ν_μ on each nuclide times the prompt strength, those of ν_e and ν̄_μ times the delayed one."""
    likelihood = cj.Likelihood([load(name)])
    (nominal,), (moved,) = likelihood.predict(), likelihood.predict(MOVED)
    assert nominal.measurement.counted().source.flavours == FLAVOURS
    for flavour, strength in zip(range(3), (0.7, 1.3, 1.3), strict=True):
        assert_close(moved.signal[flavour], 1.1 * strength * nominal.signal[flavour])
    total = moved.signal.sum(axis=(0, 1))
    assert_close(
        moved.counts["cevns"],
        total,
        1e-9,
        "all flavours and nuclides folded at once",
        scale=np.maximum(total, 1e-9 * total.max()),
    )
    for component in list(nominal.counts)[1:]:
        assert_close(moved.counts[component], nominal.counts[component])


def test_counts_and_slopes(case):
    """Every bin, χ² and its derivatives by both strengths against the independent arrays, away from the defaults."""
    likelihood, arrays = case
    values = dict.fromkeys(arrays.backgrounds, 0.95) | dict.fromkeys(arrays.distortions, 0.2) | MOVED
    params = likelihood.parameters.complete(values | arrays.fixed)
    (prediction,) = likelihood.predict(values | arrays.fixed)
    expected = arrays.expected(params)
    total = prediction.total
    assert_close(total, expected, 1e-7, WHY, scale=np.maximum(expected, 1e-6 * expected.max()))
    evaluator = likelihood.evaluator(free=[PROMPT, DELAYED], values={"cevns_norm": 1.1, **arrays.fixed})
    at = [values[name] for name in evaluator.names]
    value, gradient = evaluator.value_and_gradient(np.array(at))
    assert_close(value, arrays.chi2(params), 1e-7, WHY)
    slopes = dict(zip(evaluator.names, np.asarray(gradient), strict=True))
    for group in (PROMPT, DELAYED):
        size = 2.0 * arrays.observed.sum()
        assert_close(slopes[group], arrays.slope(params, group), 1e-7, WHY, scale=size)


def minuit_minimum(arrays, fixed):
    """Return MINUIT's minimum with the strengths `fixed` held at a value."""
    names = [PROMPT, DELAYED, *arrays.nuisances]
    start = [fixed.get(name, arrays.default(name)) for name in names]
    # The types of iminuit have no function of an array.
    chi2 = cast(Any, lambda x: arrays.chi2(dict(zip(names, x, strict=True))))
    minuit = iminuit.Minuit(chi2, start, name=names)
    minuit.errordef, minuit.strategy, minuit.tol = 1.0, 2, 1e-4
    for name in names:
        if name not in arrays.distortions:
            minuit.limits[name] = (0.0, 10.0)
    for name in fixed:
        minuit.fixed[name] = True
    minuit.migrad()
    return minuit


def test_both_strengths_beside_minuit(fitted):
    """Minimum and values of MINUIT; its profile is 1 higher where our intervals end; its correlation if inside."""
    fit, arrays = fitted
    assert fit.converged
    minuit = minuit_minimum(arrays, {})
    assert_close(fit.chi2, minuit.fval, 1e-6, "MINUIT's minimum")
    for name in (PROMPT, DELAYED):
        interval = fit.interval(name)
        low, high = interval.around(fit.values[name])
        assert_close(fit.values[name], minuit.values[name], 3e-3, "MINUIT's minimum", scale=high - low)
        for edge in (low, high):
            if edge > 0:
                delta = minuit_minimum(arrays, {name: edge}).fval - fit.chi2
                assert_close(delta, 1.0, 1e-3, "MINUIT's minimum")
            else:
                assert interval.at_bound
                assert minuit_minimum(arrays, {name: 0.0}).fval - fit.chi2 < 1.0
    if min(fit.values[PROMPT], fit.values[DELAYED]) > 0:
        for name in minuit.parameters:  # the transform of a limited parameter distorts its curvature
            minuit.limits[name] = None
        minuit.hesse()
        covariance = np.asarray(fit.minimum.covariance)
        k, m = (fit.solver.problem.names.index(name) for name in (PROMPT, DELAYED))
        correlation = covariance[k, m] / np.sqrt(covariance[k, k] * covariance[m, m])
        assert correlation < 0
        assert_close(correlation, minuit.covariance.correlation()[PROMPT, DELAYED], 0.01, "HESSE", scale=1.0)


def test_strengths_belong_to_their_measurement():
    """Together, each measurement has its own strengths, and χ² is the sum."""
    names = ["coherent-csi-2021", "coherent-ge-mini-2024"]
    together = cj.Likelihood([load(name) for name in names])
    values = {
        f"{group}@{name}": v for name in names for group, v in ((PROMPT, 0.7), (DELAYED, 1.2 + 0.1 * len(name) / 20))
    }
    alone = 0.0
    for name in names:
        own = {group.partition("@")[0]: v for group, v in values.items() if group.endswith(name)}
        alone += cj.Likelihood([load(name)]).chi2(own)
    assert_close(together.chi2(values), alone, 1e-10, "a sum in another order")
