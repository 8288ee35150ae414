"""Flux-averaged cross sections, predicted and measured, against closed forms and independent quadrature."""

from math import pi, sqrt

import independent_lar as lar
import independent_rates as independent
import numpy as np
import pytest
from independent_rates import E_END, E_LINE, FLAVOURS, G_F, HBARC, LEPTON_MASS, M_MU, NUCLIDES, Nucleus
from scipy.integrate import quad
from tolerance import assert_close

import cevnsjax as cj
from cevnsjax.joint.cross_sections import predicted_cross_sections

WHY = "the engine's fixed nodes of recoil energy"
ENDS = "an interval ends where Δχ² is 1 to 1e-6"


@pytest.fixture(scope="module")
def table():
    return predicted_cross_sections()


@pytest.fixture(scope="module")
def argon():
    """Argon, energy alone: Gaussian and linear in all strengths."""
    return cj.flux_averaged_cross_sections(["coherent-lar-2020"])


def of(table, name):
    (k,) = (k for k, nucleus in enumerate(table.nuclides) if nucleus.name == name)
    return table.sm[k], table.coherent[k]


@pytest.mark.parametrize("name", ["12C", "40Ar", "70Ge", "74Ge", "127I", "133Cs", "136Xe", "208Pb"])
def test_every_flavour_and_recoil(table, name):
    """The mean over flavours by adaptive quadrature, each isotope with radii of its own."""
    nucleus = Nucleus(name)
    radii = {
        f"r_{p}_{nucleus.element}": NUCLIDES[name][f"{p_}_radius"]["value"]
        for p, p_ in (("p", "proton"), ("n", "neutron"))
    }
    params = radii | {"sin2_theta_w": 0.23863}
    found = independent.adaptive(
        lambda t: independent.squared_amplitudes(nucleus, t, params, ("helm",)) * independent.flux_moments(t, nucleus.mass),
        nucleus,
        1e-11,
    )  # fmt: skip
    assert_close(of(table, name)[0], found.mean(), 1e-9, WHY)


@pytest.mark.parametrize("name", ["16O", "40Ar", "133Cs"])
def test_full_coherence(table, name):
    """σ(E) = (G_F² M/π) Q² [T_max - M T_max²/4E²] in closed form, averaged over the spectra by scipy."""
    nucleus = Nucleus(name)

    def section(energy):
        top = 2 * energy**2 / (nucleus.mass + 2 * energy)
        return G_F**2 * (HBARC * 1e-13) ** 2 * nucleus.mass / pi * (top - nucleus.mass * top**2 / (4 * energy**2))

    spectra = {
        "nu_mu": lambda: section(E_LINE),
        "nu_e": lambda: quad(lambda e: 192 * e**2 / M_MU**3 * (0.5 - e / M_MU) * section(e), 0, E_END, epsrel=1e-12)[0],
        "nu_mu_bar": lambda: quad(lambda e: 64 * e**2 / M_MU**3 * (0.75 - e / M_MU) * section(e), 0, E_END, epsrel=1e-12)[0],
    }  # fmt: skip
    total = 0.0
    for flavour in FLAVOURS:
        proton, neutron = independent.couplings_2022(LEPTON_MASS[flavour])
        total += spectra[flavour]() * (proton * nucleus.protons + neutron * nucleus.neutrons) ** 2 / 3
    assert_close(of(table, name)[1], total, 1e-9, WHY)


def test_the_order_of_the_table(table):
    """Nuclides in order of their neutrons; less than full coherence, ever less for heavier nuclei."""
    neutrons = [nucleus.neutrons for nucleus in table.nuclides]
    assert neutrons == sorted(neutrons)
    suppression = table.sm / table.coherent
    assert np.all(np.diff(suppression[[0, 6, 14, 30, -1]]) < 0)
    assert suppression[0] < 1


def test_argon_in_closed_form(argon):
    """Δχ²(η) = (η - s)² / (σ² + η² w²) for a signal ηλ measured as s ± σ, with λ = 1 ± w: 1 at the ends."""
    (found,) = argon.measured
    excess = lar.table("energy_excess")
    neutrons = [lar.grid(name).sum(axis=(1, 2)) for name in ("brn", "delayed_brn")]
    errors = np.hypot(excess["error"], 0.017 * sum(neutrons))
    rate = lar.Rate(
        {"sin2_theta_w": 0.23863, "r_n_ar": 3.55, "r_p_ar": 3.448, "quenching_a": 0.246, "quenching_b": 0.00078}
    )
    signal = lar.exposure("analysis") * lar.unsmeared(rate, 1e-10).sum(axis=0)
    design = np.array([signal, *neutrons]).T / errors[:, None]
    pulls = np.diag([0.0, 1 / 0.32, 1.0])  # 32 % and 100 % on the neutrons, none on the signal
    curvature = design.T @ design + pulls**2
    strength = np.linalg.solve(curvature, design.T @ (excess["excess"] / errors) + pulls**2 @ [0, 1, 1])[0]
    sigma = sqrt(np.linalg.inv(curvature)[0, 0])
    assert_close(found.value, strength * found.sm, 1e-6, "where the minimiser ends")
    assert_close(found.statistical, (sigma * found.sm,) * 2, 1e-5, ENDS)
    width = sqrt(0.134**2 - (0.134**2 - 0.132**2))  # 13.2 % without the neutron radius (arXiv:2005.01645)
    root = sqrt(strength**2 - (1 - width**2) * (strength**2 - sigma**2))
    low, high = ((strength + sign * root) / (1 - width**2) for sign in (-1, 1))
    assert_close(found.total, ((strength - low) * found.sm, (high - strength) * found.sm), 1e-5, ENDS)
    assert_close(found.sm_error, found.sm * sqrt(0.134**2 - 0.132**2))
    assert found.neutrons == 22.0


def test_a_table_is_of_the_same_numbers(argon):
    (found,) = argon.measured
    content = argon.as_dict()
    assert content["measured"]["coherent-lar-2020"]["sm"] == pytest.approx(content["predicted"]["40Ar"]["sm"], rel=1e-9)
    assert content["measured"]["coherent-lar-2020"]["value"] == 1e40 * found.value
    assert content["predicted"]["40Ar"]["coherent"] > content["predicted"]["40Ar"]["sm"]
    assert argon.converged


REFUSED = [
    (["apv-cs"], "apv-cs: expected a measurement with neutrinos of pions and muons"),
    (["dresden-ii"], "expected a measurement with neutrinos of pions and muons"),
    (["coherent-lar-2020", "coherent-lar-2020"], "expected different measurements"),
    (["coherent-lar"], "unknown experiment 'coherent-lar'"),
    ([], "expected at least one measurement, found none"),
]


@pytest.mark.parametrize(("names", "message"), REFUSED, ids=[message for _, message in REFUSED])
def test_what_has_no_cross_section(names, message):
    with pytest.raises(cj.InputError, match=message):
        cj.flux_averaged_cross_sections(names)
