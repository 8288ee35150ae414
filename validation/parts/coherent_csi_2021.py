"""COHERENT CsI 2021 beside arXiv:2303.09360 and COHERENT's own fit."""

import math

import equinox as eqx
import numpy as np

import cevnsjax as cj
from cevnsjax._base.data_files import DataFile
from cevnsjax.detectors.quenching import QUENCHING
from cevnsjax.nuclei.form_factors import YUKAWA_RANGE
from cevnsjax.stages.stage import Constant

from ._common import edges

ENERGY, TIME = [0, 8, 12, 16, 20, 24, 32, 40, 50, 60], [0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1, 2, 4, 6]
BINNINGS = {
    "25_30": ([0, 8, 12, 16, 20, 25, 30, 40, 50, 60], TIME),
    "second_10": ([0, 10, 12, 16, 20, 24, 32, 40, 50, 60], TIME),
    "half_us": (ENERGY, [0.5 * k for k in range(13)]),
    "from_8": (ENERGY[1:], TIME),
}
"""Other bin edges, photo-electrons and µs."""
TIED = {"r_n_i": "r_n_cs"}


def csi_2021() -> dict[str, float]:
    """Return the results of COHERENT CsI 2021."""
    likelihood = cj.Likelihood([cj.measurements.coherent_csi_2021()])
    levels = {"1": 0.6827, "90": 0.90, "2": 0.9545}
    angle = likelihood.fit(free=["sin2_theta_w"])
    results = {
        "s2w": angle.values["sin2_theta_w"],
        "coherent_s2w": angle.values["sin2_theta_w"],
        "s2w_chi2": angle.chi2,
    }
    results |= edges(angle, "sin2_theta_w", "s2w", levels)

    radius = likelihood.fit(free=["r_n_cs"], tie=TIED)
    results |= {"rn": radius.values["r_n_cs"], "rn_chi2": radius.chi2, **edges(radius, "r_n_cs", "rn", levels)}

    both = likelihood.fit(free=["sin2_theta_w", "r_n_cs"], tie=TIED)
    fixed = likelihood.fit()
    results |= {
        "both_s2w": both.values["sin2_theta_w"],
        "both_rn": both.values["r_n_cs"],
        "both_delta": both.chi2 - fixed.chi2,
        **edges(both, "sin2_theta_w", "both_s2w", {"1": 0.6827}),
        **edges(both, "r_n_cs", "both_rn", {"1": 0.6827}),
    }
    coherent = cj.Likelihood([cj.measurements.coherent_csi_2021(form_factor="unity")]).fit()
    results["coherence"] = math.sqrt(coherent.chi2 - radius.chi2)

    (prediction,) = likelihood.predict()
    (timeless,) = likelihood.predict({"time_efficiency_rate": 0.0})
    results["sm_events"] = float(prediction.counts["cevns"].sum())
    results["sm_events_no_time"] = float(timeless.counts["cevns"].sum())

    strength = likelihood.fit(free=["cevns_norm"])
    events = strength.events()
    low, high = strength.interval("cevns_norm").around(strength.values["cevns_norm"])
    section = strength.flux_averaged_cross_section()
    absent = likelihood.fit(values={"cevns_norm": 0.0})
    results |= {
        "cevns_events": events["cevns"][0],
        "cevns_events_error": 0.5 * (high - low) * results["sm_events"],
        "ss_events": events["ss"][0],
        "brn_events": events["brn"][0],
        "nin_events": events["nin"][0],
        "no_cevns": math.sqrt(absent.chi2 - strength.chi2),
        "cross_section": 1e40 * section["value"],
        "cross_section_sm": 1e40 * section["sm"],
    }
    known = likelihood.fit(free=["cevns_norm"], values={"brn_norm": 1.0, "nin_norm": 1.0, "ss_norm": 1.0})
    energy, time = [0.0, *np.arange(8.0, 61.0, 4.0)], [*np.arange(0.0, 1.5, 0.0625), *np.arange(1.5, 6.1, 0.5)]
    fine = cj.Likelihood([cj.measurements.coherent_csi_2021(binning={"energy": energy, "time": time})])
    finer = fine.fit(free=["cevns_norm"])
    results |= {
        "cevns_events_error_known": known.error("cevns_norm") * results["sm_events"],
        "cevns_events_fine": finer.events()["cevns"][0],
        "cevns_events_error_fine": finer.error("cevns_norm") * results["sm_events"],
    }
    shift = likelihood.fit(free=["time_shift_nu"])
    return results | {"time_shift": shift.values["time_shift_nu"], "time_shift_chi2": shift.chi2}


