"""The table of nuclides against other tables, and targets of natural elements and compounds."""

import jax
import numpy as np
import pytest
from tolerance import assert_close

import cevnsjax as cj
from cevnsjax._base.data_files import DataFile
from cevnsjax.nuclei.form_factors import helm
from cevnsjax.nuclei.nuclide import isotopes, nuclide, nuclides, reference_isotope
from cevnsjax.nuclei.target import compound_target, natural_target, nuclear_charges, parse_formula, target_of
from cevnsjax.stages.stage import Constant

MASS_EXCESS = {
    "13C": 3125.00933, "16O": -4737.00217, "17O": -808.76421, "18O": -782.81634, "19F": -1487.44512,
    "133Cs": -88070.943,
}  # fmt: skip
"""Another column of the mass evaluation (Wang et al., Chin. Phys. C 45, 030003 (2021)) [keV]."""

STANDARD_ATOMIC_WEIGHTS = {
    "c": (12.011, 1e-3), "o": (15.999, 1e-3), "f": (18.998403163, 6e-9), "na": (22.98976928, 2e-8),
    "al": (26.9815385, 7e-7), "si": (28.085, 1e-3), "ar": (39.948, 1e-3), "ca": (40.078, 4e-3), "ge": (72.630, 8e-3),
    "i": (126.90447, 3e-5), "xe": (131.293, 6e-3), "cs": (132.90545196, 6e-8), "w": (183.84, 0.01), "pb": (207.2, 0.1),
}  # fmt: skip
"""With their errors, IUPAC, Pure Appl. Chem. 88, 265 (2016); of an interval the conventional value."""


NUCLEI = {
    "12C": (2.4936, 2.454, 11174.864), "16O": (2.7205, 2.681, 14895.083), "19F": (2.9198, 2.933, 17692.304),
    "23Na": (3.0147, 3.019, 21409.218), "27Al": (3.0814, 3.079, 25126.508), "28Si": (3.1409, 3.101, 26053.196),
    "29Si": (3.1375, 3.132, 26984.288), "30Si": (3.1547, 3.182, 27913.244), "36Ar": (3.4076, 3.368, 33494.373),
    "38Ar": (3.4217, 3.435, 35352.878), "40Ar": (3.4480, None, 37215.541), "40Ca": (3.4943, 3.454, 37214.716),
    "42Ca": (3.5263, 3.534, 39074.004), "44Ca": (3.5376, 3.589, 40934.070), "48Ca": (3.5004, 3.629, 44657.291),
    "70Ge": (4.0584, 4.105, 65117.730), "72Ge": (4.0754, 4.148, 66978.695), "73Ge": (4.0815, 4.166, 67911.477),
    "74Ge": (4.0929, 4.189, 68840.846), "76Ge": (4.1006, 4.220, 70704.044), "127I": (None, None, 118183.878),
    "124Xe": (4.7819, 4.872, 115390.210), "126Xe": (4.7884, 4.893, 117251.719), "128Xe": (4.7940, None, 119113.993),
    "129Xe": (4.7943, None, 120046.652), "130Xe": (4.7989, None, 120976.961), "131Xe": (4.7981, None, 121909.922),
    "132Xe": (4.8034, None, 122840.551), "134Xe": (4.8078, None, 124704.692), "136Xe": (4.8147, None, 126569.377),
    "133Cs": (None, None, 123772.751), "180W": (5.3646, 5.504, 167581.927), "182W": (5.3717, 5.520, 169446.306),
    "183W": (5.3770, 5.530, 170379.680), "184W": (5.3819, 5.539, 171311.835), "186W": (5.3906, 5.557, 173178.020),
    "208Pb": (5.5174, 5.691, 193687.691),
}  # fmt: skip
"""R_p = sqrt(R_ch² + 0.1161 N/Z) of Angeli and Marinova (2013), R_p - 0.04 + 1.01 (N - Z)/A [fm] and the mass of the
nucleus, that of the atom in AME2020 less its electrons, [MeV], computed apart; None where the defaults are others."""


@pytest.mark.parametrize("name", NUCLEI)
def test_radii_and_masses(name):
    nucleus, (proton, neutron, mass) = nuclide(name), NUCLEI[name]
    assert proton is None or abs(nucleus.proton_radius - proton) < 5.1e-5
    assert neutron is None or abs(nucleus.neutron_radius - neutron) < 6e-4
    assert abs(nucleus.mass - mass) < 6e-4


