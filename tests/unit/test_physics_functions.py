"""`cj.physics`: against formulas written out a second time, closed forms, differences, and each other."""

import math
from typing import Any

import independent_models as im
import independent_rates as independent
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from independent_reactor import lindhard as independent_lindhard
from scipy.integrate import trapezoid
from tolerance import assert_close

import cevnsjax as cj
from cevnsjax._base.errors import InputError
from cevnsjax.folding.rates import live_time
from cevnsjax.interactions.catalogue import resolve_models
from cevnsjax.measurements import load
from cevnsjax.sources.live_time import LiveTime
from cevnsjax.sources.pion_decay import pion_decay_at_rest
from cevnsjax.sources.source import Component, Source
from cevnsjax.sources.spectrum import Line

ENERGY = np.array([3.0, 12.0, 29.7, 52.0])
RECOIL = np.array([[0.01], [0.4], [7.0], [21.0], [60.0]])
"""keV; some are beyond what is possible on caesium."""
ELECTRON_RECOIL = np.array([[0.2], [1.7], [40.0], [9000.0]])
DIFFERENCES = "central differences"


class Points(im.Setup):
    """The second implementation at recoil energies, not in bins of them."""

    def __init__(self, fluxes, nuclides, recoil):
        target = [
            (im.Nucleus(n), 1.0, *(im.NUCLIDES[n][f"{p}_radius"]["value"] for p in ("proton", "neutron")))
            for n in nuclides
        ]
        super().__init__(fluxes, target, np.arange(len(recoil) + 1.0))
        self.recoil = recoil

    def _prepared(self, key, mass, m4=0.0, more=()):
        moments = [flux.moments(im.threshold(self.recoil, mass, m4)) for flux in self.fluxes]
        return self.recoil, np.ones_like(self.recoil), np.arange(len(self.recoil)), moments


def second(world, nuclide, flavour, recoils="nucleus"):
    """Return dσ/dT [cm²/keV] (recoil, energy) of the second implementation: the rate of a line of fluence 1."""
    lepton, anti = flavour.split("_")[1], flavour.endswith("_bar")
    found = []
    for energy in ENERGY:
        column = RECOIL if recoils == "nucleus" else ELECTRON_RECOIL
        points = Points([im.Flux(lepton, anti, [(energy, 1.0)], [])], [nuclide], 1e-3 * column[:, 0])
        found.append(1e-3 * (points.nuclear(world) if recoils == "nucleus" else points.electrons(world))[0])
    return np.transpose(found)


CHARGES = {"u": 1 / 3, "d": 1 / 3, "e": -1, "mu": -1, "tau": -1}
MODELS = {
    "standard model": ([], {}, im.World()),
    "axial, exact": (["standard-model:axial,recoil-term"], {}, im.World(axial_current=True, kinematics="spin-0")),
    "nsi": (
        ["nsi"],
        {"eps_ee_u": 0.3, "eps_emu_d": 0.2, "eps_emu_d_phase": 0.7},
        im.World(nsi={("e", "e", "u"): 0.3, ("e", "mu", "d"): 0.2 * np.exp(0.7j)}),
    ),
    "vector": (["light-vector:B-L"], {"g_zp": 3e-4, "m_zp": 20.0}, im.World(vector=(3e-4, 20.0, CHARGES))),
    "moment": (
        ["magnetic-moment"],
        {"magnetic_moment_e": 20.0, "magnetic_moment_mu": 30.0},
        im.World(moment={("e", "e"): 20.0, ("mu", "mu"): 30.0}),
    ),
    "millicharge": (
        ["millicharge"],
        {"millicharge_ee": 4.0},
        im.World(millicharge={("e", "e"): 4.0}, equivalent_photons=True),
    ),
    "portal": (
        ["dipole-portal"],
        {"dipole_moment_e": 20.0, "dipole_moment_mu": 15.0, "m_hnl": 2.0},
        im.World(portal=({"e": 20.0, "mu": 15.0}, 2.0)),
    ),
}


@pytest.mark.parametrize("flavour", ["nu_e", "nu_mu_bar"])
@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("nuclide", ["133Cs", "40Ar"])
def test_cross_section_on_nuclei(name, flavour, nuclide):
    models, values, world = MODELS[name]
    found = cj.physics.differential_cross_section(
        ENERGY, RECOIL, nuclide, flavour, resolve_models(models), {n: v for n, v in values.items()}
    )
    expected = second(world, nuclide, flavour)
    assert (expected == 0).any()
    assert (expected > 0).sum() >= 8
    assert_close(1e40 * found, 1e40 * expected, 1e-9, "amplitudes that nearly cancel", 1e40 * expected.max())
    assert np.array_equal(found == 0, expected == 0)


@pytest.mark.parametrize("flavour", ["nu_e", "nu_e_bar", "nu_mu", "nu_tau_bar"])
@pytest.mark.parametrize("name", [name for name in MODELS if name not in ("axial, exact", "nsi")])
def test_cross_section_on_electrons(name, flavour):
    models, values, world = MODELS[name]
    found = cj.physics.differential_cross_section(
        ENERGY, ELECTRON_RECOIL, "Xe", flavour, resolve_models(models), values, recoils="electron"
    )
    expected = second(world, "132Xe", flavour, "electron")
    assert_close(1e40 * found, 1e40 * expected, 1e-9, "amplitudes that nearly cancel")


