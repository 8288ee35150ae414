"""Vector models against formulas written out a second time: NSI, vector mediators, charge radii, millicharges."""

from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from model_experiments import terms_on
from tolerance import assert_close

import cevnsjax as cj
from cevnsjax.interactions.charge_radius import charge_radius
from cevnsjax.interactions.combination import check_combination
from cevnsjax.interactions.couplings import couplings
from cevnsjax.interactions.interaction import ELECTRON_CHARGES, NUCLEAR_CHARGES, TARGETS
from cevnsjax.interactions.light_vector import CHARGES, light_vector
from cevnsjax.interactions.millicharge import millicharge
from cevnsjax.interactions.nsi import nsi
from cevnsjax.interactions.standard_model import standard_model
from cevnsjax.interactions.structures import KINEMATICS, STRUCTURES, pairs
from cevnsjax.parameters.parameter import ParameterTable

# Review of Particle Physics 2022, CODATA 2018; MeV and cm
G_F, ALPHA, HBARC = 1.1663787e-11, 1 / 137.035999084, 197.3269804e-13
M_MU, M_TAU, M_W = 105.6583755, 1776.86, 80379.0
FLAVOURS = ("e", "mu", "tau")
Q2 = np.array([1e-6, 0.04, 25.0, 900.0, 2500.0, 9000.0])
CHARGE = {name: size * np.exp(-Q2 / 9000.0) for name, size in zip(NUCLEAR_CHARGES, (55.0, 78.0, 0.3, 0.1), strict=True)}
CHARGE |= {"electron": 7.0 + 0.0 * Q2, "photoabsorption": 1e-10 * np.exp(-Q2)}
"""Charges of a made-up nucleus and atom at q² = Q2."""

_X, _W = np.polynomial.legendre.leggauss(400)
_X, WEIGHTS = (_X + 1.0) ** 2 / 8.0, (_X + 1.0) / 2.0 * _W
PRODUCTS = (_X * (1.0 - _X))[:, None]
"""x(1-x) and weights of ∫₀¹ dx, twice 0 to 1/2, denser at 0 where electrons run."""

MODELS = {
    "standard-model": standard_model(),
    "standard-model 2024": standard_model("2024"),
    "standard-model:axial": standard_model(axial=True),
    "nsi": nsi(),
    "charge-radius": charge_radius(),
    "charge-radius:beyond-sm": charge_radius(convention="beyond-sm"),
    "millicharge": millicharge(),
    "millicharge:free-electron": millicharge("free-electron"),
    **{f"light-vector:{name}": light_vector(name) for name in CHARGES},
    "light-vector:Lmu-Ltau:2020": light_vector("Lmu-Ltau:2020"),
    "light-vector:user": light_vector("u=1/3,d=-0.2,e=-1,mu=2,tau=0.5"),
}


def defaults(*models):
    return ParameterTable(parameter for model in models for parameter in model.parameters()).complete()


def amplitudes(models, target, params):
    """Return {structure: complex amplitude [in, out, node]} of models together, in NumPy."""
    total = {}
    for model in models:
        for term in terms_on(model, target):
            vertex = np.asarray(term.vertex(params))
            matrix = vertex[..., 0] + 1j * vertex[..., 1] if term.vertex.mixing else np.diag(vertex)
            factor = np.ones(()) if term.propagator is None else np.asarray(term.propagator(Q2, params))
            factor = factor[:, None] if np.ndim(factor) == 2 else factor
            piece = matrix[..., None] * factor * CHARGE[term.charge]
            total[term.structure] = total.get(term.structure, 0.0) + piece
    return total


def rate(models, target, params):
    """Return Σ_s Σ_l' |a_s,ll'|² + Re(a_V a_A*) for each flavour and node, as traced by JAX."""
    total = {}
    for model in models:
        for term in terms_on(model, target):
            vertex = jnp.asarray(term.vertex(params))
            if not term.vertex.mixing:
                vertex = jnp.stack([jnp.diag(vertex), jnp.zeros((3, 3))], -1)
            factor = jnp.ones_like(Q2) if term.propagator is None else term.propagator(jnp.asarray(Q2), params)
            factor = jnp.broadcast_to(factor, (3, len(Q2)))
            piece = vertex[..., None] * factor[:, None, None] * CHARGE[term.charge]
            total[term.structure] = total.get(term.structure, 0.0) + piece
    square = sum(jnp.sum(a**2, (1, 2)) for a in total.values())
    if {"vector", "axial"} <= set(total):
        square = square + jnp.sum(total["vector"] * total["axial"], (1, 2))
    return square