def csi_2021_choices() -> dict[str, float]:
    """Return how the results of COHERENT CsI 2021 move with what the publications leave open."""
    csi = cj.measurements.coherent_csi_2021()
    results = {}
    for shift in (-20, 20, 60):
        fit = cj.Likelihood([csi]).fit(values={"time_shift_nu": 1e-3 * shift})
        results[f"shift_{shift}"] = fit.chi2

    for name, (energy, time) in BINNINGS.items():
        other = cj.measurements.coherent_csi_2021(binning={"energy": energy, "time": time})
        results[f"bins_{name}"] = cj.Likelihood([other]).fit().chi2

    likelihood = cj.Likelihood([csi])
    lowered = {name: 0.9 * likelihood.parameters[name].default for name in QUENCHING[:4]}
    for key, name, tie in (("s2w", "sin2_theta_w", {}), ("rn", "r_n_cs", TIED)):
        nominal, changed = (likelihood.fit(free=[name], tie=tie, values=v).values[name] for v in ({}, lowered))
        results[f"quenching_{key}"] = 100.0 * (changed / nominal - 1.0)

    proton = {name: likelihood.parameters[f"r_p_{name}"].default for name in ("cs", "i")}
    (same,) = likelihood.predict({f"r_n_{name}": radius for name, radius in proton.items()})
    box = {"cs": 1.2 * 133 ** (1 / 3), "i": 1.2 * 127 ** (1 / 3)}
    rms = {name: math.sqrt(0.6 * radius**2 + 6.0 * YUKAWA_RANGE**2) for name, radius in box.items()}
    klein_nystrand = cj.Likelihood([cj.measurements.coherent_csi_2021(form_factor="klein-nystrand")])
    (other,) = klein_nystrand.predict({f"r_{particle}_{name}": r for name, r in rms.items() for particle in "np"})
    results |= {"section_rn_is_rp": 1e40 * same.cross_section, "section_klein_nystrand": 1e40 * other.cross_section}

    time_edges, energies = csi.axes["time [us]"], np.asarray(csi.backgrounds[2]({})).sum(axis=1)
    anticoincidence = DataFile("coherent_csi_2021/experiment.toml").table("counts_anticoincidence")[2:].sum(axis=1)
    onset, rate = (likelihood.parameters[f"time_efficiency_{name}"].default for name in ("onset", "rate"))
    integral = np.minimum(time_edges, onset) - np.expm1(-rate * np.maximum(time_edges - onset, 0.0)) / rate
    shapes = {"efficiency": np.diff(integral), "flat": np.diff(time_edges), "events": anticoincidence}
    for name, shape in shapes.items():
        steady = Constant(np.outer(energies, shape / shape.sum()))
        changed = eqx.tree_at(lambda m: m.backgrounds[2], csi, steady)
        likelihood = cj.Likelihood([changed])
        results |= {
            f"template_{name}_s2w": likelihood.fit(free=["sin2_theta_w"]).values["sin2_theta_w"],
            f"template_{name}_rn": likelihood.fit(free=["r_n_cs"], tie=TIED).values["r_n_cs"],
            f"template_{name}_chi2": likelihood.fit().chi2,
        }
    return results


SOURCES = (csi_2021, csi_2021_choices)