@pytest.mark.parametrize("name", MASS_EXCESS)
def test_atomic_masses_are_the_mass_excesses(name):
    nucleus = nuclide(name)
    expected = nucleus.protons + nucleus.neutrons + 1e-3 * MASS_EXCESS[name] / 931.49410242
    assert abs(nucleus.atomic_mass - expected) < 1e-8


@pytest.mark.parametrize("element", STANDARD_ATOMIC_WEIGHTS)
def test_abundances_give_the_standard_atomic_weights(element):
    found = isotopes(element)
    assert sum(isotope.abundance for isotope in found) == pytest.approx(1.0, abs=1e-12)
    weight = sum(isotope.abundance * isotope.atomic_mass for isotope in found)
    expected, error = STANDARD_ATOMIC_WEIGHTS[element]
    assert abs(weight - expected) < error


@pytest.mark.parametrize("name", sorted(nuclides()))
def test_radii_follow_from_the_charge_radius(name):
    nucleus = nuclide(name)
    data = DataFile("nuclei/nuclides.toml")
    charge_radius = data.number(f"{name}.charge_radius", "fm")
    ratio, skin = nucleus.neutrons / nucleus.protons, nucleus.neutron_radius - nucleus.proton_radius
    digits = 5e-4 if name in ("133Cs", "127I", "40Ar") else 5.1e-5
    assert abs(nucleus.proton_radius - np.sqrt(charge_radius**2 + 0.1161 * ratio)) < digits
    if data.get(f"{name}.neutron_radius.source", str) == "droplet":
        asymmetry = (nucleus.neutrons - nucleus.protons) / (nucleus.neutrons + nucleus.protons)
        assert abs(skin - (-0.04 + 1.01 * asymmetry)) < 1e-4
    else:
        assert 0.09 < skin < 0.32


def test_skins_of_xenon_from_the_shell_model_responses():
    """F(u) = e^{-u/2} (c_0 + c_1 u + …) has R² = 3 b² (1/2 - c_1/c_0); b, c_0, c_1 of arXiv:2007.08529 for Xe."""
    responses = {
        "128Xe": (2.2847, -126.455, 29.0588), "129Xe": (2.2873, -128.09, 30.6854), "130Xe": (2.2899, -129.753, 32.2019),
        "131Xe": (2.2925, -131.26, 33.7021), "132Xe": (2.2950, -132.835, 35.253), "134Xe": (2.3001, -135.861, 38.2701),
        "136Xe": (2.3051, -138.787, 41.2081),
    }  # fmt: skip
    for name, (b, plus, minus) in responses.items():
        nucleus = nuclide(name)
        protons = np.sqrt(3 * b**2 * (0.5 - (plus + minus) / 2 / nucleus.protons))
        neutrons = np.sqrt(3 * b**2 * (0.5 - (plus - minus) / 2 / nucleus.neutrons))
        assert abs(nucleus.neutron_radius - nucleus.proton_radius - (neutrons - protons)) < 6e-4


def test_defaults_of_the_elements():
    """The documented defaults: the most abundant isotope."""
    radii = {p.name: p.default for p in target_of("CsIArXeGe", 1.0, "helm").parameters()}
    assert (radii["r_n_cs"], radii["r_n_i"], radii["r_n_ar"]) == (5.09, 5.03, 3.55)
    assert (radii["r_p_cs"], radii["r_p_i"], radii["r_p_ar"]) == (4.821, 4.766, 3.448)
    assert reference_isotope("xe").name == "132Xe"
    assert reference_isotope("ge").name == "74Ge"
    assert radii["r_n_xe"] == nuclide("132Xe").neutron_radius
    assert radii["r_n_ge"] == nuclide("74Ge").neutron_radius


def test_every_target_of_an_element_has_the_same_parameters():
    def parameters(target):
        return {p.name: p for p in target.parameters()}

    natural = parameters(natural_target("ar", 24.4, "helm"))
    assert parameters(compound_target(("40Ar",), 24.4, 39.962, "helm")) == natural
    assert parameters(compound_target(("36Ar",), 24.4, 35.968, "helm")) == natural