def test_tree_level_on_spinless_charges_is_the_textbook():
    """G_F² M/4π Q² (1 - MT/2E²) at full coherence, Q = N - (1 - 4s²) Z (D. Z. Freedman, Phys. Rev. D 9, 1389)."""
    nucleus = independent.Nucleus("40Ar")
    charge = nucleus.neutrons - (1 - 4 * 0.23) * nucleus.protons
    expected = (independent.G_F * independent.HBARC * 1e-13) ** 2 * nucleus.mass / (4 * math.pi) * charge**2
    expected *= 1 - nucleus.mass * 0.01 / (2 * 30.0**2)
    for flavour in ("nu_e", "nu_tau_bar"):
        found = cj.physics.differential_cross_section(
            30.0, 10.0, "40Ar", flavour, cj.standard_model("tree"), {"sin2_theta_w": 0.23}, "unity"
        )
        assert found.shape == ()
        assert_close(1e40 * found, 1e37 * expected)


def test_electrons_far_above_their_binding_energies_are_the_textbook():
    """2 G_F² m_e/π [g_L² + g_R² (1-T/E)² - g_L g_R m_e T/E²] per electron, g_L = s² + 1/2 of ν_e (G. 't Hooft, 1971)."""
    e, t, s = 10.0, 4.0, 0.23
    left, right = s + 0.5, s
    bracket = left**2 + right**2 * (1 - t / e) ** 2 - left * right * independent.M_E * t / e**2
    expected = 2 * (independent.G_F * independent.HBARC * 1e-13) ** 2 * independent.M_E / math.pi * bracket
    tree, values = cj.standard_model("tree"), {"sin2_theta_w": s}
    found = cj.physics.differential_cross_section(e, 1e3 * t, "Ar", "nu_e", tree, values, recoils="electron")
    assert_close(1e45 * found, 18 * 1e42 * expected)


def test_oscillations_leave_the_cross_section():
    model = resolve_models(["sterile-oscillation"])
    changed = cj.physics.differential_cross_section(20.0, 1.0, "133Cs", "nu_e", model, {"u2_e4": 0.2})
    assert_close(1e40 * changed, 1e40 * cj.physics.differential_cross_section(20.0, 1.0, "133Cs", "nu_e"))


# Derivatives


def section(point, models=(), **asked):
    """Return dσ/dT [1e-40 cm²/keV] as a function of energy, recoil and values."""
    energy, recoil, values = point
    return 1e40 * cj.physics.differential_cross_section(
        energy, recoil, "127I", "nu_e", resolve_models(list(models)), values, **asked
    )


POINTS = {
    "standard model": ((25.0, 3.0, {"sin2_theta_w": 0.23, "r_n_i": 5.0, "r_p_i": 4.7}), (), {}),
    "shell model and spin": (
        (25.0, 3.0, {"sin2_theta_w": 0.23}),
        ("standard-model:axial",),
        {"form_factor": "shell-model"},
    ),
    "vector": ((25.0, 3.0, {"g_zp": 1e-4, "m_zp": 10.0}), ("light-vector:Lmu-Ltau",), {}),
    "portal": ((25.0, 3.0, {"dipole_moment_e": 10.0, "m_hnl": 3.0}), ("dipole-portal",), {}),
    "photons on electrons": ((25.0, 3.0, {"millicharge_ee": 2.0}), ("millicharge",), {"recoils": "electron"}),
}


@pytest.mark.parametrize("name", POINTS)
def test_derivatives_by_everything(name):
    """Forward, reverse, and differences; by energy, recoil and each parameter."""
    point, models, asked = POINTS[name]
    forward = jax.jit(jax.jacfwd(lambda p: section(p, models, **asked)))(point)
    reverse = jax.jit(jax.grad(lambda p: section(p, models, **asked)))(point)
    leaves, tree = jax.tree.flatten(point)
    for k, (up, back) in enumerate(zip(jax.tree.leaves(forward), jax.tree.leaves(reverse), strict=True)):
        assert_close(back, up, 1e-10, "two orders of the same sums", max(abs(float(up)), 1e-3))
        step = 1e-5 * leaves[k]
        ends = [
            jax.tree.unflatten(tree, [x + sign * step * (n == k) for n, x in enumerate(leaves)]) for sign in (1, -1)
        ]
        difference = (float(section(ends[0], models, **asked)) - float(section(ends[1], models, **asked))) / (2 * step)
        assert_close(up, difference, 1e-6, DIFFERENCES, max(abs(difference), 1e-4))


def test_maps_over_anything():
    values = jnp.linspace(0.1, 0.4, 4)
    mapped = jax.vmap(lambda s, e: section((e, RECOIL[:, 0], {"sin2_theta_w": s})))(values, jnp.array(ENERGY))
    each = [section((e, RECOIL[:, 0], {"sin2_theta_w": float(s)})) for s, e in zip(values, ENERGY, strict=True)]
    assert isinstance(mapped, jax.Array)
    assert isinstance(each[0], np.ndarray)
    assert_close(mapped, each, 1e-11, "JAX's own functions")


