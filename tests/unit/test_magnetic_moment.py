"""Magnetic moments: cross sections, the matrix of the moments, effective moments of mass eigenstates."""

import jax
import numpy as np
import pytest
from model_experiments import terms_on
from tolerance import assert_close

from cevnsjax._base.errors import InputError
from cevnsjax.interactions.magnetic_moment import (
    MOMENTS,
    magnetic_moment,
    majorana_moments,
    minimal_moment,
    short_baseline_moments,
    solar_moment,
)
from cevnsjax.interactions.structures import kernel

NAMES = [parameter.name for parameter in MOMENTS]
VALUES = dict(zip(NAMES, (30.0, 20.0, 10.0, 3.0, 2.0, 1.0), strict=True))


def vertex(target, values):
    (term,) = terms_on(magnetic_moment(), target)
    assert term.structure == "magnetic"
    assert term.propagator is None
    return term.vertex(values)


def rotation(angle, i, j, phase=0.0):
    found = np.eye(3, dtype=complex)
    found[i, i] = found[j, j] = np.cos(angle)
    found[i, j] = np.sin(angle) * np.exp(-1j * phase)
    found[j, i] = -np.sin(angle) * np.exp(1j * phase)
    return found


MIXING = rotation(0.84, 1, 2) @ rotation(0.15, 0, 2, 3.4) @ rotation(0.59, 0, 1)


def test_matrix_of_the_moments():
    for target, charge in (("nucleus", "proton"), ("electron", "electron")):
        matrix = vertex(target, VALUES)
        assert terms_on(magnetic_moment(), target)[0].charge == charge
        expected = 1e-10 * np.array([[30.0, 3, 2], [3, 20, 1], [2, 1, 10]])
        assert_close(matrix[..., 0], expected)
        assert not matrix[..., 1].any()


def test_cross_section_on_xenon():
    # 48 electrons of xenon at T = 5 keV, E = 0.3 MeV, 1e-11 μ_B: 2.3549704e-40 cm²/GeV from the formula of
    # arXiv:2207.05036, with π α²/m_e² = 2.494672e-25 cm²
    moments = dict.fromkeys(NAMES, 0.0) | {"magnetic_moment_e": 0.1}
    amplitude = np.sqrt(48.0) * vertex("electron", moments)[0, 0, 0]
    found = amplitude**2 * kernel(("magnetic", "magnetic"), 0.3, 0.005, 0.51099895, "spin-1/2", False)
    assert_close(found * 1e3, 2.3549704e-40, 3e-8, "printed with eight digits")
    assert_close(found, 48 * 2.494672e-25 * (1 / 0.005 - 1 / 0.3) * 1e-22, 3e-7, "printed with seven digits")


def test_derivatives():
    def squares(values):
        return (vertex("nucleus", dict(zip(NAMES, values, strict=True))) ** 2).sum((1, 2))

    value = jax.jit(squares)
    derivatives = jax.jit(lambda at: (jax.jacfwd(squares)(at), jax.jacrev(squares)(at), jax.hessian(squares)(at)))
    for at in (np.zeros(6), np.array(list(VALUES.values()))):
        forward, reverse, second = derivatives(at)
        assert_close(reverse, forward)
        # a quadratic form: central differences are exact
        difference = np.stack([(value(at + e) - value(at - e)) / 0.5 for e in 0.25 * np.eye(6)], axis=-1)
        assert_close(difference, forward, scale=1e-17)
        assert np.isfinite(second).all()


def test_minimal_moment():
    # 3 e G_F m/(8√2 π²) = 3.2e-19 (m/eV) μ_B (Fujikawa and Shrock 1980)
    assert_close(round(minimal_moment(1.0) * 1e19, 4), 3.2026)


def test_moments_of_unmixed_neutrinos_are_columns():
    moments = np.array([[1.0, 0.2j, 0.3], [0.4, -2.0, 0.5], [0.6j, 0.7, 3.0 + 1j]])
    assert_close(short_baseline_moments(moments, np.eye(3)), np.linalg.norm(moments, axis=0))
    shares = np.array([0.6, 0.37, 0.03])
    assert_close(solar_moment(moments, shares) ** 2, shares @ np.linalg.norm(moments, axis=0) ** 2)


def test_moments_of_mixed_neutrinos():
    moments = np.array([[1.0, 0.2j, 0.3], [0.4, -2.0, 0.5], [0.6j, 0.7, 3.0 + 1j]])
    by_hand = np.zeros(3)
    for flavour in range(3):
        for after in range(3):
            by_hand[flavour] += abs(sum(np.conj(MIXING[flavour, k]) * moments[after, k] for k in range(3))) ** 2
    assert_close(short_baseline_moments(moments, MIXING) ** 2, by_hand)
    # the moments of the flavours, whatever the basis of the right-handed neutrinos, are those of the vertex
    flavours = rotation(0.3, 0, 2, 1.0) @ moments @ MIXING.conj().T
    assert_close(short_baseline_moments(moments, MIXING), np.linalg.norm(flavours, axis=0))
    # of all flavours together nothing depends on the mixing
    assert_close((short_baseline_moments(moments, MIXING) ** 2).sum(), np.linalg.norm(moments) ** 2)


def test_majorana_neutrinos():
    moments = majorana_moments(1.0 + 2j, 0.5, -0.7j)
    assert_close(np.abs(moments + moments.T), np.zeros((3, 3)))
    assert_close(abs(moments[2, 1]), abs(1.0 + 2j))
    # μ_k² = |Λ|² - |Λ_k|²
    total = 5.0 + 0.25 + 0.49
    assert_close(short_baseline_moments(moments, np.eye(3)) ** 2, total - np.array([5.0, 0.25, 0.49]))
    shares = np.array([0.6, 0.37, 0.03])
    assert_close(solar_moment(moments, shares) ** 2, total - shares @ np.array([5.0, 0.25, 0.49]))
    # those of flavours are moduli of moments of Majorana neutrinos too: Λ of a rotated basis
    flavours = MIXING.conj() @ moments @ MIXING.conj().T
    assert_close(np.abs(flavours + flavours.T), np.zeros((3, 3)), scale=1.0)
    assert_close(short_baseline_moments(moments, MIXING), np.linalg.norm(flavours, axis=0))


def test_parameters():
    assert NAMES[:3] == ["magnetic_moment_e", "magnetic_moment_mu", "magnetic_moment_tau"]
    for parameter in MOMENTS:
        assert (parameter.unit, parameter.default, parameter.bounds) == ("1e-10 mu_B", 0.0, (0.0, 1000.0))


def test_refusals():
    good = np.eye(3)
    with pytest.raises(InputError, match="unitary mixing matrix, found"):
        short_baseline_moments(good, 1.01 * good)
    with pytest.raises(InputError, match=r"3×3 matrix as the moments, found shape \(2, 2\)"):
        short_baseline_moments(np.eye(2), good)
    with pytest.raises(InputError, match="finite"):
        solar_moment(np.nan * good, np.array([1.0, 0.0, 0.0]))
    with pytest.raises(InputError, match="add up to 1"):
        solar_moment(good, np.array([0.5, 0.3, 0.1]))
    with pytest.raises(InputError, match="add up to 1"):
        solar_moment(good, np.array([1.5, -0.5, 0.0]))
