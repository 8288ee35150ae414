"""Recoils of electrons in the detectors: nothing is quenched, and what is known of nuclei alone is refused."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import gamma, norm

import cevnsjax as cj
from cevnsjax._base.numerics import gauss_legendre
from cevnsjax.detectors.efficiency import TabulatedEfficiency
from cevnsjax.detectors.ionisation import IonisationDetector
from cevnsjax.detectors.quenching import Unquenched
from cevnsjax.detectors.response import BinnedDetector
from cevnsjax.measurements import load

LIGHT = 1 / 0.0749
"""Photo-electrons per keV of COHERENT's CsI[Na], 13.35 (arXiv:2110.07730)."""


def for_electrons(name):
    """Return the detector of a measurement for recoils of electrons."""
    detector = load(name).counted().detector.electrons()
    assert detector is not None
    return detector


def counted(detector, values, energies):
    """Return the probability (bin, energy) that an electron of an energy [keV] is in an energy bin."""
    params = {p.name: np.float64(p.default) for p in detector.parameters()} | values
    stage = detector.response(1e-3 * np.asarray(energies)[None, :], 24)
    value = stage(params)
    if hasattr(value, "projection"):
        return value.probability @ value.projection[:, 0]
    return value[:, 0]


def test_photo_electrons_of_csi():
    # The gamma distribution of the release with mean E/a and shape 1 + bE, times its efficiency curve, by quadrature.
    detector = for_electrons("coherent-csi-2021")
    names = [p.name for p in detector.parameters()]
    assert not [name for name in names if name.startswith("quenching")]
    values = {"smearing_mean_inverse": 0.08, "smearing_shape": 9.0}
    params = {p.name: p.default for p in detector.parameters()} | values
    a, b, c, d = (params[f"efficiency_{letter}"] for letter in "abcd")
    threshold = c - np.log(-a / d - 1) / b
    energies = np.array([0.4, 1.0, 3.0])
    found = counted(detector, values, energies)
    for k, (low, high) in enumerate([(8, 12), (12, 16), (16, 20), (20, 24), (24, 32), (32, 40), (40, 50), (50, 60)], 1):
        for energy, value in zip(energies, found[k], strict=True):
            shape = gamma(1 + 9.0 * energy, scale=energy / 0.08 / (1 + 9.0 * energy))
            expected, _ = quad(
                lambda x, s=shape: s.pdf(x) * (a / (1 + np.exp(-b * (x - c))) + d),
                max(low, threshold),
                high,
                epsrel=1e-12,
            )
            assert value == pytest.approx(expected, rel=1e-6, abs=1e-12)


def test_light_yield_of_the_csi_of_2017():
    # 13.348 photo-electrons per keV of an electron, where those of a nucleus are 1.17 (arXiv:1804.09459).
    detector = for_electrons("coherent-csi-2017")
    assert isinstance(detector, BinnedDetector)
    assert detector.energy.quenching == Unquenched(13.348)
    below, above = (counted(detector, {}, [edge / 13.348])[1, 0] for edge in (7.99, 8.01))
    assert below == 0.0 < above


def test_germanium_counts_electrons_at_their_energy():
    detector = for_electrons("dresden-ii")
    assert isinstance(detector, IonisationDetector)
    found = counted(detector, {"resolution_norm": np.float64(1.1)}, [0.1, 0.5, 1.0, 1.5, 1.7])
    smearing, edges = detector.smearing, detector.edges
    energies = np.array([0.1, 0.5, 1.0, 1.5, 1.7])
    width = 1.1 * np.sqrt(smearing.noise**2 + smearing.slope * energies)
    assert smearing.positive
    expected = np.diff(norm.cdf(edges[:, None], energies, width), axis=0) / norm.cdf(energies / width)
    assert found == pytest.approx(expected, abs=1e-9)
    # Beyond the reach nothing is counted at any resolution that is allowed, nor in the quadrature.
    last = 1e3 * detector.reach()
    assert np.all(counted(detector, {"resolution_norm": np.float64(3.0)}, [last - 1e-6])[:, 0] < 1e-4)
    assert np.all(counted(detector, {}, [1.0, last + 1e-6])[:, 1] == 0.0)


@pytest.mark.parametrize("name", ["coherent-csi-2021", "coherent-ge-mini-2024", "dresden-ii", "conus-plus-2025"])
def test_flat_spectra_are_integrated_between_the_breaks(name):
    """The nodes between the breaks of the detector do for electrons of all energies: ten times as many change nothing."""
    detector = for_electrons(name)
    breaks = np.unique(np.clip([0.0, *detector.breaks(1)[0], detector.reach()], 0.0, detector.reach()))

    def total(order):
        nodes, weights = gauss_legendre(np.sqrt(breaks), order)
        return counted(detector, {}, 1e3 * nodes**2) @ (weights * nodes)

    assert total(10) == pytest.approx(total(100), rel=1e-7)


@pytest.mark.parametrize("name", ["coherent-lar-2020", "coherent-lar-2020:3d", "xenonnt-8b", "lz-8b", "pandax4t-8b"])
def test_what_is_known_of_nuclei_alone_is_refused(name):
    measurement = load(name)
    assert measurement.counted().detector.electrons() is None
    with pytest.raises(cj.InputError, match="has no response to recoils of electrons"):
        cj.Likelihood([measurement], electrons=True).predict()


def test_an_efficiency_against_the_true_energy():
    # LZ: counts are the efficiency of the energy itself, times the share of the Gaussian in the bin.
    detector = load("lz-er").counted().detector
    assert isinstance(detector, BinnedDetector)
    table = detector.energy.acceptance
    assert isinstance(table, TabulatedEfficiency)
    energies = np.array([1.2, 1.9, 5.3, 19.7, 21.0])
    width = 0.33 * np.sqrt(energies)
    inside = np.diff(norm.cdf(np.arange(1, 21)[:, None], energies, width), axis=0)
    accepted = np.interp(energies, table.x, table.efficiency)
    assert accepted[0] == pytest.approx(0.2312, abs=1e-4)  # 0.136 at 1.00 keV, 0.255 at 1.25 keV
    assert counted(detector, {}, energies) == pytest.approx(accepted * inside, abs=1e-12)