def test_no_recoil_beyond_the_largest_has_a_derivative():
    """Zero, not not-a-number."""
    slope = jax.grad(lambda s: section((5.0, 60.0, {"sin2_theta_w": s})))(0.23)
    assert float(slope) == 0.0


# Recoil spectra


def test_recoil_spectrum_of_pions_at_rest():
    """CsI at the SNS: the closed form of the flux integral; per kg of Cs and I atoms, and day."""
    recoil = np.array([0.05, 3.0, 14.0, 16.0, 40.0, 100.0])
    source = pion_decay_at_rest(0.0848, 3.198e23, 19.3, live_time=LiveTime(416.0))
    params = {"sin2_theta_w": 0.23863, "r_p_cs": 4.821, "r_n_cs": 5.09, "r_p_i": 4.766, "r_n_i": 5.03}
    total = np.zeros_like(recoil)
    atoms = [independent.NUCLIDES[n.name]["atomic_mass"]["value"] for n in independent.NUCLEI]
    for nucleus in independent.NUCLEI:
        for k, t in enumerate(1e-3 * recoil):
            squared = independent.squared_amplitudes(nucleus, t, params, ("helm",))[0]
            possible = t < 2 * independent.E_END**2 / (nucleus.mass + 2 * independent.E_END)
            total[k] += possible and squared @ independent.flux_moments(t, nucleus.mass)
    units = 6.02214076e26 / sum(atoms)  # in a kg
    expected = total * independent.fluence() * units / 416.0 / 1e3
    found = cj.physics.recoil_spectrum(recoil, source, "CsI")
    assert_close(found, expected, 1e-10, "the flux integral is a quadrature", expected.max())
    assert found[-1] == 0.0


@pytest.mark.parametrize("mass", [2.0, 20.0, 60.0])
def test_recoil_spectrum_of_a_final_state_of_its_own(mass):
    """The dipole portal on argon: closed form of the flux integral from a threshold that moves; also a line."""
    recoil = np.array([0.02, 0.3, 4.0, 30.0])
    source = pion_decay_at_rest(0.09, 1e23, 20.0, live_time=LiveTime(100.0))
    values = {"dipole_moment_e": 5.0, "dipole_moment_mu": 9.0, "m_hnl": mass}
    world = im.World(portal=({"e": 5.0, "mu": 9.0}, mass))
    fluence = 0.09 * 1e23 / (4e4 * math.pi * 20.0**2)
    number = 6.02214076e26 / im.NUCLIDES["40Ar"]["atomic_mass"]["value"]
    expected = Points(im.pion_flux(fluence), ["40Ar"], 1e-3 * recoil).nuclear(world).sum(axis=0) * number / 1e5
    found = cj.physics.recoil_spectrum(recoil, source, "40Ar", resolve_models(["dipole-portal"]), values)
    assert_close(found, expected, 1e-9, "the flux integral is a quadrature", expected)


def test_recoil_spectrum_of_the_sun_on_electrons():
    """⁷Be lines on xenon: sums over two energies; Z_eff of each element."""
    recoil = np.array([0.5, 3.0, 20.0, 150.0])
    expected = Points(im.solar_flux(["be7"], 365.25 * 86400.0), ["132Xe"], 1e-3 * recoil).electrons(im.World())
    molar = sum(
        nucleus[1] / 1e3 * im.NUCLIDES[nucleus[0].name]["atomic_mass"]["value"]
        for nucleus in im.natural({"xe": 1}, 1.0)
    )
    number = sum(nucleus[1] for nucleus in im.natural({"xe": 1}, 1.0))
    assert_close(molar, 6.02214076e23)
    found = cj.physics.recoil_spectrum(recoil, "solar:be7", "Xe", recoils="electron")
    assert_close(found, expected.sum(axis=0) * number / 365.25 / 1e3, 1e-6, "P_ee averaged over the Sun")


def test_recoil_spectrum_of_a_line_is_its_cross_section():
    """A neutrino of one energy: fluence × nuclei × dσ/dT."""
    source = Source((Component("nu_mu", 1e12, Line(30.0)),), live_time=LiveTime(2.0))
    recoil = np.array([0.1, 2.0, 10.0, 20.0])
    number = 6.02214076e26 / im.NUCLIDES["133Cs"]["atomic_mass"]["value"]
    for models, values in (([], {}), (["dipole-portal"], {"dipole_moment_mu": 30.0, "m_hnl": 5.0})):
        section = cj.physics.differential_cross_section(30.0, recoil, "133Cs", "nu_mu", resolve_models(models), values)
        found = cj.physics.recoil_spectrum(recoil, source, "133Cs", resolve_models(models), values)
        assert_close(found, 1e12 * number / 2.0 * section, 1e-11, "sums in another order", found.max())


