"""Joint likelihoods beside arXiv:2303.09360."""

import cevnsjax as cj
from cevnsjax.measurements import load

from ._common import edges

TIED = {"r_n_i": "r_n_cs"}
ONE_SIGMA = {"": 0.6827}
FITS = {
    "angle": (["sin2_theta_w"], {}, []),
    "radius": (["r_n_cs"], TIED, []),
    "both": (["sin2_theta_w", "r_n_cs"], TIED, []),
    "radii": (["r_n_cs", "r_n_i"], {}, []),
    "ordered": (["r_n_cs", "r_n_i"], {}, ["r_n_i<=r_n_cs"]),
}
"""Free parameters, ties and required orders of each fit of CsI with caesium."""


def numbers(fit: cj.FitResult, prefix: str) -> dict[str, float]:
    """Return the value of each free parameter with its 1σ edges."""
    results = {}
    for name in fit.specification.free:
        results[f"{prefix}_{name}"] = fit.values[name]
        results |= edges(fit, name, f"{prefix}_{name}", ONE_SIGMA)
    return results


def csi_and_caesium() -> dict[str, float]:
    """Return the fits of CsI with parity violation in caesium, with both amplitudes."""
    csi = cj.measurements.coherent_csi_2021()
    results = {}
    for theory in ("dzuba2012", "sahoo2021"):
        likelihood = cj.Likelihood([csi, load(f"apv-cs:{theory}")])
        for name, (free, tie, require) in FITS.items():
            results |= numbers(likelihood.fit(free=free, tie=tie, require=require), f"joint_{theory}_{name}")
    radius = "joint_sahoo2021_radius_r_n_cs"
    width = results[f"{radius}_up"] + results[f"{radius}_down"]
    return results | {
        "joint_rn_precision": 100.0 * 0.5 * width / results[radius],
        "joint_rn_amplitude": 100.0 * (results["joint_dzuba2012_radius_r_n_cs"] / results[radius] - 1.0),
    }


def csi_and_argon() -> dict[str, float]:
    """Return the fits of CsI with argon, and with argon and caesium."""
    csi, argon = cj.measurements.coherent_csi_2021(), load("coherent-lar-2020")
    pair = cj.Likelihood([csi, argon])
    results = numbers(pair.fit(free=["sin2_theta_w"]), "joint_argon_angle")
    results |= numbers(pair.fit(free=["sin2_theta_w", "r_n_cs"], tie=TIED), "joint_argon_both")
    three = cj.Likelihood([csi, argon, load("apv-cs")]).fit(free=["sin2_theta_w"])
    return results | numbers(three, "joint_three_angle") | {"joint_three_chi2": three.chi2}


SOURCES = (csi_and_caesium, csi_and_argon)
