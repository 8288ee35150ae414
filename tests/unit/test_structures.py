"""The kinematic kernels against explicit traces, and what interferes with what."""

from itertools import combinations

import numpy as np
import pytest
from independent_traces import product, rounding
from tolerance import assert_close

from cevnsjax._base.errors import InputError
from cevnsjax.interactions.combination import combine
from cevnsjax.interactions.light_scalar import light_scalar
from cevnsjax.interactions.magnetic_moment import magnetic_moment
from cevnsjax.interactions.structures import KINEMATICS, STRUCTURES, incompatible, kernel, pairs
from cevnsjax.interactions.tensor import tensor_mediator

# Review of Particle Physics 2022 and CODATA 2018; MeV and cm
G_F, HBARC, ALPHA, M_E = 1.1663787e-11, 197.3269804e-13, 1 / 137.035999084, 0.51099895
M_N = 0.5 * (938.27208816 + 939.56542052)
DIRAC = ("vector", "axial", "scalar", "pseudoscalar", "tensor", "magnetic")
HELICITY = {"vector": False, "axial": False, "scalar": True, "pseudoscalar": True, "tensor": True, "magnetic": True}
# E, T, M [MeV]: electrons at a reactor and in the sun, a light fermion, germanium and caesium at the SNS
POINTS = [(4.0, 1.3, M_E), (0.3, 0.005, M_E), (50.0, 2.0, 500.0), (45.0, 0.02, 67911.5), (30.0, 0.01, 123772.8)]


def unit(pair, mass):
    """Return what multiplies the trace: (G_F² M/π), with 2π α/m_e for √2 G_F where the amplitude is a moment."""
    coupling = {False: np.sqrt(2) * G_F, True: 2 * np.pi * ALPHA / M_E}
    return np.prod([coupling[s == "magnetic"] for s in pair]) * mass / (2 * np.pi) * HBARC**2


def trace(pair, energy, recoil, mass, spin_half, antineutrino):
    """Return the kernel of a pair from the trace; both orders of a pair of different structures."""
    value = product(*pair, energy, recoil, mass, spin_half=spin_half, antineutrino=antineutrino)
    return unit(pair, mass) * value * (1 if pair[0] == pair[1] else 2)


def expected(pair, energy, recoil, mass, kinematics, antineutrino):
    return trace(pair, energy, recoil, mass, kinematics == "spin-1/2", antineutrino).real


@pytest.mark.parametrize("antineutrino", [False, True])
@pytest.mark.parametrize(("energy", "recoil", "mass"), POINTS)
def test_every_kernel_of_a_fermion_is_its_trace(energy, recoil, mass, antineutrino):
    for pair in pairs(DIRAC, "spin-1/2"):
        found = kernel(pair, energy, recoil, mass, "spin-1/2", antineutrino)
        size = np.sqrt(np.prod([trace((s, s), energy, recoil, mass, True, antineutrino).real for s in pair]))
        wanted = trace(pair, energy, recoil, mass, True, antineutrino)
        assert_close(found, wanted.real, rounding(recoil, mass), "the trace", scale=size)
        assert_close(wanted.imag, 0.0, rounding(recoil, mass), "the trace", scale=size)


@pytest.mark.parametrize("antineutrino", [False, True])
@pytest.mark.parametrize(("energy", "recoil", "mass"), POINTS)
def test_every_kernel_of_spin_0_is_its_trace(energy, recoil, mass, antineutrino):
    for structure in ("vector", "scalar", "magnetic"):
        pair = (structure, structure)
        found = kernel(pair, energy, recoil, mass, "spin-0", antineutrino)
        wanted = trace(pair, energy, recoil, mass, False, antineutrino).real
        assert_close(found, wanted, rounding(recoil, mass), "the trace")


@pytest.mark.parametrize("antineutrino", [False, True])
@pytest.mark.parametrize(("energy", "recoil", "mass"), POINTS[:3])
def test_no_other_pair_of_a_fermion_interferes(energy, recoil, mass, antineutrino):
    known = pairs(DIRAC, "spin-1/2")
    for pair in combinations(DIRAC, 2):
        value = trace(pair, energy, recoil, mass, True, antineutrino)
        size = np.sqrt(np.prod([trace((s, s), energy, recoil, mass, True, antineutrino).real for s in pair]))
        if pair in known or incompatible(pair):
            assert abs(value) > 1e-5 * size
        else:
            assert abs(value) < 1e-13 * size
        if HELICITY[pair[0]] != HELICITY[pair[1]]:
            assert pair not in known
            assert incompatible(pair) is None


def test_scalar_and_moment_interfere_fully_on_spin_0():
    # the reason why they are refused together: the geometric mean, of opposite sign for antineutrinos
    energy, recoil, mass = POINTS[3]
    size = np.sqrt(np.prod([trace((s, s), energy, recoil, mass, False, False).real for s in ("scalar", "magnetic")]))
    for antineutrino, sign in ((False, -1), (True, 1)):
        value = trace(("scalar", "magnetic"), energy, recoil, mass, False, antineutrino)
        assert_close(value.real, 2 * sign * size, rounding(recoil, mass), "the trace")
    reason = incompatible(STRUCTURES)
    assert reason is not None
    assert "sign" in reason
    assert incompatible(("vector", "scalar", "tensor")) is None
    assert incompatible(("vector", "magnetic", "coherent-tensor", "nucleon-pseudoscalar")) is None


