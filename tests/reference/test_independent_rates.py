"""The independent calculation itself, at single recoil energies, against mpmath's quadrature of the plain formulas."""

from itertools import pairwise

import independent_rates as reference
import mpmath as mp
import numpy as np
import pytest
from tolerance import assert_close

import cevnsjax as cj

PARAMS = {
    name: parameter.default
    for name, parameter in cj.Likelihood([cj.measurements.coherent_csi_2021()]).parameters.items()
}
WHY = "15 digits of double precision, less what cancels in the sums"


@pytest.mark.parametrize("recoil", [0.002, 0.012, 0.04])
@pytest.mark.parametrize("recoil_term", [False, True])
def test_flux_moments(recoil, recoil_term):
    mass = reference.NUCLEI[0].mass
    m, prefactor = mp.mpf(reference.M_MU), mp.mpf(1.1663787e-11) ** 2 * mp.mpf(197.3269804e-13) ** 2 * mass / mp.pi

    def section(energy):
        return 1 - mass * recoil / (2 * energy**2) - recoil_term * recoil / energy

    energy_min = (recoil + mp.sqrt(mp.mpf(recoil) ** 2 + 2 * mass * recoil)) / 2
    expected = [
        section(reference.E_LINE) if energy_min < reference.E_LINE else 0.0,
        mp.quad(lambda e: 192 * e**2 / m**3 * (mp.mpf(1) / 2 - e / m) * section(e), [energy_min, m / 2]),
        mp.quad(lambda e: 64 * e**2 / m**3 * (mp.mpf(3) / 4 - e / m) * section(e), [energy_min, m / 2]),
    ]
    assert_close(reference.flux_moments(recoil, mass, recoil_term), np.array(expected) * float(prefactor), 1e-11, WHY)


@pytest.mark.parametrize("recoil", [0.002, 0.012, 0.04])
def test_probability_in_each_bin(recoil):
    a, b, c, d = reference.TOML["detector"]["efficiency"]["coefficients"]["value"]
    energy = 1e3 * sum(
        q * mp.mpf(recoil) ** (k + 1)
        for k, q in enumerate(reference.TOML["detector"]["quenching"]["coefficients"]["value"])
    )
    power = mp.mpf("9.56") * energy
    rate = mp.mpf("0.0749") / energy * (1 + power)

    def density(x):
        efficiency = a / (1 + mp.exp(-b * (x - c))) + d
        return efficiency * rate ** (1 + power) / mp.gamma(1 + power) * x**power * mp.exp(-rate * x)

    threshold = c - mp.log(-mp.mpf(a) / d - 1) / b
    edges = [threshold, *reference.TOML["binning"]["energy"]["value"][1:]]
    # mpmath's quadrature stops at an absolute error: normalise.
    expected = [
        density(high) * mp.quad(lambda x, h=high: density(x) / density(h), [low, high]) for low, high in pairwise(edges)
    ]
    assert_close(reference.Bins(PARAMS).probability(recoil), np.array(expected, float), 1e-11, WHY)
