"""Every model on every target with every source against the second implementation; limits of models; derivatives."""

from itertools import product
from math import pi, sqrt
from typing import Any

import independent_models as im
import jax
import jax.numpy as jnp
import model_experiments as experiments
import numpy as np
import pytest
from independent_models import World
from tolerance import assert_close

import cevnsjax as cj
from cevnsjax.folding.prediction import expected_counts
from cevnsjax.interactions.catalogue import resolve_models

WHY = "nodes of the recoil energy, and of the energy of continuous spectra"
THIRD = 1 / 3
CHARGES = {  # of u, d, e, mu, tau: arXiv:2202.11002 Table I
    "universal": (1, 1, 1, 1, 1),
    "B-L": (THIRD, THIRD, -1, -1, -1),
    "B-3Le": (THIRD, THIRD, -3, 0, 0),
    "B-3Lmu": (THIRD, THIRD, 0, -3, 0),
    "B-2Le-Lmu": (THIRD, THIRD, -2, -1, 0),
    "B-Le-2Lmu": (THIRD, THIRD, -1, -2, 0),
    "By+Lmu+Ltau": (THIRD, THIRD, 0, 1, 1),
    "Le-Lmu": (0, 0, 1, -1, 0),
    "Le-Ltau": (0, 0, 1, 0, -1),
    "Lmu-Ltau": (0, 0, 0, 1, -1),
}
LOOPS = {"Le-Lmu": ("e", "mu"), "Le-Ltau": ("e", "tau"), "Lmu-Ltau": ("mu", "tau")}


def charges(name):
    return dict(zip(("u", "d", "e", "mu", "tau"), CHARGES[name], strict=True))


# A group of models that go together is folded once; each point sets the parameters of some of them.
# Light and heavy mediators; charge radii and moments far from zero; all at once, where amplitudes interfere.
NSI = (
    {"eps_ee_u": 0.1, "eps_mumu_d": -0.2, "eps_tautau_u": 0.3, "eps_emu_u": 0.2, "eps_emu_u_phase": 0.5,
     "eps_emu_d": -0.1, "eps_emu_d_phase": 1.5, "eps_etau_d": 0.3, "eps_mutau_u": 0.15, "eps_mutau_u_phase": -1.0,
     "eps_ee_e": 0.3, "eps_etau_e": 0.2, "eps_etau_e_phase": 1.0},
    {"nsi": {("e", "e", "u"): 0.1, ("mu", "mu", "d"): -0.2, ("tau", "tau", "u"): 0.3,
             ("e", "mu", "u"): 0.2 * np.exp(0.5j), ("e", "mu", "d"): -0.1 * np.exp(1.5j), ("e", "tau", "d"): 0.3,
             ("mu", "tau", "u"): 0.15 * np.exp(-1j), ("e", "e", "e"): 0.3, ("e", "tau", "e"): 0.2 * np.exp(1j)}},
)  # fmt: skip
RADII = (
    {"charge_radius_ee": -20.0, "charge_radius_mumu": 3.0, "charge_radius_emu": 10.0, "charge_radius_mutau": -7.0},
    {"radii": {("e", "e"): -20.0, ("mu", "mu"): 3.0, ("e", "mu"): 10.0, ("mu", "tau"): -7.0}},
)
MILLICHARGES = (
    {"millicharge_ee": -20.0, "millicharge_mumu": 3.0, "millicharge_emu": 10.0, "millicharge_mutau": -7.0},
    {"millicharge": {("e", "e"): -20.0, ("mu", "mu"): 3.0, ("e", "mu"): 10.0, ("mu", "tau"): -7.0}},
)
MOMENTS = (
    {"magnetic_moment_e": 20.0, "magnetic_moment_mu": 10.0, "magnetic_moment_tau": 3.0, "magnetic_moment_emu": 5.0},
    {"moment": {("e", "e"): 20.0, ("mu", "mu"): 10.0, ("tau", "tau"): 3.0, ("e", "mu"): 5.0}},
)