@pytest.mark.parametrize(
    ("models", "values"),
    [
        ([], {"sin2_theta_w": 0.22, "r_n_cs": 5.3}),
        (["light-vector:B-L"], {"g_zp": 1e-4, "m_zp": 10.0}),
        (["dipole-portal"], {"dipole_moment_mu": 30.0, "m_hnl": 5.0}),
        (["sterile-oscillation"], {"u2_mu4": 0.1, "delta_m2_41": 1.3}),
    ],
)
def test_recoil_spectrum_has_derivatives_and_maps(models, values):
    names, point = list(values), np.array(list(values.values()))

    def total(x):
        given = dict(zip(names, x, strict=True))
        return cj.physics.recoil_spectrum(
            [0.3, 5.0], "coherent-csi-2021", interaction=resolve_models(models), values=given
        ).sum()

    forward, reverse = jax.jit(jax.jacfwd(total))(point), jax.jit(jax.grad(total))(point)
    assert_close(reverse, forward, 1e-10, "two orders of the same sums", np.abs(forward).max())
    for k in range(len(point)):
        step = 1e-5 * point * np.eye(len(point))[k]
        difference = (float(total(point + step)) - float(total(point - step))) / (2 * step[k])
        assert_close(forward[k], difference, 1e-6, DIFFERENCES, max(abs(difference), 1e-9))
    many = np.array([point, 0.9 * point])
    assert_close(jax.jit(jax.vmap(total))(many), [total(x) for x in many], 1e-11, "JAX's own functions")


def test_target_of_a_measurement_and_forms_of_a_source():
    recoil = [0.2, 5.0]
    csi = cj.measurements.coherent_csi_2021()
    source = csi.counted().source
    named = cj.physics.recoil_spectrum(recoil, "coherent-csi-2021")
    assert np.array_equal(named, cj.physics.recoil_spectrum(recoil, csi))
    assert_close(named, cj.physics.recoil_spectrum(recoil, source, "CsI"))
    klein = cj.physics.recoil_spectrum(recoil, "coherent-csi-2021", form_factor="klein-nystrand")
    assert_close(klein, cj.physics.recoil_spectrum(recoil, source, "CsI", form_factor="klein-nystrand"))
    assert np.all(klein != named)
    # the forecast assumes radii of its own, 5.06 fm
    forecast = cj.physics.recoil_spectrum(recoil, "cryocsi-i")
    own = {"r_n_cs": 5.06, "r_n_i": 5.06}
    assert_close(forecast, cj.physics.recoil_spectrum(recoil, "cryocsi-i", "CsI", values=own))
    # a detector of electrons
    lz = cj.physics.recoil_spectrum(recoil, "lz-er")
    assert_close(lz, cj.physics.recoil_spectrum(recoil, "solar", "Xe", recoils="electron"))


# Fluxes


def test_fluxes():
    """Integrals: the neutrinos of B16-GS98 (5.46e6 of ⁸B); densities of muon decay; lines."""
    energy = np.linspace(0.0, 17.0, 20001)[1:]
    total = sum(
        trapezoid(cj.physics.flux(energy, "solar:b8", flavour), energy) for flavour in ("nu_e", "nu_mu", "nu_tau")
    )
    assert_close(total, 5.46e6, 1e-4, "trapezoids through a table")
    source = pion_decay_at_rest(0.1, 1e20, 20.0, live_time=LiveTime(1.0))
    per_second = 0.1 * 1e20 / (4 * math.pi * 2000.0**2) / 86400
    m = independent.M_MU
    assert_close(cj.physics.flux(20.0, source, "nu_e"), per_second * 192 * 400 / m**3 * (0.5 - 20 / m))
    assert cj.physics.flux(53.0, source, "nu_e") == 0.0
    assert np.array_equal(cj.physics.flux([10.0, 29.79], source, "nu_mu"), [0.0, 0.0])
    (line,), (rate,) = cj.physics.flux_lines(source, "nu_mu")
    assert_close([line, rate], [independent.E_LINE, per_second])
    assert [len(found) for found in cj.physics.flux_lines(source, "nu_e")] == [0, 0]
    energies, fluxes = cj.physics.flux_lines("solar", "nu_e")
    assert len(energies) == 3  # pep, and ⁷Be to both states of ⁷Li
    assert set(np.round(energies, 3)) == {0.384, 0.861, 1.442}
    assert fluxes.sum() < (4.93e9 + 1.44e8)


@pytest.mark.parametrize(
    ("source", "flavour"),
    [("coherent-csi-2021", "nu_mu_bar"), ("dresden-ii", "nu_e_bar"), ("solar", "nu_e"), ("atmospheric", "nu_mu")],
)
def test_flux_has_derivatives_by_the_energy(source, flavour):
    energies = np.array([17.3, 25.1]) if source in ("atmospheric", "coherent-csi-2021") else np.array([2.513, 6.337])
    for energy in energies:
        slope = jax.jit(jax.grad(lambda e: cj.physics.flux(e, source, flavour)))(energy)
        ends = [float(cj.physics.flux(energy + step, source, flavour)) for step in (1e-5, -1e-5)]
        assert_close(slope, (ends[0] - ends[1]) / 2e-5, 1e-5, DIFFERENCES, max(abs(float(slope)), 1e-6 * ends[0]))
    mapped = jax.vmap(lambda e: cj.physics.flux(e, source, flavour))(jnp.array(energies))
    assert_close(mapped, cj.physics.flux(energies, source, flavour), 1e-11, "JAX's own functions")