def diagonal(models, target, params, structure="vector"):
    """Return the diagonal amplitudes [flavour, node], which must be all there is."""
    found = amplitudes(models, target, params)[structure]
    off = found * (1 - np.eye(3))[..., None]
    assert not off.any()
    assert not found.imag.any()
    return np.stack([found[k, k].real for k in range(3)])


def proton_and_neutron(proton, neutron):
    return proton * CHARGE["proton"] + neutron * CHARGE["neutron"]


@pytest.mark.parametrize("name", MODELS)
def test_what_a_model_says_of_itself(name):
    model = MODELS[name]
    names = {parameter.name for parameter in model.parameters()}
    assert len(names) == len(model.parameters())
    read = set()
    for target in TARGETS:
        for term in terms_on(model, target):
            assert term.structure in STRUCTURES
            assert term.charge in (NUCLEAR_CHARGES if target == "nucleus" else ELECTRON_CHARGES)
            read |= set(term.vertex.names()) | set(term.propagator.names() if term.propagator else ())
    assert read == names
    for parameter in model.parameters():
        low, high = parameter.bounds
        assert low <= parameter.default <= high
        assert parameter.latex
        assert parameter.description
        assert parameter.unit


def test_names():
    for name, model in MODELS.items():
        expected = {
            "standard-model 2024": "standard-model",
            "light-vector:user": "light-vector:u=1/3,d=-1/5,e=-1,mu=2,tau=1/2",
        }
        assert model.name == expected.get(name, name)
    assert standard_model(recoil_term=True).name == "standard-model:recoil-term"
    assert standard_model(recoil_term=True, axial=True).name == "standard-model:axial,recoil-term"
    assert standard_model(axial=True, strange=True).name == "standard-model:axial,strange"


# --- the Standard Model


@pytest.mark.parametrize("scheme", ["tree", "2020", "2022", "2024"])
def test_standard_model_on_nuclei_and_electrons(scheme):
    found, params = couplings(scheme), {"sin2_theta_w": 0.241}
    running = np.zeros((3, len(Q2)))
    if scheme == "2024":
        for k, mass in enumerate((0.51099895, M_MU, M_TAU)):
            running[k] = WEIGHTS @ (6 * PRODUCTS * np.log1p(PRODUCTS * Q2 / mass**2))
    shift = -ALPHA / (3 * np.pi) * running
    proton = np.array([found.proton(flavour, 0.241) for flavour in FLAVOURS])[:, None] + shift
    assert_close(diagonal([standard_model(scheme)], "nucleus", params), proton_and_neutron(proton, found.neutron))
    electron = np.array([found.electron(flavour, 0.241) for flavour in FLAVOURS])[:, None] - shift
    axial = np.array([found.electron_axial[flavour] for flavour in FLAVOURS])[:, None]
    assert_close(diagonal([standard_model(scheme)], "electron", params), electron * CHARGE["electron"])
    assert_close(diagonal([standard_model(scheme)], "electron", params, "axial"), axial * CHARGE["electron"])


def test_axial_part_is_an_option():
    assert "axial" not in amplitudes([standard_model()], "nucleus", {"sin2_theta_w": 0.2})


