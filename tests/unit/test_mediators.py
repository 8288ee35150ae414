"""Scalar, axial, pseudoscalar and tensor mediators: signs from traces, cross sections from closed forms, derivatives."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from independent_traces import GAMMA, GAMMA5, INDICES, LEFT, LOWER, ONE, SIGMA, contract, momenta
from model_experiments import terms_on
from tolerance import assert_close

import cevnsjax as cj
from cevnsjax._base.errors import InputError
from cevnsjax.interactions.axial import axial_mediator
from cevnsjax.interactions.interaction import check_parameters
from cevnsjax.interactions.light_scalar import light_scalar
from cevnsjax.interactions.light_vector import light_vector
from cevnsjax.interactions.pseudoscalar import pseudoscalar_mediator
from cevnsjax.interactions.structures import kernel, pairs
from cevnsjax.interactions.tensor import tensor_mediator

# Review of Particle Physics 2022 and CODATA 2018; MeV and cm
G_F, HBARC, M_E = 1.1663787e-11, 197.3269804e-13, 0.51099895
M_N = 0.5 * (938.27208816 + 939.56542052)
NO_TEXT: Any = 2
"""A slip that no type checker sees."""
MODELS = {
    model.name: model
    for model in (
        light_scalar(),
        light_scalar("15.1/14"),
        axial_mediator(),
        pseudoscalar_mediator(),
        tensor_mediator(),
        tensor_mediator("spin"),
    )
}
TARGETS = ("nucleus", "electron")
# a nucleus: Z F_Z, N F_N and what its spins come to; an atom: the square root of Z_eff
CHARGES = {"proton": 50.0, "neutron": 70.0, "proton_spin": 0.7, "neutron_spin": -0.2, "electron": np.sqrt(44.0)}


def coupling_and_mass(model):
    return [parameter.name for parameter in model.parameters()]


def amplitudes(model, target, q2, params):
    """Return the sum of the terms of each structure, for each flavour, on something with `CHARGES`."""
    found = {}
    for term in terms_on(model, target):
        values = term.vertex(params)[:, None] * term.propagator(q2, params) * CHARGES[term.charge]
        found[term.structure] = found.get(term.structure, 0.0) + values
    return found


def rate(model, target, energy, recoil, mass, params, kinematics="leading"):
    """Return dσ/dT [cm²/MeV] of the model alone, for each flavour."""
    found = amplitudes(model, target, np.array([2 * mass * recoil]), params)
    known = pairs(tuple(found), kinematics)
    return sum(found[s] * found[t] * kernel((s, t), energy, recoil, mass, kinematics, False) for s, t in known)[:, 0]


ENERGY, RECOIL, MASS = 40.0, 0.013, 67911.5
Q2 = 2 * MASS * RECOIL
NUCLEUS = HBARC**2 * 3e-4**4 / (Q2 + 25.0**2) ** 2
"""g⁴/(q² + m²)² for g = 3e-4, m = 25 MeV, in cm²/MeV² · MeV⁻²."""


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        # arXiv:2202.11002: M² T/(4π E²) g⁴ Q²/(q² + m²)²
        (light_scalar(), MASS**2 * RECOIL / (4 * np.pi * ENERGY**2) * (17.3 * (50 + 70)) ** 2),
        (light_scalar("15.1/14"), MASS**2 * RECOIL / (4 * np.pi * ENERGY**2) * (15.1 * 50 + 14 * 70) ** 2),
        # Δu + Δd = 0.777 - 0.438 (arXiv:1806.10604)
        (
            axial_mediator(),
            MASS / (2 * np.pi) * (1 + MASS * RECOIL / (2 * ENERGY**2)) * (0.339 * (0.7 - 0.2)) ** 2,
        ),
        # q⁴ / (16 m_N² E²) in the place of 1 - MT/2E²
        (pseudoscalar_mediator(), MASS / (2 * np.pi) * Q2**2 / (16 * M_N**2 * ENERGY**2) * (0.7 - 0.2) ** 2),
        # M (4E² - MT)/(π E²) with δu + δd = 0.784 - 0.204 (arXiv:1808.07597)
        (tensor_mediator(), MASS * (4 * ENERGY**2 - MASS * RECOIL) / (np.pi * ENERGY**2) * (0.58 * 120) ** 2),
        (tensor_mediator("spin"), MASS * (4 * ENERGY**2 - MASS * RECOIL) / (np.pi * ENERGY**2) * (0.58 * 0.5) ** 2),
    ],
)
def test_cross_sections_on_nuclei(model, expected):
    coupling, mass = coupling_and_mass(model)
    found = rate(model, "nucleus", ENERGY, RECOIL, MASS, {coupling: 3e-4, mass: 25.0})
    assert_close(found, [NUCLEUS * expected] * 3)


def test_charge_of_nucleons_under_a_scalar():
    # σ_πN / m_ud = 59.1/3.41 = 17.33; and m_N (f_u/m_u + f_d/m_d) with f = 0.0208, 0.0411 (proton), 0.0189, 0.0451
    # (neutron) and m_u, m_d = 2.16, 4.67 MeV agrees: 17.29 for both
    amplitude = amplitudes(light_scalar(), "nucleus", np.zeros(1), {"g_phi": 1.0, "m_phi": 1.0})["scalar"]
    charge = amplitude[0, 0] * np.sqrt(2) * G_F / (50 + 70)
    assert_close(charge, 17.3)
    assert round(59.1 / 3.41, 1) == 17.3
    for mass, up, down in ((938.272, 0.0208, 0.0411), (939.565, 0.0189, 0.0451)):
        assert_close(mass * (up / 2.16 + down / 4.67), charge, 5e-4, "another determination of the charge")


ELECTRON = (3.0, 0.9, M_E)


def exchange_currents(couplings):
    """Return the amplitude of exchanges between a left-handed neutrino and an electron, as in the docstrings.

    `couplings` are the factors g²/(q² + m²) by the model, and (g_V, g_A) √2 G_F of the weak interaction.
    """
    found = []
    if "weak" in couplings:
        vector, axial = couplings["weak"]
        found += [(-GAMMA[i] @ LEFT, LOWER[i] * GAMMA[i] @ (vector * ONE - axial * GAMMA5)) for i in INDICES]
    # a vector between two currents: -g² J·J; a particle of spin 0: +g² J J
    axial = couplings.get("axial", 0.0)
    found += [(-axial * GAMMA[i] @ GAMMA5 @ LEFT, LOWER[i] * GAMMA[i] @ GAMMA5) for i in INDICES]
    found += [(couplings.get("light-scalar", 0.0) * LEFT, ONE)]
    found += [(couplings.get("pseudoscalar", 0.0) * 1j * GAMMA5 @ LEFT, 1j * GAMMA5)]
    tensor = couplings.get("tensor", 0.0)
    found += [
        (tensor * SIGMA[i][j] @ LEFT, LOWER[i] * LOWER[j] * SIGMA[i][j]) for i in INDICES for j in INDICES if tensor
    ]
    return found


@pytest.mark.parametrize(
    "names",
    [
        ("light-scalar",),
        ("axial",),
        ("pseudoscalar",),
        ("tensor",),
        ("weak", "axial"),
        ("weak", "light-scalar"),
        ("light-scalar", "tensor"),
        ("pseudoscalar", "tensor"),
        ("light-scalar", "pseudoscalar"),
        ("weak", "axial", "light-scalar", "pseudoscalar", "tensor"),
    ],
)
def test_signs_and_interference_on_electrons_are_those_of_the_lagrangians(names):
    energy, recoil, mass = ELECTRON
    q2 = np.array([2 * mass * recoil])
    weak = (0.95, 0.49)  # about g_V, g_A of ν_e
    couplings, total = {}, {"vector": 0.0, "axial": 0.0}
    for k, name in enumerate(names):
        if name == "weak":
            couplings["weak"] = tuple(np.sqrt(2) * G_F * g for g in weak)
            total = {"vector": weak[0], "axial": weak[1]}
            continue
        coupling, scale = coupling_and_mass(MODELS[name])
        params = {coupling: 2e-6 * (k + 1), scale: 0.4}
        couplings[name] = params[coupling] ** 2 / (q2[0] + 0.4**2)
        for structure, values in amplitudes(MODELS[name], "electron", q2, params).items():
            total[structure] = total.get(structure, 0.0) + values[0, 0] / CHARGES["electron"]
    known = pairs(tuple(total), "spin-1/2")
    found = sum(total[s] * total[t] * kernel((s, t), energy, recoil, mass, "spin-1/2", False) for s, t in known)
    sums = exchange_currents(couplings)
    trace = contract(sums, sums, momenta(energy, recoil, mass), spin_half=True).real
    assert_close(found, trace * mass / (2 * np.pi) * HBARC**2, 1e-10, "terms of either sign")


def test_interference_on_electrons_matters():
    # what the test above would not see if all were incoherent
    energy, recoil, mass = ELECTRON
    for first, second in (("scalar", "tensor"), ("pseudoscalar", "tensor"), ("vector", "axial")):
        size = np.sqrt(np.prod([kernel((s, s), energy, recoil, mass, "spin-1/2", False) for s in (first, second)]))
        assert np.abs(kernel((first, second), energy, recoil, mass, "spin-1/2", False)) > 0.1 * size


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", MODELS)
def test_heavy_mediators_are_contact_interactions(name, target):
    model = MODELS[name]
    coupling, mass = coupling_and_mass(model)
    q2 = np.array([1e-6, 30.0**2])
    heavy = amplitudes(model, target, q2, {coupling: 1.0, mass: 1e6})
    contact = amplitudes(model, target, np.zeros(2), {coupling: 1e-6, mass: 1.0})
    for structure, values in heavy.items():
        assert_close(values, contact[structure], 1e-8, "q²/m² = 9e-10")


POINTS = {"zero coupling": (0.0, 100.0), "light": (1e-5, 1e-3), "generic": (3e-4, 25.0), "ends": (10.0, 1e6)}


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", MODELS)
def test_derivatives(name, target):
    model = MODELS[name]
    names = coupling_and_mass(model)
    q2 = np.array([1e-8, 1.0, 2500.0])  # MeV²: electrons in the sun to nuclei at the SNS

    def total(values):
        found = amplitudes(model, target, jnp.asarray(q2), dict(zip(names, values, strict=True)))
        return jnp.concatenate([v.ravel() for v in found.values()])

    value = jax.jit(total)
    derivatives = jax.jit(lambda at: (jax.jacfwd(total)(at), jax.jacrev(total)(at), jax.jacfwd(jax.jacrev(total))(at)))
    for point in POINTS.values():
        at = np.array(point)
        forward, reverse, second = map(np.asarray, derivatives(at))
        assert_close(reverse, forward, 1e-11, "the order of the products")
        assert np.isfinite(second).all()
        for k, step in enumerate(1e-3 * np.maximum(at, [1e-4, at[1]])):
            e = step * np.eye(2)[k]
            ahead = [np.asarray(value(at + m * e)) - np.asarray(value(at - m * e)) for m in (1, 2, 3)]
            difference = (45 * ahead[0] - 9 * ahead[1] + ahead[2]) / (60 * step)
            size = np.abs(forward[:, k]) + 1e-4 * np.abs(np.asarray(value(at))) / step
            assert_close(difference, forward[:, k], 1e-7, "rounding over the step; seventh powers of it", scale=size)


def test_with_numpy_is_with_jax():
    for model in MODELS.values():
        for target in TARGETS:
            params = dict(zip(coupling_and_mass(model), (3e-4, 25.0), strict=True))
            host = amplitudes(model, target, np.array([1.0, 900.0]), params)
            traced = jax.jit(lambda p, m=model, t=target: amplitudes(m, t, jnp.array([1.0, 900.0]), p))(params)
            assert all(isinstance(values, np.ndarray) for values in host.values())
            for structure, values in host.items():
                assert_close(traced[structure], values)


def test_names_and_parameters():
    expected = {
        "light-scalar": ("g_phi", "m_phi"),
        "light-scalar:15.1/14": ("g_phi", "m_phi"),
        "axial": ("g_axial", "m_axial"),
        "pseudoscalar": ("g_pseudoscalar", "m_pseudoscalar"),
        "tensor": ("g_tensor", "m_tensor"),
        "tensor:spin": ("g_tensor", "m_tensor"),
    }
    for name, names in expected.items():
        model = MODELS[name]
        assert tuple(coupling_and_mass(model)) == names
        coupling, mass = model.parameters()
        assert (coupling.unit, coupling.default, coupling.bounds) == ("1", 0.0, (0.0, 10.0))
        assert (mass.unit, mass.bounds) == ("MeV", (1e-3, 1e6))
        for target in TARGETS:
            for term in terms_on(model, target):
                assert set(term.vertex.names()) | set(term.propagator.names()) == set(names)
                assert (term.charge == "electron") == (target == "electron")


def test_refusals():
    with pytest.raises(InputError, match=r"unknown charges of nucleons '17' \(did you mean '17.3'\?\); known: 17.3"):
        light_scalar("17")
    with pytest.raises(InputError, match="unknown charges of nuclei 'spins'"):
        tensor_mediator("spins")
    with pytest.raises(InputError, match="'tensor:spin' and 'tensor' both have 'g_tensor'"):
        check_parameters((MODELS["tensor"], MODELS["tensor:spin"]))


# --- several of one kind


def csi(*models, electrons=False):
    return cj.Likelihood([cj.measurements.coherent_csi_2021()], cj.combine(list(models), electrons=electrons))


@pytest.mark.parametrize("mass", [0.5, 40.0])
def test_amplitudes_of_two_mediators_add_up(mass):
    """Two of one mass and the same charges are one with g² = g₁² + g₂²."""
    first, second = 3e-5, 5e-5
    two = csi(light_vector("B-L"), light_vector("B-L", suffix="2"), electrons=True)
    one = csi(light_vector("B-L"), electrons=True)
    values = {"g_zp": first, "g_zp_2": second, "m_zp": mass, "m_zp_2": mass}
    found = two.predict(values)[0].counts
    expected = one.predict({"g_zp": np.hypot(first, second), "m_zp": mass})[0].counts
    for component in ("cevns", "es"):
        assert_close(found[component], expected[component], 1e-11, "sums in another order", expected[component].max())
    problem = two.problem(free=["g_zp", "g_zp_2"], values={"m_zp": mass, "m_zp_2": mass})
    alone = one.problem(free=["g_zp"], values={"m_zp": mass})
    coordinates = alone.coordinates(one.parameters.complete({"g_zp": np.hypot(first, second), "m_zp": mass}))
    u = problem.coordinates(two.parameters.complete(values))
    value, slope = jax.jit(jax.value_and_grad(problem))(u)
    whole, along = jax.jit(jax.value_and_grad(alone))(coordinates)
    assert_close(value, whole, 1e-11, "sums in another order")
    # dχ²/dg_k = dχ²/dg · g_k/g, as g² = Σ g_k²
    of = dict(zip(problem.names, np.asarray(slope), strict=True))
    rise = float(along[alone.names.index("g_zp")]) / np.hypot(first, second)
    assert_close([of["g_zp"], of["g_zp_2"]], [rise * first, rise * second], 1e-9, "sums in another order", abs(rise))
    without = problem.coordinates(two.parameters.complete({**values, "g_zp": 0.0}))
    assert np.isfinite(jax.jit(jax.grad(problem))(without)).all()


@pytest.mark.parametrize("name", MODELS)
def test_a_suffix_renames_and_changes_nothing_else(name):
    plain, renamed = MODELS[name], cj.model(f"{name}@b_2")
    assert renamed.name == f"{name}@b_2"
    assert coupling_and_mass(renamed) == [f"{own}_b_2" for own in coupling_and_mass(plain)]
    assert renamed.parameters()[0].needs == renamed.parameters()[1].name
    for parameter in renamed.parameters():
        assert parameter.latex.endswith(r",\mathrm{b\_2}}")
        assert parameter.description.endswith("mediator @b_2")
    values = dict(zip(coupling_and_mass(plain), (2e-4, 30.0), strict=True))
    both = {**values, **{f"{own}_b_2": value for own, value in values.items()}}
    for target in TARGETS:
        expected = amplitudes(plain, target, np.array([1.0, 900.0]), values)
        found = amplitudes(renamed, target, np.array([1.0, 900.0]), both)
        assert {structure: value.tolist() for structure, value in found.items()} == {
            structure: value.tolist() for structure, value in expected.items()
        }


def test_one_mediator_with_a_suffix_is_the_plain_one():
    found = csi(light_vector("Lmu-Ltau", suffix="2"), electrons=True).predict({"g_zp_2": 1e-3, "m_zp_2": 2.0})
    expected = csi(light_vector("Lmu-Ltau"), electrons=True).predict({"g_zp": 1e-3, "m_zp": 2.0})
    for component, counts in expected[0].counts.items():
        assert (found[0].counts[component] == counts).all()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: cj.model("light-vector:B-L@"), "'light-vector:B-L@': expected a suffix after the @, .*, found none"),
        (
            lambda: cj.model("axial@a-b"),
            "after the @: expected at most 20 letters, digits and underscores, found 'a-b'",
        ),
        (
            lambda: cj.model("tensor@2@3"),
            "after the @: expected at most 20 letters, digits and underscores, found '2@3'",
        ),
        (lambda: cj.model("nsi@2"), "'nsi@2': expected a mediator before the @, found 'nsi'"),
        (lambda: light_scalar(suffix="µ"), "suffix: expected at most 20 letters, digits and underscores, found 'µ'"),
        (lambda: light_vector(suffix="a" * 21), "suffix: expected at most 20 letters"),
        (lambda: axial_mediator(suffix=NO_TEXT), "suffix: expected a text, found 2"),
        (
            lambda: cj.combine([light_vector("B-L"), light_vector("Le-Lmu")]),
            "both have 'g_zp': its effect would count twice .*as in 'light-vector:Le-Lmu@2'",
        ),
        (
            lambda: cj.combine([light_vector("B-L", suffix="2"), light_vector("Le-Lmu", suffix="2")]),
            "both have 'g_zp_2': its effect would count twice .*as in 'light-vector:Le-Lmu@3'",
        ),
    ],
)
def test_suffixes_that_are_refused(make, message):
    with pytest.raises(InputError, match=message):
        make()