def test_sources_of_a_power():
    """P/(4πL² Σ f e) antineutrinos of 1.6e13 at 20.7 m from 3.6 GW with captures; as many neutrinos as protons give."""
    plain, captures = (cj.physics.reactor_source(3.6, 20.7, captures_per_fission=c).components[0] for c in (0.0, 0.6))
    # energies of Ma et al. 2013 (MeV) with the typical fractions; 1.2 antineutrinos a fission follow 0.6 captures
    fissions = 3.6e9 / 1.602176634e-13 / (0.58 * 202.36 + 0.08 * 205.99 + 0.29 * 211.12 + 0.05 * 214.26)
    assert_close(
        (captures.fluence - plain.fluence) / 86400,
        1.2 * fissions / (4 * math.pi * 2070.0**2),
        1e-2,
        "norm of the tables",
    )
    beam = cj.physics.pion_decay_source(1.4, 20.0, 0.09, 1.0)
    protons = 1.4e6 / (1e9 * 1.602176634e-19)
    assert_close(beam.components[1].fluence / 86400, 0.09 * protons / (4 * math.pi * 2000.0**2))


# Nucleons and nuclei


@pytest.mark.parametrize("name", ["helm", "klein-nystrand", "symmetrised-fermi", "unity"])
def test_form_factors(name):
    q = np.array([0.05, 0.3, 0.9])
    for particle, radius in (("neutron", 5.09), ("proton", 4.821)):
        expected = independent.form_factor(name, q * independent.HBARC, radius)
        assert_close(
            cj.physics.form_factor(q, "133Cs", particle, model=name), expected, 1e-11, "Bessel functions cancel"
        )
    table = cj.physics.form_factor(q[:, None], "133Cs", radius=[4.5, 5.5], model=name)
    expected = [[independent.form_factor(name, x * independent.HBARC, r) for r in (4.5, 5.5)] for x in q]
    assert_close(table, expected, 1e-11, "Bessel functions cancel")
    assert float(cj.physics.form_factor(0.0, "133Cs", model=name)) == 1.0
    point = (0.4, 5.0)
    by_q, by_r = jax.grad(lambda p: cj.physics.form_factor(p[0], "133Cs", radius=p[1], model=name))(point)
    for slope, step in ((by_q, (1e-5, 0)), (by_r, (0, 1e-5))):
        up, down = (
            float(cj.physics.form_factor(0.4 + s * step[0], "133Cs", radius=5.0 + s * step[1], model=name))
            for s in (1, -1)
        )
        assert_close(slope, (up - down) / 2e-5, 1e-7, DIFFERENCES, max(abs(float(slope)), 1e-2))


def test_shell_model_form_factor():
    """Linear in the couplings: what is on neutrons alone, from the sums of arXiv:2007.08529 Eq. 62."""
    q = np.array([0.1, 0.5])
    for particle, number, couplings in (("neutron", 78, (0.0, 1.0)), ("proton", 55, (1.0, 0.0))):
        expected = independent.shell_model_amplitude("133Cs", q * independent.HBARC, *couplings) / number
        assert_close(cj.physics.form_factor(q, "133Cs", particle, model="shell-model"), expected)


@pytest.mark.parametrize("scheme", ["tree", "2020", "2022", "2024"])
@pytest.mark.parametrize("flavour", ["nu_e", "nu_mu_bar", "nu_tau"])
def test_couplings(scheme, flavour):
    lepton = flavour.split("_")[1]
    sin2 = np.array([0.22, 0.23863])
    found = cj.physics.couplings(flavour, scheme, sin2)
    for k, s in enumerate(sin2):
        proton, neutron = im.nucleon_couplings(scheme, lepton, s, np.array(0.0))
        vector, axial = im.electron_couplings(scheme, lepton, s)
        expected = [proton, neutron, vector, axial, *im.axial_couplings(scheme)]
        values = [found.proton[k], found.neutron, found.electron[k], found.electron_axial]
        assert_close(
            [*values, found.proton_axial, found.neutron_axial], expected, 1e-9, "a loop integrated numerically", 1.0
        )
    slope = jax.grad(lambda s: cj.physics.couplings(flavour, scheme, s).proton)(0.23)
    assert_close(slope, {"tree": -2.0, "2020": -2 * 1.00058}.get(scheme, -2 * 1.00063))


def test_weak_charge():
    """-2 [Z (g_p + 0.00005) + N (g_n + 0.00006)] (1 - α/2π), arXiv:1303.5522."""
    photon = 1 - independent.ALPHA / (2 * math.pi)
    expected = -2 * (55 * (-0.0357 + 0.00005) + 78 * (0.495 + 0.00006)) * photon
    assert_close(cj.physics.weak_charge("133Cs"), expected)
    slope = jax.grad(lambda s: cj.physics.weak_charge("133Cs", s))(0.238)
    assert_close(slope, -4 * 1.00063 * 55 * photon)
    assert_close(jax.vmap(lambda s: cj.physics.weak_charge("133Cs", s))(jnp.array([0.23863]))[0], expected)