@pytest.mark.parametrize("strange", [False, True])
def test_axial_part_of_fluorine(strange):
    """F_A(0) = 8π/(2J+1) [(g_s F+)² - …] with the responses of ¹⁹F (arXiv:2007.08529): 1.50 without strangeness."""
    protons, neutrons = 0.269513, -0.00113172  # Σ' responses at q = 0, √((2J+1)(J+1)/(6πJ)) <S>
    g_a, g_s = 1.27641, -0.085 * strange
    plus, minus = protons + neutrons, protons - neutrons
    structure = 8 * np.pi / 2 * (g_s**2 * plus**2 - 2 * g_a * g_s * plus * minus + g_a**2 * minus**2)
    if not strange:
        assert f"{structure:.2f}" == "1.50"
    spins = [response / np.sqrt(2 * 1.5 / (6 * np.pi * 0.5)) for response in (protons, neutrons)]
    charges = [np.sqrt(1.5 / (3 * 0.5)) * 2 * spin for spin in spins]
    terms = standard_model("tree", axial=True, strange=strange).nuclear_terms()
    vertices = {term.charge: term.vertex({})[0] for term in terms if term.structure == "axial"}
    amplitude = vertices["proton_spin"] * charges[0] + vertices["neutron_spin"] * charges[1]
    # the kernel (G_F² M/π)(1 + …) a² against (G_F² M/4π)(1 + …) F_A
    assert_close(4 * amplitude**2, structure)


def test_axial_couplings_have_their_corrections():
    terms = {term.charge: term for term in standard_model("2022", axial=True).nuclear_terms()}
    assert f"{terms['proton_spin'].vertex({})[0] / 1.27641:.4f}" == "0.4955"
    assert f"{terms['neutron_spin'].vertex({})[2] / 1.27641:.4f}" == "-0.5121"


def test_strange_quarks_alone_are_refused():
    with pytest.raises(cj.InputError, match="expected 'axial' with 'strange'"):
        standard_model(strange=True)


# --- non-standard interactions


def test_nsi_on_nuclei():
    """arXiv:1710.09360: Q_α² = |Q_SM + (2ε_u + ε_d) Z F_Z + (ε_u + 2ε_d) N F_N|² summed over what comes out."""
    values = np.random.default_rng(1).uniform(-1, 1, 18)
    matrices, params = {}, defaults(nsi()) | {"sin2_theta_w": 0.23}
    for fermion, row in zip("ud", values.reshape(2, 9), strict=True):
        params |= {f"eps_{p}_{fermion}": row[k] for k, p in enumerate(("ee", "mumu", "tautau", "emu", "etau", "mutau"))}
        params |= {f"eps_{p}_{fermion}_phase": row[k] for k, p in zip((6, 7, 8), ("emu", "etau", "mutau"), strict=True)}
        upper = np.zeros((3, 3), complex)
        upper[0, 1], upper[0, 2], upper[1, 2] = row[3:6] * np.exp(1j * row[6:9])
        matrices[fermion] = np.diag(row[:3]) + upper + upper.conj().T
    found = amplitudes([standard_model(), nsi()], "nucleus", params)["vector"]
    up, down = matrices["u"][..., None], matrices["d"][..., None]
    standard = [couplings("2022").proton(flavour, 0.23) for flavour in FLAVOURS]
    expected = np.diag(np.asarray(standard))[..., None] * CHARGE["proton"]
    expected = expected + (np.eye(3) * couplings("2022").neutron)[..., None] * CHARGE["neutron"]
    expected = expected + proton_and_neutron(2 * up + down, up + 2 * down)
    assert_close(found.real, expected.real, scale=np.abs(expected))
    assert_close(found.imag, expected.imag, scale=np.abs(expected))
    assert_close(rate([standard_model(), nsi()], "nucleus", params), np.sum(np.abs(expected) ** 2, 1))


def test_nsi_on_electrons():
    params = defaults(nsi()) | {"eps_mumu_e": 0.3, "eps_etau_e": 0.2, "eps_etau_e_phase": 1.0, "eps_ee_u": 5.0}
    found = amplitudes([nsi()], "electron", params)["vector"] / CHARGE["electron"]
    expected = np.zeros((3, 3), complex)
    expected[1, 1], expected[0, 2], expected[2, 0] = 0.3, 0.2 * np.exp(1j), 0.2 * np.exp(-1j)
    assert_close(np.abs(found - expected[..., None]), np.zeros(found.shape), scale=1.0)


def test_a_negative_modulus_is_the_phase_pi():
    params = defaults(nsi()) | {"eps_emu_u": 0.4, "eps_emu_d": 0.1, "eps_emu_u_phase": np.pi}
    other = params | {"eps_emu_u": -0.4, "eps_emu_u_phase": 0.0}
    assert_close(rate([nsi()], "nucleus", params), rate([nsi()], "nucleus", other), scale=1.0)


