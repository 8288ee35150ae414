"""COHERENT CsI 2021 computed a second time: from the formulas of the papers and the numbers in `data/`.

Nothing here imports the engine. What differs from it, so that a mistake is not made twice:
- the integral over the neutrino energy is a closed form, not a quadrature;
- the smearing in a bin is integrated by parts, with incomplete gamma functions instead of the density;
- the integral over the recoil energy is adaptive (scipy.integrate.quad_vec), not on fixed nodes;
- form factors use scipy's spherical Bessel function, couplings are written out term by term.
Formulas: arXiv:2303.09360 section II and the ancillary files of arXiv:2110.07730.
"""

import tomllib
from dataclasses import dataclass, field
from math import log, pi, sqrt
from pathlib import Path

import numpy as np
from scipy.integrate import quad_vec
from scipy.optimize import brentq
from scipy.special import gammainc, gammaincc, spherical_jn

DATA = Path(__file__).parents[1] / "data"
TOML = tomllib.loads((DATA / "coherent_csi_2021/experiment.toml").read_text())
NUCLIDES = tomllib.loads((DATA / "nuclei/nuclides.toml").read_text())
SHELL_MODEL = tomllib.loads((DATA / "nuclei/shell_model.toml").read_text())

# Review of Particle Physics 2022 and CODATA 2018; MeV and fm
G_F, HBARC, ALPHA = 1.1663787e-11, 197.3269804, 1 / 137.035999084
M_E, M_MU, M_TAU, M_PI, M_W, AMU = 0.51099895, 105.6583755, 1776.86, 139.57039, 80379.0, 931.49410242
E_LINE = (M_PI**2 - M_MU**2) / (2 * M_PI)
E_END = M_MU / 2
FLAVOURS = ("nu_mu", "nu_e", "nu_mu_bar")
LEPTON_MASS = {"nu_mu": M_MU, "nu_e": M_E, "nu_mu_bar": M_MU, "nu_tau": M_TAU}
FORM_FACTORS = ("helm", "symmetrised-fermi", "klein-nystrand", "unity", "shell-model")


def couplings_2022(mass, sin2=0.23857):
    """Return (g_V^p, g_V^n) for neutrinos of the charged lepton of `mass`: arXiv:2207.05036 App. B, 1303.5522."""
    rho, a_z, s2, a_w, a_s = 1.00063, 1 / 127.952, 0.23121, 0.1227, 0.1185
    ww = -a_z / (2 * pi * s2) * (1 - a_w / (2 * pi))
    crossed = a_z / (8 * pi * s2) * (1 + a_w / pi)
    radius = -ALPHA / (6 * pi) * (log(M_W**2 / mass**2) + 3 / 2)
    zz = -3 * a_z / (8 * pi * s2 * (1 - s2)) * (1 - a_s / pi)
    u = zz * ((1 / 2 - 2 / 3 * s2) ** 2 - (2 / 3 * s2) ** 2)
    d = zz * ((1 / 2 - 1 / 3 * s2) ** 2 - (1 / 3 * s2) ** 2)
    proton = rho * (1 / 2 - 2 * sin2) + 2 * crossed + ww - 2 * radius + rho * (2 * u + d)
    neutron = -rho / 2 + 2 * ww + crossed + rho * (2 * d + u)
    return proton, neutron


def form_factor(name, q, radius):
    """Return F(q) with q in MeV and the rms radius in fm."""
    q = q / HBARC
    if name == "helm":  # arXiv:2303.09360 Eq. 5, s = 0.9 fm
        x = q * sqrt(5 / 3 * (radius**2 - 3 * 0.9**2))
        return 3 * spherical_jn(1, x) / x * np.exp(-(q**2) * 0.81 / 2)
    if name == "klein-nystrand":  # Phys. Rev. C 60, 014903, a_k = 0.7 fm
        x = q * sqrt(5 / 3 * (radius**2 - 6 * 0.7**2))
        return 3 * spherical_jn(1, x) / x / (1 + 0.49 * q**2)
    if name == "symmetrised-fermi":  # arXiv:2303.09360 Eq. 3, t = 2.30 fm
        a = 2.30 / (4 * log(3))
        c = sqrt(5 / 3 * radius**2 - 7 / 3 * (pi * a) ** 2)
        bracket = pi * q * a / np.tanh(pi * q * a) * np.sin(q * c) - q * c * np.cos(q * c)
        return 3 / (q * c * ((q * c) ** 2 + (pi * q * a) ** 2)) * pi * q * a / np.sinh(pi * q * a) * bracket
    return np.ones_like(q)