def test_combinations_without_a_relative_sign_are_refused():
    with pytest.raises(
        InputError, match="standard-model, light-scalar, magnetic-moment cannot be combined: scalar and"
    ):
        combine([light_scalar(), magnetic_moment()])
    with pytest.raises(InputError, match="tensor and magnetic amplitudes"):
        combine([tensor_mediator(), magnetic_moment()], electrons=True)
    assert combine([tensor_mediator(), magnetic_moment()]).names[1:] == ["tensor", "magnetic-moment"]


def test_interference_that_is_left_out_is_of_the_order_of_the_velocity():
    for energy, recoil, mass in POINTS[3:]:
        for pair in (("scalar", "tensor"), ("tensor", "magnetic")):
            size = np.sqrt(np.prod([trace((s, s), energy, recoil, mass, True, False).real for s in pair]))
            assert abs(trace(pair, energy, recoil, mass, True, False)) < 2 * np.sqrt(recoil / mass) * size


@pytest.mark.parametrize(("energy", "recoil", "mass"), POINTS[3:])
def test_leading_order_is_the_limit_of_heavy_targets(energy, recoil, mass):
    # z stays as it is, y falls by 1e5
    heavy, slow = 1e5 * mass, 1e-5 * recoil
    for pair in pairs(DIRAC, "leading"):
        leading = kernel(pair, energy, slow, heavy, "leading", False)
        assert_close(leading, kernel(pair, energy, slow, heavy, "spin-1/2", False), 1e-7, "terms of the order of y")
        if pair[0] in ("vector", "scalar", "magnetic"):
            assert_close(leading, kernel(pair, energy, slow, heavy, "spin-0", False), 1e-7, "terms of the order of y")


def test_structures_of_nuclei():
    energy, recoil, mass = POINTS[3]
    for kinematics in KINEMATICS:
        nucleons = kernel(("nucleon-pseudoscalar", "nucleon-pseudoscalar"), energy, recoil, mass, kinematics, False)
        wanted = G_F**2 * HBARC**2 * mass / np.pi * (mass * recoil) ** 2 / (4 * M_N**2 * energy**2)
        assert_close(nucleons, wanted)
        assert_close(
            kernel(("nucleon-pseudoscalar", "tensor"), energy, recoil, mass, kinematics, True),
            mass / M_N * kernel(("pseudoscalar", "tensor"), energy, recoil, mass, kinematics, True),
        )
        tensor = kernel(("tensor", "tensor"), energy, recoil, mass, kinematics, False)
        coherent = kernel(("coherent-tensor", "coherent-tensor"), energy, recoil, mass, kinematics, False)
        assert_close(coherent, tensor)


def test_pairs():
    assert pairs(("axial", "vector"), "leading") == (("vector", "vector"), ("axial", "axial"))
    assert pairs(("axial", "vector"), "spin-1/2")[2:] == (("vector", "axial"),)
    assert pairs(("tensor", "nucleon-pseudoscalar"), "leading")[2:] == (("nucleon-pseudoscalar", "tensor"),)
    assert pairs(("coherent-tensor", "scalar", "magnetic"), "spin-1/2")[3:] == ()
    for kinematics in KINEMATICS:
        for pair in pairs(STRUCTURES, kinematics):
            assert np.isfinite(kernel(pair, 5.0, 0.001, 67911.5, kinematics, False))
    with pytest.raises(InputError, match="vector × scalar"):
        kernel(("vector", "scalar"), 5.0, 0.001, 67911.5, "leading", False)


def test_closed_forms_of_the_literature():
    # arXiv:2202.11002: dσ/dT = M² T/(4π E²) g⁴ Q²/(q² + m²)² for a scalar of contact amplitude g² Q/(√2 G_F (q² + m²))
    energy, recoil, mass = POINTS[3]
    contact = 1 / (np.sqrt(2) * G_F)
    scalar = kernel(("scalar", "scalar"), energy, recoil, mass, "leading", False) * contact**2
    assert_close(scalar, HBARC**2 * mass**2 * recoil / (4 * np.pi * energy**2))
    tensor = kernel(("tensor", "tensor"), energy, recoil, mass, "leading", False) * contact**2
    assert_close(tensor, HBARC**2 * mass * (4 * energy**2 - mass * recoil) / (np.pi * energy**2))
    # π α²/m_e² = 2.494672e-25 cm², per squared moment in μ_B
    moment = kernel(("magnetic", "magnetic"), 45.0, 0.02, 67911.5, "leading", False) / (1 / 0.02 - 1 / 45.0)
    assert_close(round(moment * 1e25, 6), 2.494672)


@pytest.mark.parametrize(
    ("vector", "axial", "antineutrino", "published"),
    [
        # Textbook values: about 9.3, 4.0 and 1.6; here σ/E at 10 MeV [1e-45 cm²/MeV] with tree couplings at sin²θ_W = 0.23122
        (0.5 + 2 * 0.23122, 0.5, False, 9.2207689),
        (0.5 + 2 * 0.23122, 0.5, True, 3.8988596),
        (-0.5 + 2 * 0.23122, -0.5, False, 1.5470312),
    ],
)
def test_total_cross_sections_on_electrons(vector, axial, antineutrino, published):
    energy = 10.0
    x, w = np.polynomial.legendre.leggauss(20)
    largest = 2 * energy**2 / (M_E + 2 * energy)
    recoil, weight = 0.5 * largest * (1 + x), 0.5 * largest * w
    products = {("vector", "vector"): vector**2, ("axial", "axial"): axial**2, ("vector", "axial"): vector * axial}
    rate = sum(a * kernel(pair, energy, recoil, M_E, "spin-1/2", antineutrino) for pair, a in products.items())
    assert_close(weight @ rate / energy * 1e45, published, 1e-7, "printed with eight digits")