# Detectors


def test_quenching_factors():
    recoil = np.array([0.5, 3.0, 20.0])
    a, b, c, d = (0.0554628, 4.30681, -111.707, 840.384)  # arXiv:2110.07730
    t = 1e-3 * recoil
    assert_close(cj.physics.quenching_factor(recoil, "coherent-csi-2021"), a + b * t + c * t**2 + d * t**3)
    found = cj.physics.quenching_factor(recoil, "conus-plus-2025", {"lindhard_k_ge": 0.17})
    assert_close(found, independent_lindhard(t, 0.17) / recoil)
    assert_close(cj.physics.lindhard_factor(recoil, "Ge", 0.17), found)
    default = cj.physics.lindhard_factor(recoil, "Ge")
    assert_close(default, cj.physics.lindhard_factor(recoil, "Ge", 0.133 * 32 ** (2 / 3) * 74**-0.5))
    assert np.array_equal(cj.physics.quenching_factor(recoil, "lz-er"), np.ones(3))

    def energy(t, k):
        return t * cj.physics.quenching_factor(t, "conus-plus-2025", {"lindhard_k_ge": k})

    by_t, by_k = jax.grad(energy, (0, 1))(2.0, 0.16)
    assert_close(by_t, (energy(2.0 + 1e-5, 0.16) - energy(2.0 - 1e-5, 0.16)) / 2e-5, 1e-8, DIFFERENCES)
    assert_close(by_k, (energy(2.0, 0.16 + 1e-6) - energy(2.0, 0.16 - 1e-6)) / 2e-6, 1e-7, DIFFERENCES)


def test_resolution_matrices():
    """A gamma distribution of mean E/0.0749 keV and relative width 1/sqrt(1 + 9.56 E); a Gaussian."""
    energies = np.array([0.3, 1.0, 2.5])
    x = np.linspace(1e-6, 200.0, 40001)
    matrix = cj.physics.resolution_matrix(x, energies, "coherent-csi-2021")
    assert matrix.shape == (40001, 3)
    mean = trapezoid(x[:, None] * matrix, x, axis=0)
    assert_close(trapezoid(matrix, x, axis=0), np.ones(3), 1e-6, "trapezoids")
    assert_close(mean, energies / 0.0749, 1e-6, "trapezoids")
    spread = trapezoid((x[:, None] - mean) ** 2 * matrix, x, axis=0)
    assert_close(np.sqrt(spread) / mean, 1 / np.sqrt(1 + 9.56 * energies), 1e-6, "trapezoids")
    found = cj.physics.resolution_matrix([0.2, 0.4], [0.3], "conus-plus-2025")[:, 0]
    sigma = math.sqrt(0.02038**2 + 0.1096 * 0.00296 * 0.3)
    assert_close(
        found,
        np.exp(-0.5 * (0.1 / sigma) ** 2) / (math.sqrt(2 * math.pi) * sigma) * np.ones(2),
        1e-11,
        "squares of small differences",
    )


@pytest.mark.parametrize("name", ["coherent-csi-2021", "conus-plus-2025", "xenonnt-8b", "lz-er"])
def test_response_of_the_recoils_are_the_counts(name):
    """∫ dR/dT × response dT × exposure = the counts of the fold, nodes fine enough for Simpson's rule in ln T."""
    measurement = load(name)
    prediction = cj.Likelihood([measurement]).predict()[0]
    ends = {
        "coherent-csi-2021": (0.5, 47.2),
        "conus-plus-2025": (0.05, 6.0),
        "xenonnt-8b": (0.05, 5.0),
        "lz-er": (0.3, 60.0),
    }[name]
    edges = np.geomspace(*ends, 400)
    node, weight = np.polynomial.legendre.leggauss(6)
    t = (0.5 * (edges[1:] + edges[:-1])[:, None] + 0.5 * np.diff(edges)[:, None] * node).ravel()
    w = (0.5 * np.diff(edges)[:, None] * weight).ravel()
    scattering = measurement.counted()
    exposure = scattering.target.mass * live_time(scattering.source, name).days
    selected = cj.physics.response_matrix(t, measurement) @ (w * cj.physics.recoil_spectrum(t, measurement)) * exposure
    signal = prediction.counts[measurement.components[0]]
    expected = signal.reshape(len(signal), -1).sum(axis=1)
    if name == "coherent-csi-2021":  # the part that comes in time, within the time efficiency
        selected = selected * expected.sum() / selected.sum()
    assert_close(
        selected,
        expected,
        {"coherent-csi-2021": 5e-2, "lz-er": 1e-3}.get(name, 1e-4),
        "steps of Z_eff; delayed neutrinos come later",
        expected.max(),
    )