def test_phase_of_one_transition_has_no_effect():
    params = defaults(nsi()) | {"eps_mutau_u": 0.4, "sin2_theta_w": 0.23}
    models = [standard_model(), nsi()]
    turned = params | {"eps_mutau_u_phase": 1.2}
    assert_close(rate(models, "nucleus", turned), rate(models, "nucleus", params))


# --- vector mediators

# arXiv:2202.11002: quarks u, d; leptons e, mu, tau
TABLE = {
    "universal": (1, 1, 1, 1, 1),
    "B-L": (1 / 3, 1 / 3, -1, -1, -1),
    "B-3Le": (1 / 3, 1 / 3, -3, 0, 0),
    "B-3Lmu": (1 / 3, 1 / 3, 0, -3, 0),
    "B-2Le-Lmu": (1 / 3, 1 / 3, -2, -1, 0),
    "B-Le-2Lmu": (1 / 3, 1 / 3, -1, -2, 0),
    "By+Lmu+Ltau": (1 / 3, 1 / 3, 0, 1, 1),
    "u=0.5,tau=-2/4,d=-1,mu=3": (0.5, -1, 0, 3, -0.5),
    "e = 1e-1, u=+.5": (0.5, 0, 0.1, 0, 0),
}
LOOPS = {"Le-Lmu": (1, -1, 0), "Le-Ltau": (1, 0, -1), "Lmu-Ltau": (0, 1, -1)}


def test_every_table_is_tested():
    assert set(CHARGES) == {name for name in TABLE if "=" not in name} | set(LOOPS)


@pytest.mark.parametrize("name", TABLE)
def test_mediator_at_tree_level(name):
    up, down, *leptons = TABLE[name]
    params = {"g_zp": 3e-4, "m_zp": 20.0}
    strength = 3e-4**2 / (np.sqrt(2) * G_F * (Q2 + 400.0))
    flavours = np.array(leptons)[:, None]
    expected = flavours * strength * proton_and_neutron(2 * up + down, up + 2 * down)
    scale = np.abs(flavours) * strength * CHARGE["proton"] + 1e-300
    assert_close(diagonal([light_vector(name)], "nucleus", params), expected, scale=scale)
    if leptons[0]:
        expected = flavours * leptons[0] * strength * CHARGE["electron"]
        assert_close(diagonal([light_vector(name)], "electron", params), expected)
    else:
        assert light_vector(name).electron_terms() == ()


@pytest.mark.parametrize("name", LOOPS)
def test_mediator_by_loops(name):
    """√2 α g² ε_βα/(π G_F (q² + m²)) for ν_α of L_α - L_β, minus that for ν_β (arXiv:2202.11002)."""
    params = {"g_zp": 3e-3, "m_zp": 20.0}
    leptons = np.array(LOOPS[name])[:, None]
    masses = np.array([0.51099895, M_MU, M_TAU])
    alpha, beta = masses[LOOPS[name].index(1)], masses[LOOPS[name].index(-1)]
    epsilon = WEIGHTS @ (PRODUCTS * np.log((beta**2 + PRODUCTS * Q2) / (alpha**2 + PRODUCTS * Q2)))
    shift = np.sqrt(2) * ALPHA * 3e-3**2 * epsilon / (np.pi * G_F * (Q2 + 400.0))
    assert (shift > 0).all()
    assert_close(
        diagonal([light_vector(name)], "nucleus", params), leptons * shift * CHARGE["proton"], scale=shift * 55
    )
    if name == "Lmu-Ltau":
        assert_close(
            diagonal([light_vector(name)], "electron", params), -leptons * shift * CHARGE["electron"], scale=shift * 7
        )
    else:  # electrons have the charge 1
        strength = 3e-3**2 / (np.sqrt(2) * G_F * (Q2 + 400.0))
        assert_close(diagonal([light_vector(name)], "electron", params), leptons * strength * CHARGE["electron"])