def mediator(model, parameter, g, m, *factors):
    """Return the point of a mediator: the parameters of the engine, and the world."""
    return {f"g_{parameter}": g, f"m_{parameter}": m}, {model: (g, m, *factors)}


def vector(g, m):
    return mediator("vector", "zp", g, m, charges("universal"))


GROUPS = {
    "vector and axial": (
        ("standard-model:axial", "nsi", "light-vector:universal", "axial", "charge-radius", "millicharge", "magnetic-moment"),
        {"axial_current": True, "equivalent_photons": True},
        ([], [NSI], [vector(1e-4, 50.0)], [vector(1e-5, 0.01)], [vector(3.0, 1e5)],
         [mediator("axial", "axial", 3e-3, 20.0, 0.339, 0.339, 1.0)], [mediator("axial", "axial", 1e-4, 0.01, 0.339, 0.339, 1.0)],
         [RADII], [MILLICHARGES], [MOMENTS],
         [NSI, vector(1e-4, 50.0), mediator("axial", "axial", 3e-3, 20.0, 0.339, 0.339, 1.0), RADII, MILLICHARGES, MOMENTS]),
    ),
    "change of helicity": (
        ("light-scalar", "tensor:spin", "pseudoscalar"),
        {"coherent_tensor": False},
        ([mediator("scalar", "phi", 1e-4, 20.0, 17.3, 17.3, 1.0)], [mediator("scalar", "phi", 1e-5, 0.01, 17.3, 17.3, 1.0)],
         [mediator("tensor", "tensor", 3e-3, 20.0, 0.58, 0.58, 1.0)],
         [mediator("pseudoscalar", "pseudoscalar", 3e-2, 20.0, 1.0, 1.0, 1.0)],
         [mediator("scalar", "phi", 1e-4, 20.0, 17.3, 17.3, 1.0), mediator("tensor", "tensor", 3e-3, 10.0, 0.58, 0.58, 1.0),
          mediator("pseudoscalar", "pseudoscalar", 3e-2, 5.0, 1.0, 1.0, 1.0)]),
    ),
}  # fmt: skip


def both(target, source, recoils, names, points, scheme="2022", **world):
    """Check the engine against the second implementation at each point; return the largest effect on the rate."""
    likelihood = experiments.likelihood(names, target, source, recoils, scheme)
    setup = experiments.setup(target, source, recoils)
    function = setup.nuclear if recoils == "nucleus" else setup.electrons
    for point in points:
        values = {name: value for part, _ in point for name, value in part.items()}
        own = {name: value for _, part in point for name, value in part.items()}
        asked: dict[str, Any] = {"scheme": scheme, **world, **own}
        expected = function(World(**asked))
        assert_close(experiments.rate(likelihood, values), expected, 1e-8, f"{WHY}; {', '.join(values)}")


@pytest.mark.parametrize("recoils", ["nucleus", "electron"])
@pytest.mark.parametrize(("target", "source"), list(product(experiments.TARGETS, experiments.SOURCES)))
@pytest.mark.parametrize("group", GROUPS)
def test_rates(group, target, source, recoils):
    names, world, points = GROUPS[group]
    both(target, source, recoils, names, points, **world)


