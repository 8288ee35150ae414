"""Squared amplitudes of ν + target → ν' + target from explicit Dirac matrices, four-vectors and traces.

Nothing here imports the engine and nothing is simplified by hand: γ matrices in the Dirac representation, momenta in the
laboratory, numerical traces. What is stated is only the Lagrangian, with every coupling real,

    L = -√2 G_F Σ_s a_s (ν̄ O_s P_L ν)(f̄ Q_s f) + h.c.,

              vector   axial       scalar   pseudoscalar   tensor
    O ⊗ Q     γ^μ ⊗ γ_μ   γ^μ ⊗ -γ_μ γ5   1 ⊗ 1    1 ⊗ γ5   σ^{μν} ⊗ σ_{μν}, all μ and ν

(vector and axial are Hermitian as they stand and get no h.c.), and for a magnetic moment μ > 0 of a Dirac neutrino and a
target of charge 1, with q = k - k' the momentum that goes to the target, the exchange of a photon. The incoming neutrino
is left-handed; the incoming antineutrino right-handed, so that of the terms that change the helicity the h.c. scatters it.
"""

from math import sqrt

import numpy as np

PAULI = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
ONE, METRIC = np.eye(4, dtype=complex), np.diag([1.0, -1.0, -1.0, -1.0])
GAMMA = [np.diag([1.0, 1.0, -1.0, -1.0]).astype(complex)]
GAMMA += [np.block([[np.zeros((2, 2)), s], [-s, np.zeros((2, 2))]]) for s in PAULI]
GAMMA5 = 1j * GAMMA[0] @ GAMMA[1] @ GAMMA[2] @ GAMMA[3]
LEFT, RIGHT = (ONE - GAMMA5) / 2, (ONE + GAMMA5) / 2
SIGMA = [[0.5j * (a @ b - b @ a) for b in GAMMA] for a in GAMMA]
LOWER = np.diag(METRIC)
INDICES = range(4)


def slash(p):
    return sum(LOWER[i] * p[i] * GAMMA[i] for i in INDICES)


def bar(matrix):
    return GAMMA[0] @ matrix.conj().T @ GAMMA[0]


def momenta(energy, recoil, mass, final_mass=0.0):
    """Return k, p, k', p' in the laboratory, k along z; the angle from (k - k')² = -2MT."""
    after = energy - recoil
    size = sqrt(after**2 - final_mass**2)
    cosine = (-2 * mass * recoil - final_mass**2 + 2 * energy * after) / (2 * energy * size)
    k, p = np.array([energy, 0, 0, energy]), np.array([mass, 0, 0, 0])
    k2 = np.array([after, size * sqrt(1 - cosine**2), 0, size * cosine])
    return k, p, k2, p + k - k2


def currents(structure, antineutrino, spin_half, momentum):
    """Return the products lepton ⊗ target of a structure: pairs of a matrix between the spinors of the neutrinos, and of
    one between those of the target (or a number, for a target of spin 0)."""
    k, p, k2, p2 = momentum
    chirality = RIGHT if antineutrino else LEFT
    total, transfer = p + p2, k - k2
    match structure:
        case "vector" | "axial":
            # Hermitian: for both helicities of the incoming particle it is ν̄ γ^μ P_L ν
            vector = structure == "vector"
            target = GAMMA if vector else [-g @ GAMMA5 for g in GAMMA]
            if not spin_half:
                target = total if vector else np.zeros(4)
            return [(GAMMA[i] @ LEFT, LOWER[i] * target[i]) for i in INDICES]
        case "scalar":
            return [(chirality, ONE if spin_half else 2 * p[0])]
        case "pseudoscalar":
            # (f̄ γ5 f)† = -f̄ γ5 f
            return [(chirality, -GAMMA5 if antineutrino else GAMMA5)]
        case "tensor":
            pairs = [(i, j) for i in INDICES for j in INDICES]
            return [(SIGMA[i][j] @ chirality, LOWER[i] * LOWER[j] * SIGMA[i][j]) for i, j in pairs]
        case "magnetic":
            # i σ^{μν} (k' - k)_ν, i times it Hermitian; the photon couples to γ_μ or (p + p')_μ and propagates as 1/q²
            q2 = -np.sum(LOWER * transfer**2)
            lepton = [-1j * sum(SIGMA[i][j] * LOWER[j] * transfer[j] for j in INDICES) @ chirality for i in INDICES]
            target = GAMMA if spin_half else total
            return [(lepton[i], LOWER[i] * target[i] / q2) for i in INDICES]


def rounding(recoil, mass):
    """Return the relative accuracy of a trace: it knows T from p' - p, of energies M + T and M in double precision."""
    return 1e-11 + 2e-15 * mass / recoil


def contract(first, second, momentum, *, spin_half, antineutrino=False, final_mass=0.0):
    """Return Σ M_first M*_second over the spins, averaged over those of the target, over 16 M² E².

    `first` and `second` are products of currents as `currents` gives them. Normalised so that a vector gives
    1 - T/E - …; complex, its imaginary part is what phases of couplings would see.
    """
    k, p, k2, p2 = momentum
    mass, total = p[0], 0.0
    for lepton, target in first:
        for lepton2, target2 in second:
            if antineutrino:
                leptons = np.trace(slash(k) @ lepton @ (slash(k2) - final_mass * ONE) @ bar(lepton2))
            else:
                leptons = np.trace((slash(k2) + final_mass * ONE) @ lepton @ slash(k) @ bar(lepton2))
            if spin_half:
                before, after = slash(p) + mass * ONE, slash(p2) + mass * ONE
                total += leptons * np.trace(after @ target @ before @ bar(target2)) / 2
            else:
                total += leptons * target * target2
    return total / (16 * mass**2 * k[0] ** 2)


def product(first, second, energy, recoil, mass, *, spin_half, antineutrino=False, final_mass=0.0):
    """Return the product of the amplitudes of two structures, `contract` of their currents."""
    momentum = momenta(energy, recoil, mass, final_mass)
    pair = [currents(structure, antineutrino, spin_half, momentum) for structure in (first, second)]
    return contract(*pair, momentum, spin_half=spin_half, antineutrino=antineutrino, final_mass=final_mass)