def test_loop_of_2020():
    """arXiv:2008.05022: g_V^p - α g² ln(m_τ²/m_μ²)/(3√2 π G_F (q² + m²)) for ν_μ, the opposite sign of 2202.11002."""
    params = {"g_zp": 3e-3, "m_zp": 20.0}
    shift = ALPHA * 3e-3**2 / (3 * np.sqrt(2) * np.pi * G_F) * np.log(M_TAU**2 / M_MU**2) / (Q2 + 400.0)
    found = diagonal([light_vector("Lmu-Ltau:2020")], "nucleus", params)
    assert_close(found, np.stack([0 * Q2, -shift, shift]) * CHARGE["proton"])
    newer = diagonal([light_vector("Lmu-Ltau")], "nucleus", params)
    assert_close(newer[1, 0], -found[1, 0], 1e-10, "the loop of the older form does not change with q², here 1e-3 MeV")
    assert (diagonal([light_vector("Lmu-Ltau:2020")], "electron", params)[1] > 0).all()


def test_user_charges_are_those_of_the_table():
    params = {"g_zp": 1e-3, "m_zp": 5.0}
    for name, user in (("B-L", "u=1/3,d=1/3,e=-1,mu=-1,tau=-1"), ("Lmu-Ltau", "mu=1,tau=-1"), ("Le-Lmu", "mu=-1,e=1")):
        for target in TARGETS:
            assert_close(
                diagonal([light_vector(user)], target, params),
                diagonal([light_vector(name)], target, params),
                scale=1e-30,
            )
    assert CHARGES["B-L"][0] == Fraction(1, 3)


def test_without_the_loop():
    model = light_vector("e=1,mu=1,tau=1:tree")
    assert model.name == "light-vector:e=1,mu=1,tau=1:tree"
    assert model.nuclear_terms() == ()
    assert_close(
        diagonal([model], "electron", {"g_zp": 1e-6, "m_zp": 0.1}),
        np.ones((3, 1)) * 1e-12 / (np.sqrt(2) * G_F * (Q2 + 0.01)) * CHARGE["electron"],
    )
    assert light_vector("Lmu-Ltau:tree").nuclear_terms() == light_vector("Lmu-Ltau:tree").electron_terms() == ()


def test_baryon_minus_lepton_is_a_third_of_universal_with_the_other_sign():
    """+3g² and -g² (arXiv:2202.11002)."""
    params = {"g_zp": 2e-4, "m_zp": 35.0}
    universal, other = (diagonal([light_vector(name)], "nucleus", params) for name in ("universal", "B-L"))
    assert_close(other, -universal / 3.0)
    assert_close(
        diagonal([light_vector("B-L")], "electron", params), diagonal([light_vector("universal")], "electron", params)
    )


def test_heavy_mediator_is_a_contact_interaction():
    """ε = g² Q_l Q_f/(√2 G_F m²) up to 1 + q²/m²."""
    params = defaults(nsi())
    epsilon = 10.0**2 / (np.sqrt(2) * G_F * 1e12)
    params |= {f"eps_{pair}_{fermion}": -epsilon / 3 for pair in ("ee", "mumu", "tautau") for fermion in "ud"}
    params |= {f"eps_{pair}_e": epsilon for pair in ("ee", "mumu", "tautau")}
    heavy = {"g_zp": 10.0, "m_zp": 1e6}
    for target in TARGETS:
        found = diagonal([light_vector("B-L")], target, heavy) * (1 + Q2 / 1e12)
        assert_close(found, diagonal([nsi()], target, params))


def test_massless_mediator_is_a_photon():
    """g² = 4πα q_ν for the charges of electromagnetism: u = 2/3, d = -1/3, e = -1, and the neutrino with q_ν of the proton."""
    charge = 3e-8
    params = {"g_zp": np.sqrt(4 * np.pi * ALPHA * charge), "m_zp": 1e-3}
    vector = light_vector("u=2/3,d=-1/3,e=1,mu=1,tau=1")
    photon = defaults(millicharge()) | dict.fromkeys(["millicharge_ee", "millicharge_mumu", "millicharge_tautau"], 3.0)
    # electrons here have the charge of their neutrino, +1 instead of -1
    for target, sign in (("nucleus", 1.0), ("electron", -1.0)):
        found = diagonal([vector], target, params) * (Q2 + 1e-6) / Q2
        expected = sign * diagonal([millicharge("free-electron")], target, photon)
        assert_close(found, expected, scale=np.abs(expected).max(0))


