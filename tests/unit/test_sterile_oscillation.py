"""The sterile neutrino: probabilities against a unitary matrix, averages, resolved moments, refusals."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import roots_legendre
from scipy.stats import norm

import cevnsjax as cj
from cevnsjax._base.errors import InputError
from cevnsjax.folding.fold import recoil_spectrum
from cevnsjax.folding.nodes import recoil_nodes
from cevnsjax.folding.oscillation import energy_grid, resolved_moments
from cevnsjax.folding.scatterers import nuclei
from cevnsjax.interactions.combination import combine
from cevnsjax.interactions.dipole_portal import dipole_portal
from cevnsjax.interactions.kinematics import minimum_energy
from cevnsjax.interactions.sterile_oscillation import arrival, sterile_oscillation
from cevnsjax.interactions.structures import kernel
from cevnsjax.measurements import load
from cevnsjax.sources.baseline import FAR, PHASE, SUN, Baseline
from cevnsjax.sources.pion_decay import pion_decay_at_rest

MIXINGS = [(0.0, 0.0, 0.0), (0.1, 0.0, 0.0), (0.0, 0.2, 0.0), (0.0, 0.0, 0.3), (0.1, 0.2, 0.3), (0.5, 0.3, 0.2)]


def mixing(*u2):
    return dict(zip(("u2_e4", "u2_mu4", "u2_tau4"), u2, strict=True))


def rotation(i, j, sine2, phase=0.0):
    matrix = np.eye(4, dtype=complex)
    matrix[i, i] = matrix[j, j] = np.sqrt(1.0 - sine2)
    matrix[i, j] = np.sqrt(sine2) * np.exp(-1j * phase)
    matrix[j, i] = -np.conj(matrix[i, j])
    return matrix


def fourth(u2, phases=(0.0, 0.0, 0.0)):
    """Return R34 R24 R14 with these |U_a4|² of e, mu, tau."""
    e, mu, tau = u2
    rest = (1.0 - e, 1.0 - e - mu)
    sines = (e, mu / rest[0] if rest[0] > 0 else 0.0, tau / rest[1] if rest[1] > 1e-12 else 0.0)
    r14, r24, r34 = (rotation(i, 3, min(s, 1.0), p) for i, s, p in zip(range(3), sines, phases, strict=True))
    return r34 @ r24 @ r14


@pytest.mark.parametrize("u2", MIXINGS)
def test_vacuum_against_a_unitary_matrix(u2):
    """Three massless states and one heavy one: |Σ_k U*_ak U_bk exp(-i Δm²_k1 L/2E)|²."""
    u, phase = fourth(u2) @ rotation(0, 1, 0.3) @ rotation(1, 2, 0.5), 0.83
    np.testing.assert_allclose(np.abs(u[:3, 3]) ** 2, u2, atol=1e-15)
    amplitudes = np.conj(u) @ np.diag([1.0, 1.0, 1.0, np.exp(-2j * phase)]) @ u.T
    standing, moving = arrival(mixing(*u2), Baseline(20.0, 0.1))
    found = standing + moving * np.sin(phase) ** 2
    np.testing.assert_allclose(found, np.abs(amplitudes[:3, :3]) ** 2, atol=1e-14)
    lost = 4.0 * np.array(u2) * (1.0 - sum(u2)) * np.sin(phase) ** 2
    np.testing.assert_allclose(found.sum(axis=1) + lost, 1.0, rtol=1e-14)


@pytest.mark.parametrize("u2", MIXINGS)
def test_the_sun_against_a_unitary_matrix(u2):
    """Incoherent mass eigenstates: Σ_k p_k |U_ak|², averaged over the Dirac phases of the fourth neutrino."""
    three = rotation(1, 2, 0.45) @ rotation(0, 2, 0.022) @ rotation(0, 1, 0.307)
    in_matter = np.array([0.1, 0.88, 0.02])  # shares of the eigenstates that a ν_e becomes
    shares = np.abs(three[:3, :3]) ** 2 @ in_matter
    made = np.array([*((1.0 - u2[0]) * in_matter), u2[0]])
    angles = 2.0 * np.pi * np.arange(4) / 4.0
    average = np.zeros(4)
    for first in angles:
        for second in angles:
            for third in angles:
                u = fourth(u2, (first, second, third)) @ three
                average += np.abs(u) ** 2 @ made / len(angles) ** 3
    standing, moving = arrival(mixing(*u2), SUN)
    np.testing.assert_allclose(shares @ standing, average[:3], atol=1e-14)
    assert np.all(moving == 0.0)


def test_average_over_distances():
    baseline = Baseline(19.3, 0.4)
    for delta_m2, energy in ((0.3, 30.0), (20.0, 25.0), (60.0, 12.0)):
        k = PHASE * delta_m2 / energy
        expected = quad(
            lambda x, k=k: norm.pdf(x) * np.sin(k * (19.3 + 0.4 * x)) ** 2, -9.0, 9.0, limit=500, epsabs=1e-12
        )[0]
        np.testing.assert_allclose(baseline.oscillation(delta_m2, np.array(energy)), expected, atol=1e-10)
    np.testing.assert_allclose(PHASE, 1.26693, atol=5e-6)  # 1 eV² · 1 m / (4 MeV ħc)
    assert FAR.oscillation(3.0, np.array([1.0])) == 0.5
    # a uniform spread of the same standard deviation: the difference is of fourth order
    k = 0.05 / 0.4
    uniform = 0.5 * (1.0 - np.cos(2.0 * k * 19.3) * np.sinc(2.0 * k * 0.4 * np.sqrt(3.0) / np.pi))
    found = baseline.oscillation(k / PHASE, np.array(1.0))
    np.testing.assert_allclose(found, uniform, atol=(k * 0.4) ** 4)


@pytest.mark.parametrize("delta_m2", [0.0, 0.4, 7.0, 60.0, 1000.0])
def test_resolved_moments(delta_m2):
    """The moments of the Lagrange polynomials give ∫ φ κ <sin²> dE at any Δm²; their sum is the flux moment."""
    source, mass, pair = pion_decay_at_rest(0.09, 1e23, 5.0, 0.05), 37215.5, ("vector", "vector")
    recoil = np.array([0.01, 0.04, 0.1])
    baseline = source.baseline
    assert baseline is not None
    grid = energy_grid(source.components, baseline, 5.0)
    resolved = resolved_moments(source.components, pair, "leading", mass, recoil, grid)
    sines = baseline.oscillation(delta_m2, grid.energies)
    for row, component in enumerate(source.components):
        for n, t in enumerate(recoil):
            least = float(minimum_energy(t, mass))

            def rate(energy, t=t, least=least):
                return kernel(pair, energy, t, mass, "leading", False) * (energy > least)

            if lines := component.spectrum.lines():
                expected = sum(s * rate(e) * baseline.oscillation(delta_m2, np.array(e)) for e, s in lines)
                total = sum(s * rate(e) for e, s in lines)
            else:
                x, w = roots_legendre(3000)
                end = component.spectrum.pieces()[-1]
                energy, weight = 0.5 * (least + end) + 0.5 * (end - least) * x, 0.5 * (end - least) * w
                parts = weight * component.spectrum.continuum(energy) * rate(energy)
                expected = parts @ baseline.oscillation(delta_m2, energy)
                total = parts.sum()
            np.testing.assert_allclose(resolved[row, :, n].sum(), total, rtol=1e-10, atol=1e-60)
            np.testing.assert_allclose(sines @ resolved[row, :, n], expected, rtol=0.0, atol=1e-8 * total + 1e-60)


@pytest.fixture(scope="module")
def spectrum():
    measurement = load("coherent-csi-2017")
    interaction = combine(sterile_oscillation())
    scattering = measurement.counted()
    source, target = scattering.source, scattering.target
    targets = nuclei(target, interaction)
    nodes = recoil_nodes(source, targets, scattering.detector, 12)
    params = {p.name: p.default for p in (*interaction.parameters(), *measurement.parameters())}
    return measurement, recoil_spectrum(source, target, interaction, targets, nodes, 12), params


def test_no_mixing_is_the_standard_model(spectrum):
    measurement, stage, params = spectrum
    model = combine()
    source, target = measurement.scattering.source, measurement.scattering.target
    targets = nuclei(target, model)
    nodes = recoil_nodes(source, targets, measurement.scattering.detector, 12)
    standard = recoil_spectrum(source, target, model, targets, nodes, 12)
    np.testing.assert_allclose(stage(params), standard(params), rtol=1e-14)
    found = stage({**params, **mixing(0.0, 0.0, 1.0)})  # nothing at the source mixes
    np.testing.assert_allclose(found, standard(params), rtol=1e-14)


@pytest.mark.parametrize("at", [(0.0, 0.0, 0.0, 0.0), (0.1, 0.05, 0.2, 1.3), (0.02, 0.3, 0.0, 40.0)])
def test_derivatives(spectrum, at):
    _, stage, params = spectrum
    names = ("u2_e4", "u2_mu4", "u2_tau4", "delta_m2_41")

    def counts(values):
        moved = {**params, **dict(zip(names, values, strict=True))}
        return stage(moved).sum(axis=(1, 2))

    values = jnp.array(at)
    forward = jax.jit(jax.jacfwd(counts))(values)
    np.testing.assert_allclose(
        jax.jit(jax.jacrev(counts))(values), forward, rtol=1e-9, atol=1e-12 * np.abs(forward).max()
    )
    step = np.array([1e-5, 1e-5, 1e-5, 1e-4])
    for n in range(4):
        move = step * (np.arange(4) == n)
        difference = (counts(values + move) - counts(values - move)) / (2.0 * step[n])
        np.testing.assert_allclose(forward[:, n], difference, rtol=1e-6, atol=1e-8 * np.abs(forward).max())


def test_refusals():
    likelihood = cj.Likelihood([load("coherent-csi-2017")], sterile_oscillation())
    with pytest.raises(InputError, match=r"sum of 1 at most.*found 1\.1"):
        likelihood.chi2({"u2_e4": 0.9, "u2_mu4": 0.2})
    with pytest.raises(InputError, match=r"sum of 1 at most.*found 1\.2"):
        sterile_oscillation().check(mixing(0.5, 0.3, 0.4))
    with pytest.raises(InputError, match="cannot be combined"):
        combine([sterile_oscillation(), dipole_portal()])
    with pytest.raises(InputError, match="larger spread"):
        energy_grid(pion_decay_at_rest(0.09, 1e23, 20.0).components, Baseline(20.0), 1.0)
    with pytest.raises(InputError, match="positive distance"):
        Baseline(-1.0)
    with pytest.raises(InputError, match="no distance"):
        Baseline(1.0, from_sun=True)