def other_models():
    """Models that share parameters with those above: each on a target, with a source, and at two masses."""
    for k, name in enumerate(CHARGES):
        g = 1e-3 if name in LOOPS else 1e-4
        points = []
        for m in (30.0, 0.1):
            world = {"vector": (g, m, charges(name))}
            if name in LOOPS:
                world["loop"] = (g, m, *LOOPS[name], 1.0)
            points.append([({"g_zp": g, "m_zp": m}, world)])
        yield (f"light-vector:{name}",), points, {}, k
    old = {"vector": (1e-3, 30.0, charges("Lmu-Ltau")), "loop": (1e-3, 30.0, "mu", "tau", -1.0), "loop_runs": False}
    yield ("light-vector:Lmu-Ltau:2020",), [[({"g_zp": 1e-3, "m_zp": 30.0}, old)]], {}, 10
    own = dict(zip(("u", "d", "e", "mu", "tau"), (0.5, -0.25, 2.0, 1.5, -1.0), strict=True))
    point = {"g_zp": 1e-4, "m_zp": 30.0}, {"vector": (1e-4, 30.0, own)}
    yield ("light-vector:u=1/2,d=-0.25,e=2,mu=1.5,tau=-1",), [[point]], {}, 11
    yield ("light-scalar:15.1/14",), [[mediator("scalar", "phi", 1e-4, 20.0, 15.1, 14.0, 1.0)]], {}, 12
    yield ("tensor",), [[mediator("tensor", "tensor", 3e-4, 20.0, 0.58, 0.58, 1.0)]], {}, 13
    yield ("millicharge:free-electron",), [[MILLICHARGES]], {}, 14
    beyond = {"charge_radius_ee": -20.0}, {"radii": {("e", "e"): im.standard_radius("e") - 20.0}}
    yield ("charge-radius:beyond-sm",), [[beyond]], {}, 15
    for k, scheme in enumerate(("tree", "2020", "2024")):
        yield (), [[({"sin2_theta_w": 0.25}, {"sin2": 0.25})]], {"scheme": scheme}, 16 + k
    yield ("standard-model:recoil-term",), [[]], {"kinematics": "spin-0"}, 19


OTHERS = {" ".join(names) or world["scheme"]: (names, points, world, k) for names, points, world, k in other_models()}


@pytest.mark.parametrize("recoils", ["nucleus", "electron"])
@pytest.mark.parametrize("name", OTHERS)
def test_rates_of_other_models(name, recoils):
    """Targets and sources in turn; neutrinos of all flavours, from the Sun, on one target each."""
    names, points, world, k = OTHERS[name]
    target = list(experiments.TARGETS)[k % 4]
    for source in ("pion-decay", "reactor", *(["solar"] if target == "Ar" else [])):
        both(target, source, recoils, names, points, **world)


PORTAL = {"dipole_moment_e": 1.0, "dipole_moment_mu": 2.0, "dipole_moment_tau": 0.5}


@pytest.mark.parametrize("recoils", ["nucleus", "electron"])
@pytest.mark.parametrize(("target", "source"), list(product(experiments.TARGETS, experiments.SOURCES)))
def test_dipole_portal(target, source, recoils):
    """From a massless lepton to one that is too heavy to be made."""
    moments = {name.removeprefix("dipole_moment_"): value for name, value in PORTAL.items()}
    masses = (0.01, 0.3, 3.0, 60.0) if source == "pion-decay" else (0.3, 60.0)
    points = [[({**PORTAL, "m_hnl": m}, {"portal": (moments, m)})] for m in masses]
    both(target, source, recoils, ("dipole-portal",), points)


STERILE = {"u2_e4": 0.2, "u2_mu4": 0.1, "u2_tau4": 0.3}