@pytest.mark.parametrize(
    ("charges", "message"),
    [
        ("B-l", r"unknown charges 'B-l' \(did you mean 'B-L'\?\)"),
        ("", "unknown charges ''"),
        ("u=1,d=1", "no neutrino has a charge"),
        ("e=0", "no neutrino has a charge"),
        ("mu=1", "add up to 0, found 1; 'mu=1:tree' leaves it out"),
        ("mu=1/0,e=1", "expected a number or a fraction for 'mu', found '1/0'"),
        ("mu=x", "expected a number or a fraction for 'mu', found 'x'"),
        ("mu=1e99999999", "expected a number or a fraction for 'mu'"),
        ("mu=nan", "expected a number or a fraction for 'mu', found 'nan'"),
        ("mu=1,mu=2", "'mu' comes twice"),
        ("s=1,mu=1", "found 's=1'"),
        ("mu=1,tau", "found 'tau'"),
        ("Lmu-Ltau:2021", "unknown variant '2021' of charges 'Lmu-Ltau'; known: tree, 2020"),
        ("Le-Lmu:2020", "unknown variant '2020' of charges 'Le-Lmu'; known: tree"),
        ("B-L:tree", "unknown variant 'tree' of charges 'B-L'; known: none"),
    ],
)
def test_charges_that_are_refused(charges, message):
    with pytest.raises(cj.InputError, match=message) as error:
        light_vector(charges)
    assert "\n" not in str(error.value)


# --- electromagnetic properties


@pytest.mark.parametrize("scheme", ["tree", "2020", "2022", "2024"])
def test_default_charge_radii_are_the_standard_model(scheme):
    model = charge_radius(scheme)
    assert all(not term.vertex(defaults(model)).any() for target in TARGETS for term in terms_on(model, target))
    radii = [parameter.default for parameter in model.parameters()[:3]]
    assert radii == [couplings(scheme).charge_radii[flavour] for flavour in FLAVOURS]


def test_charge_radius_per_unit():
    """Q̃ = (√2 π α/3 G_F) <r²> = (2/3) m_W² s² <r²> with s² = πα/(√2 G_F m_W²) (arXiv:1810.05606)."""
    model = charge_radius(convention="beyond-sm")
    params = defaults(model) | {"charge_radius_mumu": 1.0, "charge_radius_etau": 2.0}
    sine2 = np.pi * ALPHA / (np.sqrt(2) * G_F * M_W**2)
    unit = 2 / 3 * M_W**2 * sine2 * 1e-32 / HBARC**2
    expected = np.zeros((3, 3))
    expected[1, 1], expected[0, 2], expected[2, 0] = unit, 2 * unit, 2 * unit
    for target, charge, sign in (("nucleus", "proton", -1.0), ("electron", "electron", 1.0)):
        found = amplitudes([model], target, params)["vector"]
        assert not found.imag.any()
        assert_close(found.real, sign * expected[..., None] * CHARGE[charge])


@pytest.mark.parametrize("scheme", ["2020", "2022", "2024"])
def test_no_charge_radius_leaves_couplings_without_flavour(scheme):
    """g̃_V^p = 0.0204 in the 2020 scheme at 0.23857 (0.0401 - 0.0197): all flavours alike."""
    models = [standard_model(scheme), charge_radius(scheme)]
    params = defaults(*models) | dict.fromkeys(["charge_radius_ee", "charge_radius_mumu", "charge_radius_tautau"], 0.0)
    for target in TARGETS:
        found = diagonal(models, target, params)[:, 0]
        charged = CHARGE["electron"][0] if target == "electron" else 0.0
        assert_close(
            found,
            np.array([found[2] + charged, found[2], found[2]]),
            1e-9,
            "at q² = 1e-6 MeV² the 2024 scheme runs by 6e-10",
        )
    if scheme == "2020":
        params["sin2_theta_w"] = 0.23857
        proton = (diagonal(models, "nucleus", params)[1] - couplings(scheme).neutron * CHARGE["neutron"]) / CHARGE[
            "proton"
        ]
        assert f"{proton[0]:.4f}" == "0.0204"


