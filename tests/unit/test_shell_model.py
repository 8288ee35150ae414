"""Charges of the nuclear shell model against the weak form factor of the paper, published radii and other form factors."""

import independent_rates as independent
import numpy as np
import pytest
from tolerance import assert_close

import cevnsjax as cj
from cevnsjax.nuclei.form_factors import helm
from cevnsjax.nuclei.nuclide import nuclide
from cevnsjax.nuclei.shell_model import calculated, shell_model_charges
from cevnsjax.nuclei.target import has_form_factor, natural_target, nuclear_charges, target_of
from cevnsjax.stages.stage import Constant

HBARC = 197.3269804
POINT_RADII = {
    "133Cs": (4.728, 4.999), "127I": (4.666, 4.923), "128Xe": (4.685, 4.928), "129Xe": (4.691, 4.946),
    "130Xe": (4.698, 4.963), "131Xe": (4.704, 4.977), "132Xe": (4.709, 4.993), "134Xe": (4.720, 5.021),
    "136Xe": (4.730, 5.046),
}  # fmt: skip
"""Rms radii [fm] of point protons and neutrons of the responses of arXiv:2007.08529, R² = 3 b² (1/2 - c_1/c_0)."""


def responses(name, kind="nucleons"):
    """Return b [fm] and the coefficients for protons and neutrons."""
    entry = independent.SHELL_MODEL[name]
    total, difference = (np.array(entry[f"{kind}_{part}"]["value"]) for part in ("sum", "difference"))
    return entry["oscillator_length"]["value"], (total + difference) / 2, (total - difference) / 2


def point_radius(name, particle):
    b, *rows = responses(name)
    return b * np.sqrt(3 * (0.5 - rows[particle][1] / rows[particle][0]))


@pytest.mark.parametrize("name", calculated())
def test_charges_at_rest_are_the_nucleons(name):
    nucleus = nuclide(name)
    assert_close(shell_model_charges(nucleus, np.zeros(1))[:, 0], [nucleus.protons, nucleus.neutrons])


@pytest.mark.parametrize("name", calculated())
@pytest.mark.parametrize("couplings", [(0.0382, -0.5117), (1.0, 0.0), (0.0, 1.0), (-0.3, 0.7)])
def test_weak_form_factor(name, couplings):
    """Any combination of the two charges is Eq. 62 with those weak charges of the nucleons."""
    q = np.linspace(0.0, 150.0, 13)
    protons, neutrons = shell_model_charges(nuclide(name), q)
    expected = independent.shell_model_amplitude(name, q, *couplings)
    assert_close(couplings[0] * protons + couplings[1] * neutrons, expected, scale=np.abs(expected).max())


@pytest.mark.parametrize("name", POINT_RADII)
def test_point_radii(name):
    found = [point_radius(name, particle) for particle in (0, 1)]
    assert np.all(np.abs(np.subtract(found, POINT_RADII[name])) < 5e-4)


def test_default_neutron_radii_are_its_skins():
    """R_n = 5.09 and 5.03 fm (arXiv:2303.09360) are R_p plus the skins, rounded to 0.01 fm."""
    for name, r_p, r_n in (("133Cs", 4.821, 5.09), ("127I", 4.766, 5.03)):
        skin = round(point_radius(name, 1) - point_radius(name, 0), 2)
        assert round(r_p + skin, 2) == r_n == nuclide(name).neutron_radius


@pytest.mark.parametrize("name", [name for name in calculated() if name not in ("124Xe", "126Xe")])
def test_the_proton_charge_has_the_charge_radius(name):
    """Z F_Z is the charge form factor; the shell model has the measured radii within 0.7 % (charge_radius in the table)."""
    nucleus = nuclide(name)
    k = 1e-3
    protons, _ = shell_model_charges(nucleus, np.array([k * HBARC]))
    radius = np.sqrt(6 * (1 - protons[0] / nucleus.protons)) / k
    assert abs(radius / nucleus.charge_radius - 1) < 7e-3
    # R² = point² + <r_p²> + (N/Z) <r_n²> + 3/(4 m²), and what is left is of the spin-orbit currents.
    rest = radius**2 - point_radius(name, 0) ** 2 - 0.7071 + 0.1161 * nucleus.neutrons / nucleus.protons - 0.0331
    assert -0.05 < rest < 0.0


