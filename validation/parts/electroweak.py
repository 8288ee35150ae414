"""Weak charges and radii from parity violation in atoms, electron scattering and proton scattering."""

import cevnsjax as cj
from cevnsjax.interactions.weak_charge import proton_weak_charge, weak_charge
from cevnsjax.measurements import load
from cevnsjax.nuclei.nuclide import nuclide
from cevnsjax.nuclei.radii import point_radius
from cevnsjax.nuclei.skins import skin_relation

from ._common import edges

PAPER_CHARGE = {"q_w_sm_cs": -73.25}
LEVELS = {"1": 0.6827, "90": 0.90, "2": 0.9545}


def weak_charges() -> dict[str, float]:
    """Return the weak charges of the proton and of caesium with the rounded couplings, and those measured."""
    (dzuba, sahoo) = (load(f"apv-cs:{theory}") for theory in ("dzuba2012", "sahoo2021"))
    return {
        "q_w_p": float(proton_weak_charge(0.23863)),
        "q_w_cs": float(weak_charge(55, 78, 0.23863)),
        "q_w_dzuba": float(dzuba.observed[0]),
        "q_w_sahoo": float(sahoo.observed[0]),
        "q_w_dzuba_error": float(dzuba.errors[0]),
        "q_w_sahoo_error": float(sahoo.errors[0]),
    }


def caesium() -> dict[str, float]:
    """Return the fits of parity violation in caesium alone."""
    results = {}
    for theory in ("dzuba2012", "sahoo2021"):
        likelihood = cj.Likelihood([load(f"apv-cs:{theory}")])
        for key, name in (("rn", "r_n_cs"), ("s2w", "sin2_theta_w")):
            prefix = f"{theory}_{key}"
            results[f"{prefix}_quoted"] = likelihood.fit(free=[name]).values[name]
            fit = likelihood.fit(free=[name], values=PAPER_CHARGE)
            results |= {prefix: fit.values[name], **edges(fit, name, prefix, LEVELS)}
        fermi = cj.Likelihood([load(f"apv-cs:{theory}-fermi")]).fit(free=["r_n_cs"], values=PAPER_CHARGE)
        prefix = f"{theory}_fermi_rn"
        results |= {prefix: fermi.values["r_n_cs"], **edges(fermi, "r_n_cs", prefix, LEVELS)}
    return results


def joint() -> dict[str, float]:
    """Return the relative error of a common neutron radius from COHERENT CsI and parity violation in caesium."""
    likelihood = cj.Likelihood([load("coherent-csi-2021"), load("apv-cs:sahoo2021")])
    fit = likelihood.fit(free=["r_n_cs"], tie={"r_n_i": "r_n_cs"})
    low, high = fit.interval("r_n_cs").around(fit.values["r_n_cs"])
    return {"joint_rn_percent": 50.0 * (high - low) / fit.values["r_n_cs"]}


def skins() -> dict[str, float]:
    """Return the neutron skins of lead and calcium for point nucleons, and the radius of the storage ring."""
    results = {}
    for key, name, isotope, radius in (
        ("lead", "prex-ii:with-prex-i", "208Pb", "r_n_pb"),
        ("calcium", "crex", "48Ca", "r_n_ca48"),
    ):
        fit = cj.Likelihood([load(name)]).fit(free=[radius])
        low, high = fit.interval(radius).around(fit.values[radius])
        results[f"skin_{key}"] = float(point_radius(fit.values[radius]) - point_radius(nuclide(isotope).proton_radius))
        results[f"skin_{key}_error"] = 0.5 * float(point_radius(high) - point_radius(low))
    ring = cj.Likelihood([load("csre-cs")]).fit(free=["r_n_cs"])
    return results | {"csre_rn": ring.values["r_n_cs"], "csre_rn_error": ring.error("r_n_cs")}


def combinations() -> dict[str, float]:
    """Return the combinations of caesium, without and with lead, and the relation of their skins."""
    results = {}
    for name, key in (
        ("electroweak-direct", "direct"),
        ("electroweak-all", "all"),
        ("electroweak-direct:dzuba2012", "direct_dzuba"),
        ("electroweak-all:dzuba2012", "all_dzuba"),
    ):
        fit = cj.Likelihood(name).fit()
        for short, parameter in (("s2w", "sin2_theta_w"), ("rn", "r_n_cs")):
            prefix = f"{key}_{short}"
            results |= {prefix: fit.values[parameter], **edges(fit, parameter, prefix, {"": 0.6827})}
    relation = skin_relation("133Cs", "208Pb")
    return results | {"relation_slope": relation.slope, "relation_r": relation.correlation}


SOURCES = (weak_charges, caesium, joint, skins, combinations)