@pytest.mark.parametrize(
    ("target", "source", "delta_m2"),
    [("Ar", "pion-decay", 0.0), *product(experiments.TARGETS, ("pion-decay", "reactor"), (1.3, 20.0))],
)
def test_sterile_oscillation(target, source, delta_m2):
    """Appearance and disappearance at 20 m, of neutrinos from places half a metre apart; tau neutrinos appear too."""
    u2 = dict(zip(im.FLAVOURS, STERILE.values(), strict=True))
    found = counts(("sterile-oscillation",), {**STERILE, "delta_m2_41": delta_m2}, target, source)
    setup = experiments.setup(target, source)
    total, baseline = np.zeros_like(found), experiments.experiment(target, source).scattering.source.baseline
    for row, flux in enumerate(setup.fluxes):
        for after in im.FLAVOURS:
            chance = im.sterile(u2, flux.lepton, after, delta_m2, baseline.distance, baseline.spread)
            arriving = im.Setup([im.Oscillated(flux, after, chance)], setup.target, setup.edges, 12 + setup.order // 4)
            total[row] += arriving.nuclear(World())[0]
    assert_close(found, total, 1e-6, "the flux is integrated with a spectrum of oscillations that is interpolated")
    assert delta_m2 == 0 or not np.allclose(found, counts((), {}, target, source), rtol=0.01)


@pytest.mark.parametrize("target", experiments.TARGETS)
def test_sterile_oscillation_of_solar_neutrinos(target):
    u2 = dict(zip(im.FLAVOURS, STERILE.values(), strict=True))
    chances = im.sterile_solar(u2)
    found = counts(("sterile-oscillation",), STERILE, target, "solar")
    total = np.zeros_like(found)
    for row, flux in enumerate(experiments.setup(target, "solar").fluxes):
        for after in im.FLAVOURS:
            share = chances[im.FLAVOURS.index(flux.lepton), im.FLAVOURS.index(after)]
            setup = experiments.setup(target, "solar")
            own = im.Flux(after, False, [], flux.pieces)
            total[row] += share * im.Setup([own], setup.target, setup.edges, setup.order).nuclear(World())[0]
    assert_close(found, total, 1e-8, WHY)


# Limits


def counts(names, values, target="Ar", source="pion-decay", recoils="nucleus"):
    return experiments.rate(experiments.likelihood(tuple(names), target, source, recoils), values)


@pytest.mark.parametrize("recoils", ["nucleus", "electron"])
@pytest.mark.parametrize("group", GROUPS)
def test_without_couplings_it_is_the_standard_model(group, recoils):
    """To the last digit, whatever the masses."""
    names = tuple(name for name in GROUPS[group][0] if not name.startswith("standard-model"))
    plain = counts((), {}, "CsI", recoils=recoils)
    for mass in (1e-3, 30.0, 1e6):
        likelihood = experiments.likelihood(names, "CsI", "pion-decay", recoils)
        masses = {name: mass for name in likelihood.parameters if name.startswith("m_")}
        assert masses
        assert_close(counts(names, masses, "CsI", recoils=recoils), plain, 1e-14, "order of the sums")


@pytest.mark.parametrize(("recoils", "quarks", "lepton"), [("nucleus", (1, -0.5), 2), ("electron", (1, 1), 2)])
def test_heavy_mediator_is_a_contact_interaction(recoils, quarks, lepton):
    """ε^f = g² Q_l Q_f / (√2 G_F m²), to q²/m² = 1e-8."""
    g, m = 3.0, 1e6
    unit = g**2 * lepton / (sqrt(2) * im.G_F * m**2)
    name = f"light-vector:u={quarks[0]},d={quarks[1]},e={lepton},mu={lepton},tau={lepton}"
    found = counts((name,), {"g_zp": g, "m_zp": m}, recoils=recoils)
    eps = {
        f"eps_{flavour}{flavour}_{fermion}": unit * charge
        for flavour in im.FLAVOURS
        for fermion, charge in zip("ude", (*quarks, lepton), strict=True)
    }
    assert_close(found, counts(("nsi",), eps, recoils=recoils), 1e-7, "q²/m²")
    assert not np.allclose(found, counts((), {}, recoils=recoils), rtol=0.1)


@pytest.mark.parametrize("recoils", ["nucleus", "electron"])
def test_massless_mediator_of_electric_charge_is_a_millicharge(recoils):
    """g² Q_l Q_p / (√2 G_F q²) = 2√2 π α q_ν / (G_F q²): q_ν = g² / 4πα for neutrinos of charge 1."""
    g, m = 1e-5, 1e-3
    charge = 1e8 * g**2 / (4 * pi * im.ALPHA)
    # The charge of the neutrinos is that of their lepton, here all of the electron's: -1.
    values = {f"millicharge_{f}{f}": -charge for f in im.FLAVOURS}
    found = counts(("light-vector:u=2/3,d=-1/3,e=-1,mu=-1,tau=-1",), {"g_zp": g, "m_zp": m}, recoils=recoils)
    expected = counts(("millicharge:free-electron",), values, recoils=recoils)
    assert_close(found, expected, 1e-2 if recoils == "electron" else 1e-8, "m²/q²: 3e-3 for electrons of 0.3 keV")
    assert not np.allclose(found, counts((), {}, recoils=recoils), rtol=1e-3)


@pytest.mark.parametrize("target", experiments.TARGETS)
def test_b_minus_l_is_a_third_of_universal_with_the_other_sign(target):
    """+3g² of the universal mediator, -g² of B-L."""
    g, m = 1e-4, 30.0
    minus = counts(("light-vector:u=1,d=1,e=-1,mu=-1,tau=-1",), {"g_zp": g, "m_zp": m}, target)
    assert_close(
        counts(("light-vector:B-L",), {"g_zp": sqrt(3) * g, "m_zp": m}, target), minus, 1e-13, "rounding of g²"
    )
    plus, none = counts(("light-vector:universal",), {"g_zp": g, "m_zp": m}, target), counts((), {}, target)
    weak = 1e-2 * g
    linear = [counts((name,), {"g_zp": weak * k, "m_zp": m}, target) - none for name, k in (("light-vector:universal", 1), ("light-vector:B-L", sqrt(3)))]  # fmt: skip
    assert_close(linear[0], -linear[1], 1e-3, "the square of the new amplitude")
    seen = none > 0
    assert np.all(plus[seen] < minus[seen]), "the weak amplitude is negative: B-L adds to it"


@pytest.mark.parametrize("recoils", ["nucleus", "electron"])
def test_charge_radius_of_the_standard_model_is_a_shift_of_the_coupling(recoils):
    """All radii 0: couplings without the term -2 C_l, g_V^p = 0.0184 for all flavours (arXiv:2207.05036)."""
    values = {f"charge_radius_{f}{f}": 0.0 for f in im.FLAVOURS}
    shifts = {f: 2 * im.charge_radius_term(im.MASS[f], 0.0) for f in im.FLAVOURS}
    eps = {f"eps_{f}{f}_u": 2 / 3 * shifts[f] for f in shifts} | {f"eps_{f}{f}_d": -1 / 3 * shifts[f] for f in shifts}
    eps |= {f"eps_{f}{f}_e": -shifts[f] for f in shifts}
    for target in experiments.TARGETS:
        found = counts(("charge-radius",), values, target, recoils=recoils)
        assert_close(found, counts(("nsi",), eps, target, recoils=recoils), 1e-12)
        standard = {f"charge_radius_{f}{f}": im.standard_radius(f) for f in im.FLAVOURS}
        assert_close(counts(("charge-radius",), standard, target, recoils=recoils), counts((), {}, target, recoils=recoils), 1e-12)  # fmt: skip


def test_loop_of_heavy_leptons_is_a_constant():
    """Lmu-Ltau at small q²: the logarithm of arXiv:2008.05022, with the other sign."""
    values, none = {"g_zp": 1e-5, "m_zp": 30.0}, counts((), {}, "Ar", "solar")
    running, constant = (
        counts((f"light-vector:Lmu-Ltau{old}",), values, "Ar", "solar") - none for old in ("", ":2020")
    )
    assert_close(running[1:, 0], -constant[1:, 0], 1e-3, "q²/m_μ²: 0.9405/0.9408 at 10 MeV")
    assert np.all(np.abs(running[1:, 0]) > 1e-7 * none[1:, 0])


# Derivatives


@pytest.fixture(scope="module", params=[(g, r) for g in GROUPS for r in ("nucleus", "electron")], ids=" of ".join)
def differentiated(request):
    """The counts of all models of a group as a function of all their parameters, with its derivatives, compiled."""
    group, recoils = request.param
    names, _, points = GROUPS[group]
    likelihood = experiments.likelihood(names, "CsI", "pion-decay", recoils)
    own = tuple(parameter.name for parameter in resolve_models(names).parameters())
    rest = likelihood.parameters.complete()
    folded = likelihood.folded[0]
    plain = np.asarray(expected_counts(folded, rest)).ravel()
    scale = np.where(plain > 0, plain, 1.0)

    def relative(u):
        values = {**rest, **dict(zip(own, u, strict=True))}
        return expected_counts(folded, values).ravel() / scale

    def total(u):
        return jnp.sum(jnp.sqrt(1.0 + relative(u)))

    typical = {name: value for part, _ in points[-1] for name, value in part.items()}
    compiled = [jax.jit(f) for f in (relative, jax.jacfwd(relative), jax.jacrev(relative), jax.hessian(total))]
    return own, rest, typical, compiled


def places(rest, typical):
    """Return values far from and near to the ends: each named, couplings so that the mediators have an effect."""

    def scaled(mass, factor):
        found = {name: mass if name.startswith("m_") else value for name, value in {**rest, **typical}.items()}
        return {n: min(factor * v, 5.0) if n.startswith("g_") else v for n, v in found.items()}

    return {
        "typical": {**rest, **typical},
        "zero couplings": rest,
        "light mediators": scaled(1e-3, 1e-2),
        "heavy mediators": scaled(1e6, 1e3),
    }


def test_derivatives(differentiated):
    """Forward = reverse = central differences in every parameter, and finite second derivatives."""
    own, rest, typical, (relative, forward, reverse, hessian) = differentiated
    for where, values in places(rest, typical).items():
        u = jnp.array([values[name] for name in own])
        found, other = np.asarray(forward(u)), np.asarray(reverse(u))
        assert np.all(np.isfinite(found)), where
        size = np.abs(found).max(axis=0, keepdims=True) + 1e-6
        assert_close(found, other, 1e-10, f"two orders of the same sums; {where}", size)
        assert np.all(np.isfinite(hessian(u))), where
        level = np.max(np.asarray(relative(u)))
        for k, name in enumerate(own):
            mediated = name.startswith(("g_", "m_"))
            step = 1e-4 * float(u[k]) if mediated else 1e-5 * max(abs(float(u[k])), 1.0)
            if step == 0.0:
                step = 1e-8  # the counts are a polynomial of g²: the difference is exact
            ends = [np.asarray(relative(u.at[k].add(sign * step))) for sign in (1.0, -1.0)]
            allowed = size[0, k] + 1e5 * 1e-14 * level / step
            difference = (ends[0] - ends[1]) / (2 * step)
            assert_close(found[:, k], difference, 1e-5, f"finite differences in {name}; {where}", allowed)


def test_folded_counts_are_those_of_the_direct_sum():
    """A fit of couplings is a quadratic form, one of masses or radii a sum over few energies: the same counts."""
    csi = cj.measurements.coherent_csi_2021()
    rng = np.random.default_rng(1)
    cases = {
        ("nsi",): (["eps_ee_u", "eps_mumu_d", "eps_emu_u", "eps_emu_u_phase"], 1e-10),
        ("magnetic-moment",): (["magnetic_moment_e", "magnetic_moment_mu"], 1e-10),
        ("light-vector:B-L",): (["g_zp", "m_zp"], 1e-8),
        ("light-scalar",): (["g_phi", "m_phi", "r_n_cs"], 1e-8),
    }
    for names, (free, tolerance) in cases.items():
        likelihood = cj.Likelihood([csi], resolve_models(names))
        problem = likelihood.problem(free=free)
        for _ in range(4):
            values = {}
            for name in free:
                low, high = likelihood.parameters[name].bounds
                if name.startswith("g_"):
                    values[name] = 10 ** rng.uniform(-5.5, -3.5)
                elif name.startswith("m_"):
                    values[name] = 10 ** rng.uniform(-3, 4)
                else:
                    values[name] = rng.uniform(max(low, -50.0), min(high, 50.0))
            full = likelihood.parameters.complete(values)
            direct = expected_counts(likelihood.folded[0], full)
            folded = expected_counts(problem.chi2.measurements[0], full)
            assert_close(folded, direct, tolerance, "the interpolation between recoil energies, if there is one")