@pytest.mark.parametrize(
    ("formula", "atoms", "weight"),
    [
        ("CsI", {"cs": 1, "i": 1}, 259.80992455),
        ("NaI", {"na": 1, "i": 1}, 149.89424187),
        ("CaWO4", {"ca": 1, "w": 1, "o": 4}, 287.91),
        ("C3F8", {"c": 3, "f": 8}, 188.02),
        ("Al2O3", {"al": 2, "o": 3}, 101.96),
        ("PbWO4", {"pb": 1, "w": 1, "o": 4}, 455.04),
        ("Ge", {"ge": 1}, 72.63),
    ],
)
def test_number_of_nuclei_of_a_compound(formula, atoms, weight):
    """N_A n m / M with the molar masses of the compounds; the mass of all atoms is that of the target."""
    assert parse_formula(formula) == atoms
    target = target_of(formula, 2.5, "helm")
    units = 6.02214076e23 * 2500 / weight
    for element, number in atoms.items():
        nuclei = sum(
            n for nucleus, n in zip(target.nuclides, target.numbers, strict=True) if nucleus.element == element
        )
        assert nuclei == pytest.approx(number * units, rel=5e-5)
    grams = np.dot(target.numbers, [nucleus.atomic_mass for nucleus in target.nuclides]) / 6.02214076e23
    assert_close(grams, 2500.0)


def test_natural_xenon():
    target = natural_target("xe", 1.0, "helm")
    assert [nucleus.name for nucleus in target.nuclides] == [
        f"{a}Xe" for a in (124, 126, 128, 129, 130, 131, 132, 134, 136)
    ]
    assert_close(target.numbers / target.numbers.sum(), [nucleus.abundance for nucleus in target.nuclides])
    assert natural_target("Xe", 1.0, "helm").numbers.tolist() == target.numbers.tolist()


@pytest.mark.parametrize("formula", ["", "csi", "Cs I", "CsI0", "Ca(OH)2", "2Xe", "Xe1.5", "Xe-", "CSI2x"])
def test_formulas_that_cannot_be_read(formula):
    with pytest.raises(cj.InputError, match="cannot read the formula"):
        target_of(formula, 1.0, "helm")


def test_unknown_element():
    with pytest.raises(cj.InputError, match=r"unknown element 'Kr'; known: Al, Ar, C, Ca, Cs, F, Ge, I, "):
        natural_target("kr", 1.0, "helm")


def test_isotopes_move_together():
    """Each isotope at its own radius by default, and all of them further by what the parameter moves."""
    target = natural_target("ge", 1.0, "helm")
    q = np.linspace(5.0, 60.0, 7) * np.ones((5, 1))
    charges = nuclear_charges(target, q)
    defaults = {p.name: np.float64(p.default) for p in target.parameters()}
    for shift in (0.0, 0.3):
        params = defaults | {"r_n_ge": defaults["r_n_ge"] + shift}
        proton, neutron = charges["proton"](params), charges["neutron"](params)
        for i, nucleus in enumerate(target.nuclides):
            assert_close(neutron[i], nucleus.neutrons * helm(q[i], nucleus.neutron_radius + shift))
            assert_close(proton[i], nucleus.protons * helm(q[i], nucleus.proton_radius))
    slope = jax.jacfwd(lambda x: charges["neutron"]({**params, "r_n_ge": x}))(params["r_n_ge"])
    step = 1e-5
    high, low = (charges["neutron"]({**params, "r_n_ge": params["r_n_ge"] + s}) for s in (step, -step))
    assert_close(slope, (high - low) / (2 * step), 1e-7, "central differences", scale=np.abs(slope).max())


@pytest.mark.parametrize("form_factor", ["klein-nystrand", "shell-model"])
def test_charges_at_some_of_the_nodes(form_factor):
    target = natural_target("xe", 1.0, form_factor)
    q = np.linspace(5.0, 60.0, 7) * np.linspace(1.0, 1.1, 9)[:, None]
    params = {p.name: np.float64(p.default) for p in target.parameters()}
    nodes = np.array([[k % 7, 6 - k % 5] for k in range(9)])
    for charge in nuclear_charges(target, q).values():
        every, some = charge(params), charge.at(nodes)
        assert isinstance(some, Constant) == isinstance(charge, Constant)
        assert np.array_equal(some(params), [row[chosen] for row, chosen in zip(every, nodes, strict=True)])