@pytest.mark.parametrize(
    ("q", "nucleons", "expected_helm"), [(30, 0.90492, 0.90393), (50, 0.75396, 0.75052), (80, 0.46814, 0.45676)]
)
def test_neutrons_of_caesium_beside_helm(q, nucleons, expected_helm):
    """F_N of 133Cs: the response times the size of the proton, 1 - 0.7071 q²/6, and Helm's with R = 5.09 fm."""
    b, _, neutrons = responses("133Cs")
    k2 = (q / HBARC) ** 2
    u = k2 * b**2 / 2
    leading = np.exp(-u / 2) * np.polynomial.polynomial.polyval(u, neutrons) / 78 * (1 - 0.7071 * k2 / 6)
    assert abs(leading - nucleons) < 5e-6
    assert abs(helm(np.array([float(q)]), 5.09)[0] - expected_helm) < 5e-6
    _, found = shell_model_charges(nuclide("133Cs"), np.array([float(q)]))
    # The charge radius of the neutron, the Darwin-Foldy term, spin-orbit currents and strange quarks.
    assert abs(found[0] / 78 - leading) < 6e-3 * k2
    # The nucleons have a size: the sign of t.
    assert found[0] / 78 < leading / (1 - 0.7071 * k2 / 6)


def test_isotopes_that_were_not_calculated():
    """124Xe and 126Xe have the protons of 128Xe, and its neutrons in proportion."""
    _, protons, neutrons = responses("128Xe")
    for name, number in (("124Xe", 70), ("126Xe", 72)):
        _, own_protons, own_neutrons = responses(name)
        assert_close(own_protons, protons, 1e-5, "six digits in the table")
        assert_close(own_neutrons, neutrons * number / 74, 1e-5, "six digits in the table")
        b2 = 41.467 / (45 * (54 + number) ** (-1 / 3) - 25 * (54 + number) ** (-2 / 3))
        assert abs(independent.SHELL_MODEL[name]["oscillator_length"]["value"] - np.sqrt(b2)) < 5e-5


@pytest.mark.parametrize("formula", ["CsI", "Xe"])
def test_targets_have_no_radii(formula):
    target = target_of(formula, 1.0, "shell-model")
    assert target.parameters() == ()
    charges = nuclear_charges(target, np.full((len(target.nuclides), 3), 40.0))
    assert all(isinstance(charge, Constant) for charge in charges.values())
    for i, nucleus in enumerate(target.nuclides):
        assert_close(
            [charges[name]({})[i] for name in ("proton", "neutron")], shell_model_charges(nucleus, np.full(3, 40.0))
        )


@pytest.mark.parametrize(
    ("formula", "missing"), [("Ar", "Ar"), ("Ge", "Ge"), ("NaI", "Na"), ("CaWO4", "Ca, O, W"), ("C3F8", "C, F")]
)
def test_elements_that_were_not_calculated(formula, missing):
    with pytest.raises(cj.InputError, match=f"no form factor 'shell-model' of {missing}: .* of Cs, I, Xe$"):
        target_of(formula, 1.0, "shell-model")
    assert not has_form_factor("shell-model", nuclide("40Ar"))
    assert has_form_factor("helm", nuclide("40Ar"))


def test_unknown_form_factor():
    with pytest.raises(cj.InputError, match=r"unknown form factor 'shellmodel'.*known: .*unity, shell-model"):
        natural_target("xe", 1.0, "shellmodel")


def test_pull_of_a_measurement_without_radii():
    """The 3.4 % of the form factor leave the 12 % where R_n is fitted, not where another measurement alone has R_n."""
    for form_factor, width in (("helm", 0.11508), ("shell-model", 0.12)):
        csi = cj.measurements.coherent_csi_2021(form_factor=form_factor)
        joint = cj.Likelihood([csi, cj.measurements.load("apv-cs")])
        constraint = joint.constraints({"r_n_cs"})["cevns_norm"]
        assert constraint is not None
        assert constraint.width == pytest.approx(width, abs=1e-5)
    with pytest.raises(cj.InputError, match="unknown parameter 'r_n_i'"):
        joint.fit(free=["r_n_i"])
