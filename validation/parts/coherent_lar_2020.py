"""COHERENT liquid argon 2020 beside arXiv:2005.01645 and COHERENT's own fit."""

import math
from typing import Any

import equinox as eqx
import numpy as np

import cevnsjax as cj
from cevnsjax._base.data_files import DataFile

from ._common import edges

EVENTS = {"cevns": "cevns_norm", "brn": "brn_norm", "delayed_brn": "delayed_brn_norm", "ss": "ss_norm"}
ONE_SIDED = ("lar_cevns_time", "lar_brn_time_width")
"""What has a released template at +1σ alone."""
LEVELS = {"1": 0.6827, "2": 0.9545, "3": 0.9973}


def likelihood(variant: str, couplings: str = "2022") -> cj.Likelihood:
    """Return the likelihood of a variant alone."""
    return cj.Likelihood([cj.measurements.coherent_lar_2020(variant)], cj.standard_model(couplings))


def energy() -> dict[str, float]:
    """Return the results of the fit in energy."""
    everything = likelihood("1d", "2020")
    angle = everything.fit(free=["sin2_theta_w"])
    radius = everything.fit(free=["r_n_ar"], require=["r_n_ar>=3.448"])
    results = {
        "events": float(everything.predict()[0].counts["cevns"].sum()),
        "sm_chi2": everything.fit().chi2,
        "s2w": angle.values["sin2_theta_w"],
        **edges(angle, "sin2_theta_w", "s2w", LEVELS),
    }
    return results | {
        f"rn_{key}": radius.interval("r_n_ar", level).around(radius.values["r_n_ar"])[1]
        for key, level in LEVELS.items()
    }


def energy_time() -> dict[str, float]:
    """Return the results of the fits in energy and time."""
    results = {}
    for variant in ("2d", "2d-flavours"):
        fit = likelihood(variant).fit(free=["sin2_theta_w"])
        key = variant.replace("-", "_")
        results |= {f"s2w_{key}": fit.values["sin2_theta_w"], f"chi2_{key}": fit.chi2}
        results |= edges(fit, "sin2_theta_w", f"s2w_{key}", {"1": 0.6827})
    return results


def energy_f90_time() -> dict[str, float]:
    """Return the results of COHERENT's own fit, and how they move with what the release leaves open."""
    everything = likelihood("3d")
    fit = everything.fit(free=["cevns_norm"])
    absent = everything.fit(values={"cevns_norm": 0.0})
    low, high = fit.interval("cevns_norm").around(fit.values["cevns_norm"])
    best, events = fit.values["cevns_norm"], fit.events()
    section = fit.flux_averaged_cross_section()
    results = {
        "cevns_up": 128.0 * (high - best),
        "cevns_down": 128.0 * (best - low),
        "no_cevns": math.sqrt(absent.chi2 - fit.chi2),
        "chi2": fit.chi2,
        "section": 1e40 * section["value"],
        "section_error": 1e40 * section["sm"] * 0.5 * (high - low),
    }
    for name in EVENTS:
        results |= {f"fit_{name}": events[name][0], f"fit_{name}_error": events[name][1]}

    profiled = {name: (0.0, 1.0) for name in everything.parameters if name.startswith("lar_")}
    moved = everything.fit(free=["cevns_norm"], constrain=profiled)
    without = everything.fit(values={"cevns_norm": 0.0}, constrain=profiled)
    results |= {f"profiled_{name}": moved.events()[name][0] for name in EVENTS}
    results |= {
        "profiled_cevns_error": moved.events()["cevns"][1],
        "profiled_chi2": moved.chi2,
        "profiled_width": moved.values["lar_brn_time_width"],
        "profiled_no_cevns": math.sqrt(without.chi2 - moved.chi2),
    }
    for name in profiled:
        for key, at in (("up", 1.0), ("down", -1.0)):
            if at > 0 or name not in ONE_SIDED:
                other = everything.fit(free=["cevns_norm"], values={name: at})
                results[f"{name}_{key}"] = 100.0 * (other.events()["cevns"][0] / events["cevns"][0] - 1.0)

    acceptance = DataFile("coherent_lar_2020/experiment.toml").array("variants.3d.signal.F90.acceptance", "1", 12)
    inverse = np.repeat(np.divide(1.0, acceptance, out=np.zeros(12), where=acceptance > 0), 8)
    measurement = everything.measurements[0]
    detector: Any = measurement.counted().detector  # binned, the signal spread as a template
    factors = detector.spread.factors[0].counts.factors * inverse
    own = eqx.tree_at(lambda m: m.scattering.detector.spread.factors[0].counts.factors, measurement, factors)
    own_fit = cj.Likelihood([own]).fit(free=["cevns_norm"])
    flavours = likelihood("3d-flavours").fit(free=["cevns_norm"])
    return results | {
        "own_expected": own_fit.events()["cevns"][0] / own_fit.values["cevns_norm"],
        "own_cevns": own_fit.events()["cevns"][0],
        "own_chi2": own_fit.chi2,
        "flavours_cevns": flavours.events()["cevns"][0],
        "flavours_chi2": flavours.chi2,
    }


SOURCES = (energy, energy_time, energy_f90_time)