def test_response_has_derivatives():
    def seen(k):
        return cj.physics.response_matrix([1.2], "conus-plus-2025", {"lindhard_k_ge": k})[0, 0]

    slope = jax.grad(seen)(0.16)
    assert_close(slope, (seen(0.16 + 1e-6) - seen(0.16 - 1e-6)) / 2e-6, 1e-6, DIFFERENCES)
    assert_close(jax.vmap(seen)(jnp.array([0.15, 0.16])), [seen(0.15), seen(0.16)], 1e-11, "JAX's own functions")


# Bad input

SECTION = (10.0, 1.0, "133Cs")
UNTIMED = pion_decay_at_rest(0.08, 1e23, 20.0)
UNTYPED: Any = cj.physics
"""Slips that no type checker sees."""
SLIPS = {
    "unknown nuclide": (
        lambda: UNTYPED.differential_cross_section(10.0, 1.0, "Cs133"),
        r"unknown nuclide 'Cs133' \(did you mean '133Cs'\?\)",
    ),
    "a compound": (lambda: UNTYPED.differential_cross_section(10.0, 1.0, "CsI"), "unknown nuclide 'CsI'"),
    "unknown element": (
        lambda: UNTYPED.differential_cross_section(10.0, 1.0, "Zz", recoils="electron"),
        "unknown element 'Zz'",
    ),
    "electrons without data": (
        lambda: UNTYPED.differential_cross_section(10.0, 1.0, "W", recoils="electron"),
        "no binding energies",
    ),
    "unknown flavour": (
        lambda: UNTYPED.differential_cross_section(*SECTION, "nu_x"),
        "flavour: expected one of nu_e, .* found 'nu_x'",
    ),
    "a text for a model": (
        lambda: UNTYPED.differential_cross_section(*SECTION, "nu_e", "nsi"),
        r"interaction: .* did you mean cj.model\('nsi'\)",
    ),
    "unknown parameter": (
        lambda: UNTYPED.differential_cross_section(*SECTION, "nu_e", None, {"r_n_cz": 5.0}),
        r"unknown parameter 'r_n_cz' \(did you mean",
    ),
    "beyond its bounds": (
        lambda: UNTYPED.differential_cross_section(*SECTION, "nu_e", None, {"r_n_cs": 1.0}),
        "r_n_cs: expected a value from 2.2 to 12 fm, found 1",
    ),
    "without its mass": (
        lambda: UNTYPED.differential_cross_section(*SECTION, "nu_e", cj.light_vector(), {"g_zp": 1e-4}),
        "'g_zp' needs a value of 'm_zp'",
    ),
    "impossible together": (
        lambda: UNTYPED.recoil_spectrum(
            1.0, "solar:b8", "Xe", cj.model("sterile-oscillation"), {"u2_e4": 0.9, "u2_mu4": 0.9}
        ),
        "u2_e4",
    ),
    "values no dictionary": (
        lambda: UNTYPED.differential_cross_section(*SECTION, "nu_e", None, [5.0]),
        "values: expected a dictionary",
    ),
    "an array of values": (
        lambda: UNTYPED.differential_cross_section(*SECTION, "nu_e", None, {"r_n_cs": [5.0, 5.1]}),
        "values, r_n_cs: expected a single number",
    ),
    "unknown form factor": (
        lambda: UNTYPED.differential_cross_section(*SECTION, "nu_e", None, None, "helmm"),
        r"unknown form factor 'helmm' \(did you mean 'helm'\?\)",
    ),
    "unknown recoils": (
        lambda: UNTYPED.differential_cross_section(*SECTION, recoils="atom"),
        "recoils: expected one of nucleus, electron, found the text 'atom'",
    ),
    "no energy": (
        lambda: UNTYPED.differential_cross_section(0.0, 1.0, "133Cs"),
        "energy: expected finite numbers above 0, found 0",
    ),
    "negative recoil": (
        lambda: UNTYPED.differential_cross_section(10.0, [1.0, -2.0], "133Cs"),
        "recoil: expected finite numbers above 0, found -2",
    ),
    "not a number": (
        lambda: UNTYPED.differential_cross_section(math.nan, 1.0, "133Cs"),
        "energy: expected finite numbers above 0, found nan",
    ),
    "a text for numbers": (
        lambda: UNTYPED.differential_cross_section("ten", 1.0, "133Cs"),
        "energy: expected numbers, found the text 'ten'",
    ),
    "no numbers": (lambda: UNTYPED.recoil_spectrum([], "solar", "Xe"), r"recoil: expected numbers, found \[\]"),
    "shapes": (
        lambda: UNTYPED.differential_cross_section([1.0, 2.0], [1.0, 2.0, 3.0], "133Cs"),
        r"recoil: expected a shape that goes with \(2,\)",
    ),
    "misspelt argument": (
        lambda: UNTYPED.differential_cross_section(*SECTION, flavor="nu_e"),
        r"unknown argument 'flavor' \(did you mean 'flavour'\?\)",
    ),
    "no target": (lambda: UNTYPED.recoil_spectrum(1.0, "solar:b8"), "target: expected the formula of a substance"),
    "bad formula": (lambda: UNTYPED.recoil_spectrum(1.0, "solar", "csi"), "cannot read the formula 'csi'"),
    "unknown source": (
        lambda: UNTYPED.recoil_spectrum(1.0, "coherent-csi-2020"),
        r"unknown experiment 'coherent-csi-2020' \(did you mean",
    ),
    "unknown kind": (
        lambda: UNTYPED.recoil_spectrum(1.0, "solar:b9", "Xe"),
        r"source: expected one of solar, .* found 'solar:b9' \(did you mean 'solar:b8'\?\)",
    ),
    "no source": (lambda: UNTYPED.recoil_spectrum(1.0, 5, "Xe"), "source: expected a source or its name, found 5"),
    "measured numbers": (lambda: UNTYPED.recoil_spectrum(1.0, "apv-cs"), "apv-cs holds measured numbers"),
    "no live time": (
        lambda: UNTYPED.recoil_spectrum(1.0, UNTIMED, "CsI"),
        "source: expected a source with a live time",
    ),
    "flux without live time": (
        lambda: UNTYPED.flux(1.0, UNTIMED, "nu_e"),
        "source: expected a source with a live time",
    ),
    "flavour not there": (
        lambda: UNTYPED.flux(1.0, "dresden-ii", "nu_e"),
        "flavour: expected one that the source has, nu_e_bar, found 'nu_e'",
    ),
    "traced recoil": (
        lambda: jax.grad(lambda t: UNTYPED.recoil_spectrum(t, "solar:b8", "Xe"))(1.0),
        "recoil: expected numbers, found a traced array",
    ),
    "unknown scheme": (
        lambda: UNTYPED.couplings("nu_e", "2023"),
        r"scheme: expected one of tree, 2020, 2022, 2024, found '2023'",
    ),
    "angle": (
        lambda: UNTYPED.couplings("nu_e", sin2_theta_w=1.2),
        "sin2_theta_w: expected numbers from 0 to 1, found 1.2",
    ),
    "unknown particle": (
        lambda: UNTYPED.form_factor(0.1, "133Cs", "pion"),
        "particle: expected one of neutron, proton, found the text 'pion'",
    ),
    "unknown model": (
        lambda: UNTYPED.form_factor(0.1, "133Cs", model="hlm"),
        r"model: expected one of .* found 'hlm' \(did you mean 'helm'\?\)",
    ),
    "shell model of argon": (
        lambda: UNTYPED.form_factor(0.1, "40Ar", model="shell-model"),
        "model: expected no radius and one of .* found '40Ar'",
    ),
    "radius of the shell model": (
        lambda: UNTYPED.form_factor(0.1, "133Cs", radius=5.0, model="shell-model"),
        "found a radius with 'shell-model'",
    ),
    "small radius": (
        lambda: UNTYPED.form_factor(0.1, "133Cs", radius=[5.0, 1.0]),
        "r_n_cs133: expected a value from 2.2 to 12 fm, found 1",
    ),
    "negative q": (
        lambda: UNTYPED.form_factor(-0.1, "133Cs"),
        "q: expected momentum transfers of 0 or more, found -0.1",
    ),
    "weak charge": (lambda: UNTYPED.weak_charge("Cs"), "unknown nuclide 'Cs'"),
    "templates": (
        lambda: UNTYPED.quenching_factor(1.0, "xenonnt-8b"),
        "detector: expected one with a quenching and a resolution, found that of xenonnt-8b",
    ),
    "in proportion": (lambda: UNTYPED.quenching_factor(1.0, "coherent-csi-2017"), "found that of coherent-csi-2017"),
    "no detector": (
        lambda: UNTYPED.quenching_factor(1.0, 3),
        "detector: expected a measurement or its name, found 3",
    ),
    "a number for a list": (
        lambda: UNTYPED.response_matrix(1.0, "lz-er"),
        r"recoil: expected a list of numbers, found an array of shape \(\)",
    ),
    "unknown coefficient": (
        lambda: UNTYPED.response_matrix([1.0], "lz-er", {"resolution": 1.0}),
        r"unknown parameter 'resolution' \(did you mean 'resolution_norm'\?\)",
    ),
    "power": (lambda: UNTYPED.reactor_source(-1.0, 10.0), "power: expected a number above 0, found -1.0"),
    "fractions": (lambda: UNTYPED.reactor_source(1.0, 10.0, fractions=[0.5, 0.5]), "fractions: expected 4 numbers"),
    "spectrum": (
        lambda: UNTYPED.reactor_source(1.0, 10.0, "HMVF"),
        r"unknown reactor spectrum 'HMVF' \(did you mean 'HMVE'\?\)",
    ),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_slips(slip):
    call, message = SLIPS[slip]
    with pytest.raises(InputError, match=message) as raised:
        call()
    assert "\n" not in str(raised.value)


def test_every_function_has_an_example_and_says_its_errors():
    for name in cj.physics.__all__:
        if name == "NeutrinoCouplings":
            continue
        text = getattr(cj.physics, name).__doc__
        assert ">>> " in text, name
        assert "InputError" in text or "errors are those of" in text, name