def shell_model_amplitude(name, q, g_p, g_n):
    """Return g_p Z F_Z + g_n N F_N of a nuclide as arXiv:2007.08529 Eq. 62 has it, q in MeV: sums over responses."""
    entry, nucleon = SHELL_MODEL[name], {key: value["value"] for key, value in SHELL_MODEL["nucleon"].items()}
    t, u = -((q / HBARC) ** 2), (q / HBARC * entry["oscillator_length"]["value"]) ** 2 / 2
    plus, minus, phi_plus, phi_minus = (
        np.exp(-u / 2) * sum(c * u**k for k, c in enumerate(entry[key]["value"]))
        for key in ("nucleons_sum", "nucleons_difference", "spin_orbit_sum", "spin_orbit_difference")
    )
    r_p, r_n, r_s = (nucleon[f"{kind}_charge_radius_squared"] for kind in ("proton", "neutron", "strange"))
    k_p, k_n, k_s = nucleon["proton_anomalous_moment"], nucleon["neutron_anomalous_moment"], nucleon["strange_moment"]
    mass2 = (nucleon["mass"] / HBARC) ** 2
    on_protons = g_p * (1 + r_p * t / 6 + t / (8 * mass2)) + g_n * (r_n + r_s) * t / 6
    on_neutrons = g_n * (1 + (r_p + r_s) * t / 6 + t / (8 * mass2)) + g_p * r_n * t / 6
    of_protons = (g_p * (1 + 2 * k_p) + 2 * g_n * (k_n + k_s)) * t / (4 * mass2)
    of_neutrons = (g_n * (1 + 2 * k_p + 2 * k_s) + 2 * g_p * k_n) * t / (4 * mass2)
    return (
        on_protons * (plus + minus) / 2
        + on_neutrons * (plus - minus) / 2
        - of_protons * (phi_plus + phi_minus) / 2
        - of_neutrons * (phi_plus - phi_minus) / 2
    )


@dataclass
class Nucleus:
    name: str
    element: str = field(init=False)
    protons: int = field(init=False)
    neutrons: int = field(init=False)
    mass: float = field(init=False)

    def __post_init__(self):
        entry = NUCLIDES[self.name]
        z = entry["protons"]["value"]
        self.element, self.protons, self.neutrons = entry["element"], z, entry["mass_number"]["value"] - z
        electrons = 1e-6 * (14.4381 * z**2.39 + 1.55468e-6 * z**5.35)  # binding, Rev. Mod. Phys. 75, 1021, Eq. A4
        self.mass = entry["atomic_mass"]["value"] * AMU - z * M_E + electrons


NUCLEI = tuple(Nucleus(name) for name in TOML["target"]["nuclides"])


def fluence():
    """Return the neutrinos of each flavour per cm²: r N_POT / 4πL²."""
    beam = {key: entry["value"] for key, entry in TOML["source"].items() if key != "kind"}
    return beam["neutrinos_per_flavour_and_proton"] * beam["protons_on_target"] / (4e4 * pi * beam["distance"] ** 2)


def formula_units():
    """Return the number of CsI units, N_A m / M."""
    return 6.02214076e23 * 1e3 * TOML["target"]["mass"]["value"] / TOML["target"]["molar_mass"]["value"]


def flux_moments(recoil, mass, recoil_term=False):
    """Return ∫ φ(E) dσ/dT dE / amplitude² [cm²/MeV] of each flavour, in closed form.

    With φ = Σ c_k E^k from E_min(T) to m_μ/2, and dσ/dT = (G_F² M/π) (1 - MT/2E² [- T/E]).
    """
    prefactor = G_F**2 * (HBARC * 1e-13) ** 2 * mass / pi
    energy_min = (recoil + sqrt(recoil**2 + 2 * mass * recoil)) / 2
    line = prefactor * (1 - mass * recoil / (2 * E_LINE**2) - recoil_term * recoil / E_LINE) * (energy_min <= E_LINE)
    moments = [line]
    m3, m4 = M_MU**3, M_MU**4
    for c2, c3 in ((96 / m3, -192 / m4), (48 / m3, -64 / m4)):  # ν_e, ν̄_μ

        def primitive(e, c2=c2, c3=c3):
            plain = c2 * e**3 / 3 + c3 * e**4 / 4
            over_e = c2 * e**2 / 2 + c3 * e**3 / 3
            over_e2 = c2 * e + c3 * e**2 / 2
            return plain - mass * recoil / 2 * over_e2 - recoil_term * recoil * over_e

        moments.append(prefactor * (primitive(E_END) - primitive(energy_min)) * (energy_min < E_END))
    return np.array(moments)


def squared_amplitudes(nucleus, recoil, params, form_factors=FORM_FACTORS):
    """Return [g_V^p Z F_Z + g_V^n N F_N]² for each form factor and flavour, at q² = 2MT."""
    q = np.sqrt(2 * nucleus.mass * recoil)
    found = []
    for name in form_factors:
        if name != "shell-model":
            proton = nucleus.protons * form_factor(name, q, params[f"r_p_{nucleus.element}"])
            neutron = nucleus.neutrons * form_factor(name, q, params[f"r_n_{nucleus.element}"])
        row = []
        for flavour in FLAVOURS:
            g_p, g_n = couplings_2022(LEPTON_MASS[flavour])
            # The digits belong to 0.23857, the fits use them at 0.23863 (arXiv:2303.09360) and move by -2ρ from there.
            g_p = g_p - 2 * 1.00063 * (params["sin2_theta_w"] - 0.23863)
            if name == "shell-model":
                row.append(shell_model_amplitude(nucleus.name, q, g_p, g_n) ** 2)
            else:
                row.append((g_p * proton + g_n * neutron) ** 2)
        found.append(row)
    return np.array(found)