def test_total_and_beyond_differ_by_the_standard_model():
    total, beyond = charge_radius(), charge_radius(convention="beyond-sm")
    on_top = dict(zip(("ee", "mumu", "tautau", "emu", "etau", "mutau"), (3.0, -2.0, 1.0, 4.0, 0.5, -7.0), strict=True))
    above = {f"charge_radius_{pair}": value for pair, value in on_top.items()}
    whole = {name: value + {p.name: p.default for p in total.parameters()}[name] for name, value in above.items()}
    for target in TARGETS:
        found = amplitudes([total], target, whole)["vector"].real
        assert_close(found, amplitudes([beyond], target, above)["vector"].real, scale=np.abs(found).max())


def test_millicharge_on_nuclei():
    """g_V^p + √2 π α q/(G_F M T), q² = 2MT (arXiv:2005.01645): 0.02245 for 1e-8 e, ¹³³Cs of 123.8 GeV, 10 keV."""
    params = defaults(millicharge()) | {"millicharge_ee": 1.0, "millicharge_mumu": -2.0, "millicharge_mutau": 3.0}
    expected = np.zeros((3, 3))
    expected[0, 0], expected[1, 1], expected[1, 2], expected[2, 1] = 1.0, -2.0, 3.0, 3.0
    unit = np.sqrt(2) * np.pi * ALPHA * 1e-8 / (G_F * Q2 / 2)
    found = amplitudes([millicharge()], "nucleus", params)["vector"]
    assert_close(found.real, expected[..., None] * unit * CHARGE["proton"])
    term = millicharge().nuclear_terms()[0]
    assert term.propagator is not None
    shift = term.vertex(params)[0, 0, 0] * term.propagator(np.array([2 * 123.8e3 * 0.010]), {})
    assert_close(shift, [np.sqrt(2) * np.pi * ALPHA * 1e-8 / (G_F * 123.8e3 * 0.010)])
    assert f"{shift[0]:.5f}" == "0.02245"


def test_millicharge_on_electrons():
    """Equivalent photons: q² of all that comes out, incoherent; free: g_V^e - √2 π α q/(G_F m_e T)."""
    params = defaults(millicharge()) | {"sin2_theta_w": 0.23, "millicharge_ee": 1.0, "millicharge_emu": 3.0}
    found = amplitudes([standard_model(), millicharge()], "electron", params)
    squared = np.sum(np.abs(found["equivalent-photon"]) ** 2, 1)
    assert_close(squared, np.array([10.0, 9.0, 0.0])[:, None] * 1e-16 * CHARGE["photoabsorption"] ** 2)
    assert all(
        set(pair) != {"vector", "equivalent-photon"}
        for kinematics in KINEMATICS
        for pair in pairs(STRUCTURES, kinematics)
    )
    free = amplitudes([millicharge("free-electron")], "electron", params)["vector"][0, :2].real
    unit = -np.sqrt(2) * np.pi * ALPHA * 1e-8 / (G_F * Q2 / 2) * CHARGE["electron"]
    assert_close(free, np.array([[1.0], [3.0]]) * unit)


def test_unknown_forms():
    with pytest.raises(cj.InputError, match="known: total, beyond-sm"):
        charge_radius(convention="all")
    with pytest.raises(cj.InputError, match="unknown couplings"):
        charge_radius("2019")
    with pytest.raises(cj.InputError, match="known: equivalent-photon, free-electron"):
        millicharge("free")


# --- together


def test_transitions_of_different_models_interfere():
    models = [nsi(), charge_radius(convention="beyond-sm"), millicharge()]
    params = defaults(*models) | {"eps_emu_d": 0.1, "charge_radius_emu": 8.0, "millicharge_emu": 0.7}
    parts = [amplitudes([model], "nucleus", params)["vector"][0, 1] for model in models]
    assert all(np.abs(part).all() for part in parts)
    assert_close(rate(models, "nucleus", params)[0], np.abs(sum(parts)) ** 2)


@pytest.mark.parametrize("name", [name for name in MODELS if not name.startswith("standard")])
def test_no_coupling_is_the_standard_model_exactly(name):
    model, standard = MODELS[name], standard_model()
    params = defaults(standard, model)
    for target in TARGETS:
        expected = amplitudes([standard], target, params)
        found = amplitudes([standard, model], target, params)
        for structure, value in expected.items():
            assert (found.pop(structure) == value).all()
        assert not any(np.any(value) for value in found.values())


