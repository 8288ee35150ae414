"""Fits of the neutron radii and of the weak mixing angle with electrons and protons, against the papers."""

import jax
import numpy as np
import pytest
from matplotlib.patches import Rectangle

import cevnsjax as cj
from cevnsjax.measurements import load
from cevnsjax.nuclei.nuclide import nuclide
from cevnsjax.nuclei.radii import point_radius
from cevnsjax.nuclei.skins import skin_relation
from cevnsjax.results.radii import draw_relation, draw_with_models


def fit(name, free, **values):
    return cj.Likelihood([load(name)]).fit(free=[free], values=values)


def edges(result, name, level):
    low, high = result.interval(name, level).around(result.values[name])
    return high - result.values[name], result.values[name] - low


LEVELS = (0.6827, 0.90, 0.9545)
CAESIUM = {
    ("dzuba2012", "r_n_cs"): (5.29, (0.33, 0.55, 0.66), (0.34, 0.56, 0.68)),
    ("sahoo2021", "r_n_cs"): (4.86, (0.28, 0.46, 0.56), (0.29, 0.48, 0.58)),
    ("dzuba2012", "sin2_theta_w"): (0.2375, (0.0019, 0.0031, 0.0038), (0.0019, 0.0031, 0.0038)),
    ("sahoo2021", "sin2_theta_w"): (0.2399, (0.0016, 0.0026, 0.0032), (0.0016, 0.0026, 0.0032)),
}
"""arXiv:2303.09360: best fit, and the edges at 1σ, 90 % and 2σ, above and below."""


@pytest.mark.parametrize(("theory", "name"), CAESIUM)
def test_published_fits_of_caesium(theory, name):
    """The central values at Q_W = -73.25, to their last digit; the edges to 2 %, Fermi densities, and half a digit."""
    best, up, down = CAESIUM[theory, name]
    digits = 2 if name == "r_n_cs" else 4
    found = fit(f"apv-cs:{theory}", name, q_w_sm_cs=-73.25)
    assert f"{found.values[name]:.{digits}f}" == f"{best:.{digits}f}"
    smooth = fit(f"apv-cs:{theory}-fermi", name, q_w_sm_cs=-73.25)
    for result in (found, smooth):
        for level, high, low in zip(LEVELS, up, down, strict=True):
            for edge, published in zip(edges(result, name, level), (high, low), strict=True):
                assert abs(edge - published) < 0.02 * published + 0.5 * 10**-digits


@pytest.mark.parametrize(
    ("theory", "radius", "angle"), [("dzuba2012", "5.27", "0.2376"), ("sahoo2021", "4.84", "0.2400")]
)
def test_fits_of_caesium_at_the_quoted_weak_charge(theory, radius, angle):
    """At the quoted Q_W = -73.23: the values of a reconstruction with Q_W(R_n) of Pollock et al. and the same inputs."""
    assert f"{fit(f'apv-cs:{theory}', 'r_n_cs').values['r_n_cs']:.2f}" == radius
    assert f"{fit(f'apv-cs:{theory}', 'sin2_theta_w').values['sin2_theta_w']:.4f}" == angle


def skin(result, name, element):
    """Return the neutron skin of point nucleons and its error [fm]."""
    protons = point_radius(nuclide(name).proton_radius)
    low, high = result.interval(f"r_n_{element}", 0.6827).around(result.values[f"r_n_{element}"])
    return point_radius(result.values[f"r_n_{element}"]) - protons, 0.5 * (point_radius(high) - point_radius(low))


def test_skin_of_lead():
    """PREX-I and PREX-II: R_n - R_p = 0.283 ± 0.071 fm (arXiv:2102.10767)."""
    value, error = skin(fit("prex-ii:with-prex-i", "r_n_pb"), "208Pb", "pb")
    assert abs(value - 0.283) < 0.005
    assert abs(error / 0.071 - 1) < 0.07


def test_skin_of_calcium():
    """CREX: R_n - R_p = 0.121 ± 0.026 (experiment) ± 0.024 (model) fm (arXiv:2205.11593)."""
    value, error = skin(fit("crex", "r_n_ca48"), "48Ca", "ca48")
    assert abs(value - 0.121) < 0.25 * 0.024
    assert abs(error / np.hypot(0.026, 0.024) - 1) < 0.07