class Bins:
    """Probability that a recoil is selected in each photo-electron bin."""

    def __init__(self, params, order=64):
        quenching, efficiency = TOML["detector"]["quenching"], TOML["detector"]["efficiency"]
        self.quenching = [
            params[f"quenching_{letter}"]
            + params["quenching_shape_0"] * quenching["variation_0"]["value"][k]
            + params["quenching_shape_1"] * quenching["variation_1"]["value"][k]
            for k, letter in enumerate("abcd")
        ]
        self.efficiency = [
            params[f"efficiency_{letter}"] + params["efficiency_shape"] * efficiency["variation"]["value"][k]
            for k, letter in enumerate("abcd")
        ]
        self.mean_inverse, self.shape = params["smearing_mean_inverse"], params["smearing_shape"]
        threshold = brentq(lambda x: self._curve(x)[0], -50, 50, xtol=1e-13, rtol=1e-14)
        edges = np.array(TOML["binning"]["energy"]["value"], float)
        self.low, self.high = np.maximum(edges[:-1], threshold), np.maximum(edges[1:], threshold)
        node, weight = np.polynomial.legendre.leggauss(order)
        half = (self.high - self.low)[:, None] / 2
        self.x = (self.high + self.low)[:, None] / 2 + half * node
        self.slope_weight = half * weight * self._curve(self.x)[1]
        self.at_low, self.at_high = self._curve(self.low)[0], self._curve(self.high)[0]

    def _curve(self, x):
        """Return ε(x) = a / (1 + exp(-b (x - c))) + d and its derivative."""
        a, b, c, d = self.efficiency
        logistic = 1 / (1 + np.exp(-b * (x - c)))
        return a * logistic + d, a * b * logistic * (1 - logistic)

    def probability(self, recoil):
        """Return ∫ ε p dx in each bin, = [ε P] - ∫ ε' P = -[ε Q] + ∫ ε' Q, whichever of P and Q = 1 - P is small."""
        energy = 1e3 * sum(c * recoil ** (k + 1) for k, c in enumerate(self.quenching))
        if energy <= 0:
            return np.zeros_like(self.low)
        shape = 1 + self.shape * energy
        rate = self.mean_inverse / energy * shape
        above = self.low > energy / self.mean_inverse
        found = np.empty_like(self.low)
        for tail, chosen, sign in ((gammainc, ~above, 1.0), (gammaincc, above, -1.0)):
            ends = self.at_high * tail(shape, rate * self.high) - self.at_low * tail(shape, rate * self.low)
            inside = np.sum(self.slope_weight[chosen] * tail(shape, rate * self.x[chosen]), axis=1)
            found[chosen] = sign * (ends[chosen] - inside)
        return found


def adaptive(function, nucleus, rtol):
    """Return ∫ function(T) dT up to the largest recoil, each element to a relative `rtol`."""
    line, end = (2 * e**2 / (nucleus.mass + 2 * e) for e in (E_LINE, E_END))
    node, weight = np.polynomial.legendre.leggauss(48)
    rough = sum(
        (high - low) / 2 * w * function((high + low) / 2 + (high - low) / 2 * t)
        for low, high in ((0, line), (line, end))
        for t, w in zip(node, weight, strict=True)
    )
    scale = np.where(rough > 0, rough, 1.0)
    result, error = 0.0, 0.0
    for low, high in ((0, line), (line, end)):
        piece, left = quad_vec(
            lambda t: function(t) / scale, low, high, epsabs=rtol, epsrel=0.0, norm="max", quadrature="gk21"
        )
        result, error = result + piece, error + left
    assert error < 10 * rtol, f"the adaptive quadrature reached {error:g} only"
    return result * scale


def signal(params, rtol=1e-11, form_factors=FORM_FACTORS):
    """Return the expected signal without any cut in time, an array (form factor, flavour, nuclide, bin)."""
    bins = Bins(params)
    exposure = params["cevns_norm"] * fluence() * formula_units()
    counts = [
        adaptive(
            lambda t, n=nucleus: (
                (squared_amplitudes(n, t, params, form_factors) * flux_moments(t, n.mass))[..., None]
                * bins.probability(t)
            ),
            nucleus,
            rtol,
        )
        for nucleus in NUCLEI
    ]
    return exposure * np.stack(counts, axis=2)


def cross_sections(params, form_factors=FORM_FACTORS, rtol=1e-12):
    """Return the flux-averaged cross sections [cm²], an array (form factor, flavour, nuclide)."""
    found = [
        adaptive(
            lambda t, n=nucleus: squared_amplitudes(n, t, params, form_factors) * flux_moments(t, n.mass), nucleus, rtol
        )
        for nucleus in NUCLEI
    ]
    return np.stack(found, axis=-1)