@pytest.mark.parametrize(
    ("models", "message"),
    [
        ((charge_radius(), charge_radius(convention="beyond-sm")), "both have 'charge_radius_ee'"),
        ((charge_radius(), charge_radius()), "both have 'charge_radius_ee'"),
        ((millicharge(), millicharge("free-electron")), "both have 'millicharge_ee'"),
        ((light_vector("B-L"), light_vector("universal")), "both have 'g_zp'"),
        ((standard_model(), standard_model("tree")), "both have 'sin2_theta_w'"),
        ((standard_model("tree"), charge_radius("2022")), "-0.8275, -0.4805, -0.2969, its couplings hold 0.0000"),
        ((standard_model("2024"), charge_radius("tree")), "expected the same scheme for both"),
    ],
)
def test_combinations_that_are_refused(models, message):
    with pytest.raises(cj.InputError, match=message):
        check_combination(models)


def test_combinations_that_go_together():
    check_combination((standard_model("2024"), nsi(), light_vector("B-L"), charge_radius("2024"), millicharge()))
    check_combination((standard_model("tree"), charge_radius("2022", "beyond-sm")))
    check_combination((standard_model("2022"), charge_radius("2020")))


# --- derivatives


def points(model):
    """Yield parameter values: the defaults, values away from them, and both ends of every interval."""
    params = defaults(standard_model(), model)
    yield "default", params
    away = dict(params)
    generator = np.random.default_rng(7)
    for parameter in model.parameters():
        away[parameter.name] = generator.uniform(0.1, 1.0) * (1.0 if parameter.name != "g_zp" else 1e-2)
    yield "away", away
    for end in (0, 1):
        yield ("low", "high")[end], params | {p.name: p.bounds[end] for p in model.parameters()}
    if "m_zp" in params:
        yield "massless", params | {"m_zp": 1e-3, "g_zp": 1e-3}


LIKE_OTHERS = {f"light-vector:{name}" for name in CHARGES if name not in ("B-L", "B-3Lmu", "Le-Lmu", "Lmu-Ltau")}


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", [name for name in MODELS if name not in LIKE_OTHERS])
def test_gradients(name, target):
    """Forward = reverse = central differences in NumPy of the amplitudes, and finite second derivatives."""
    model = MODELS[name]
    models = [model] if name.startswith("standard") else [standard_model(), model]
    names = sorted(defaults(*models))

    def traced(vector):
        return rate(models, target, dict(zip(names, vector, strict=True))).sum(1)

    def host(vector):
        found = amplitudes(models, target, dict(zip(names, map(float, vector), strict=True)))
        square = sum(np.sum(np.abs(a) ** 2, (1, 2)) for a in found.values())
        if {"vector", "axial"} <= set(found):
            square = square + np.sum((found["vector"] * found["axial"].conj()).real, (1, 2))
        return square

    @jax.jit
    def derivatives(vector):
        reverse = jax.jacrev(traced)
        return traced(vector), jax.jacfwd(traced)(vector), reverse(vector), jax.jacfwd(reverse)(vector)

    for label, params in points(model):
        vector = np.array([float(params[parameter]) for parameter in names])
        value, ahead, back, hessian = map(np.asarray, derivatives(vector))
        assert_close(value, host(vector))
        size = np.abs(ahead).max(1, keepdims=True)
        assert_close(back, ahead, scale=size + 1e-300)
        assert np.isfinite(hessian).all(), label
        for k, parameter in enumerate(names):
            step = 1e-4 * (abs(vector[k]) if parameter == "m_zp" or vector[k] > 1e-3 else 1e-2)
            values = [host(vector + shift * step * np.eye(len(names))[k]) for shift in (-2, -1, 1, 2)]
            difference = np.array([1, -8, 8, -1]) @ values / (12 * step)
            noise = 2e-16 * np.abs(values).max(0) / step * 20
            assert_close(
                difference, ahead[:, k], 1e-9, "differences of fourth order", np.abs(ahead[:, k]) + 1e9 * noise
            )