def test_radius_of_the_storage_ring():
    """4.86 ± 0.21 fm for point neutrons is sqrt(4.86² + 0.8409²) = 4.932 fm, and 0.207 fm of error."""
    result = fit("csre-cs", "r_n_cs")
    assert f"{result.values['r_n_cs']:.3f}" == "4.932"
    assert f"{edges(result, 'r_n_cs', 0.6827)[0]:.3f}" == f"{np.hypot(5.07, 0.8409) - np.hypot(4.86, 0.8409):.3f}"


def test_skin_of_lead_and_the_weak_mixing_angle_are_degenerate():
    """arXiv:2112.09717: PREX-II alone fixes one combination; a thin skin asks for a smaller angle."""
    likelihood = cj.Likelihood([load("prex-ii")])
    thin = likelihood.fit(free=["sin2_theta_w"], values={"r_n_pb": nuclide("208Pb").proton_radius + 0.16})
    assert thin.chi2 < 1e-12
    assert thin.values["sin2_theta_w"] < 0.23863
    both = likelihood.profile(["sin2_theta_w"], {"sin2_theta_w": (0.22, 0.25)}, 7, free=["r_n_pb"])
    assert np.max(both.chi2) < 1e-10


def test_joint_fit_of_caesium():
    """Three measurements of R_n(Cs) together weigh as their errors."""
    names = ("apv-cs", "csre-cs")
    single = [fit(name, "r_n_cs") for name in names]
    joint = cj.Likelihood([load(name) for name in names]).fit(free=["r_n_cs"])
    low, high = sorted(result.values["r_n_cs"] for result in single)
    assert low < joint.values["r_n_cs"] < high
    assert sum(r.chi2 for r in single) < joint.chi2 < 2.0
    weights = np.array([1 / np.mean(edges(result, "r_n_cs", 0.6827)) ** 2 for result in single])
    mean = np.dot(weights, [result.values["r_n_cs"] for result in single]) / weights.sum()
    assert abs(joint.values["r_n_cs"] - mean) < 0.01


def test_figure_of_a_fit_beside_nuclear_models():
    likelihood = cj.Likelihood([load("coherent-csi-2021"), load("apv-cs")])
    profile = likelihood.profile(["r_n_cs", "r_n_i"], {"r_n_cs": (4.4, 6.3), "r_n_i": (3.2, 8.0)}, 9)
    plane, caesium, iodine = draw_with_models(profile).axes
    (best,) = (np.asarray(line.get_xydata())[0] for line in plane.lines if line.get_marker() == "+")
    assert best.tolist() == [profile.fit.values["r_n_cs"], profile.fit.values["r_n_i"]]
    for axes, name, protons in ((caesium, "r_n_cs", 4.821), (iodine, "r_n_i", 4.766)):
        wide, narrow = (patch.get_x() for patch in axes.patches if isinstance(patch, Rectangle))
        assert len(axes.patches) == 2
        low, _ = profile.fit.interval(name, 0.6827).around(profile.fit.values[name])
        assert narrow == pytest.approx(low - protons)
        assert wide < narrow
    with pytest.raises(cj.InputError, match="expected a profile of two neutron radii, found r_n_cs"):
        draw_with_models(profile.fit.profile(["r_n_cs"], {"r_n_cs": (5.0, 5.5)}, 3))


@pytest.fixture(scope="module", params=["electroweak-direct", "electroweak-all"])
def together(request):
    return request.param, cj.Likelihood(request.param)


def test_published_combinations(together):
    """arXiv:2405.09416: 0.2396 +0.0020 -0.0019 and 5.04 ± 0.19 fm; with lead 0.2396 ± 0.0017 and 5.04 ± 0.06 fm."""
    name, likelihood = together
    found = likelihood.fit()
    assert found.specification.ties == {"r_n_i": "r_n_cs"}
    angle, radius = found.values["sin2_theta_w"], found.values["r_n_cs"]
    up, down = edges(found, "sin2_theta_w", 0.6827)
    high, low = edges(found, "r_n_cs", 0.6827)
    assert abs(angle - 0.2396) < 0.0004
    if name == "electroweak-direct":
        assert abs(up / 0.0020 - 1) < 0.08
        assert abs(down / 0.0019 - 1) < 0.08
        assert abs(radius - 5.04) < 0.04
        assert abs(0.5 * (high + low) / 0.19 - 1) < 0.08
    else:
        assert 0.0016 < up < 0.0018
        assert 0.0016 < down < 0.0018
        assert abs(radius - 5.03) < 0.03
        assert 0.045 < 0.5 * (high + low) < 0.065


def test_relation_is_its_formula():
    """χ² of the relation by hand: point skins, and the spread about the line."""
    likelihood = cj.Likelihood(["apv-cs", "prex-ii", "skin-cs-pb"])
    values = {"r_n_cs": 5.1, "r_n_pb": 5.9}
    lead, caesium = (np.sqrt(r**2 - 0.8409**2) - np.sqrt(p**2 - 0.8409**2) for r, p in ((5.9, 5.5174), (5.1, 4.821)))
    line = skin_relation("133Cs", "208Pb")
    off = caesium - (line.intercept + line.slope * lead)
    spread = line.scatter**2 * 1.1 + line.slope_error**2 * (lead - line.pivot) ** 2
    without = cj.Likelihood(["apv-cs", "prex-ii"]).chi2(values)
    assert likelihood.chi2(values) - without == pytest.approx(off**2 / spread, rel=1e-10)
    problem = likelihood.problem(free=["r_n_cs", "r_n_pb"])
    point = np.array([5.1, 5.9])
    step = 1e-4 * np.eye(2)
    numeric = [(problem(point + s) - problem(point - s)) / 2e-4 for s in step]
    assert np.asarray(jax.grad(problem)(point)) == pytest.approx(np.asarray(numeric), rel=1e-5)


def test_what_a_joint_analysis_moves():
    likelihood = cj.Likelihood("electroweak-all")
    assert likelihood.specify().free == ("sin2_theta_w", "r_n_cs", "r_n_pb")
    assert likelihood.specify(free=["r_n_pb"]).free == ("r_n_pb", "sin2_theta_w", "r_n_cs")
    fixed = likelihood.specify(values={"sin2_theta_w": 0.24})
    assert fixed.free == ("r_n_cs", "r_n_pb")
    assert likelihood.specify(free=["r_n_i"]).ties == {}
    assert cj.Likelihood("electroweak-all:skins").specify().free[-1] == "r_n_i"
    assert cj.Likelihood("electroweak-direct:dzuba2012").measurements[0].name == "apv-cs"
    assert likelihood.asimov().specify().free == ("sin2_theta_w", "r_n_cs", "r_n_pb")
    with pytest.raises(cj.InputError, match=r"unknown joint analysis 'electroweak-all:skin'.*did you mean 'skins'"):
        cj.Likelihood("electroweak-all:skin")
    with pytest.raises(cj.InputError, match="'electroweak-all' is several measurements"):
        cj.measurement("electroweak-all")
    with pytest.raises(cj.InputError, match="'apv-cs' is named more than once"):
        cj.Likelihood(["electroweak-all", "apv-cs"])


def test_figure_of_a_relation():
    likelihood = cj.Likelihood(["apv-cs", "prex-ii", "skin-cs-pb"])
    profile = likelihood.profile(["r_n_pb", "r_n_cs"], {"r_n_pb": (5.5, 6.1), "r_n_cs": (4.85, 5.25)}, 9)
    alone = {"lead": cj.Likelihood("prex-ii").fit(["r_n_pb"])}
    (axes,) = draw_relation(profile, alone).axes
    assert "208" in axes.get_xlabel()
    assert "133" in axes.get_ylabel()
    with pytest.raises(cj.InputError, match="expected a fit with a relation of r_n_cs, found none"):
        draw_relation(profile.fit.profile(["r_n_cs"], {"r_n_cs": (5.0, 5.1)}, 3))
