"""COHERENT CsI 2017 beside arXiv:1710.02730 and COHERENT's own fit."""

import math
from typing import Any

import equinox as eqx
import numpy as np

import cevnsjax as cj
from cevnsjax._base.data_files import DataFile
from cevnsjax.measurements import coherent_csi_2017
from cevnsjax.measuring.measurement import Measurement
from cevnsjax.stages.backgrounds import exponential_shape
from cevnsjax.stages.stage import Constant

from ._common import edges

TIED = {"r_n_i": "r_n_cs"}
EXPONENTIAL = 0.0494
"""Rate [1/µs] at which the steady-state background of the 2021 data falls (arXiv:2110.07730)."""
LEVELS = {"1": 0.6827}


def radius() -> dict[str, float]:
    """Return the results of the fit in energy alone."""
    likelihood = cj.Likelihood([coherent_csi_2017()])
    fit = likelihood.fit(free=["r_n_cs"], tie=TIED)
    proton = 0.5 * sum(likelihood.parameters[f"r_p_{name}"].default for name in ("cs", "i"))
    coherent = cj.Likelihood([coherent_csi_2017(form_factor="unity")])
    results = {
        "rn17": fit.values["r_n_cs"],
        **edges(fit, "r_n_cs", "rn17", LEVELS),
        "skin17": fit.values["r_n_cs"] - proton,
        "rn17_chi2": fit.chi2,
        "coherence17": math.sqrt(coherent.fit().chi2 - fit.chi2),
    }
    full_pull = likelihood.fit(free=["r_n_cs"], tie=TIED, constrain={"cevns_norm": (1.0, 0.28)})
    results |= {"rn17_full": full_pull.values["r_n_cs"], **edges(full_pull, "r_n_cs", "rn17_full", LEVELS)}

    radii = {f"r_n_{name}": likelihood.parameters[f"r_p_{name}"].default for name in ("cs", "i")}
    tree = cj.Likelihood([coherent_csi_2017()], cj.standard_model("tree"))
    results["rn17_tree"] = tree.fit(free=["r_n_cs"], tie=TIED).values["r_n_cs"]
    results["events17_sm"] = float(likelihood.predict()[0].counts["cevns"].sum())
    results["events17_same"] = float(tree.predict(radii)[0].counts["cevns"].sum())

    strength = likelihood.fit(free=["cevns_norm"])
    results["events17_counted"] = strength.events()["cevns"][0]
    results["events17_counted_error"] = strength.error("cevns_norm") * results["events17_sm"]
    return results


def events(measurement: Measurement, prefix: str, **fit: Any) -> dict[str, float]:
    """Return the signal events of a measurement, half the width of their interval, and the significance."""
    likelihood = cj.Likelihood([measurement])
    free = likelihood.fit(free=["cevns_norm"], **fit)
    (prediction,) = likelihood.predict()
    total = float(prediction.counts["cevns"].sum())
    low, high = free.interval("cevns_norm").around(free.values["cevns_norm"])
    without: dict[str, Any] = {**fit, "values": {**fit.get("values", {}), "cevns_norm": 0.0}}
    absent = likelihood.fit(**without)
    return {
        prefix: total * free.values["cevns_norm"],
        f"{prefix}_error": 0.5 * total * (high - low),
        f"{prefix}_null": math.sqrt(absent.chi2 - free.chi2),
        f"{prefix}_chi2": free.chi2,
        f"{prefix}_sm": total,
    }


def counts() -> dict[str, float]:
    """Return the results of the fit in energy and time."""
    measurement = coherent_csi_2017("energy-time")
    results = events(measurement, "timed17")
    fit = cj.Likelihood([measurement]).fit(free=["r_n_cs"], tie=TIED)
    return results | {"timed17_rn": fit.values["r_n_cs"], **edges(fit, "r_n_cs", "timed17_rn", LEVELS)}


def choices() -> dict[str, float]:
    """Return how the events move with the steady-state background and its pull."""
    measurement = coherent_csi_2017("energy-time")
    data = DataFile("coherent_csi_2017/experiment.toml")
    before = np.transpose(data.table("counts_anticoincidence_beam_on")[2:])
    time = measurement.axes["time [us]"]
    total = np.asarray(measurement.backgrounds[1].array)
    energy = total.sum(axis=1)
    templates = {
        "before": np.outer(before.sum(axis=1), before.sum(axis=0)) / before.sum(),
        "exponential": np.outer(energy, exponential_shape(time, EXPONENTIAL)),
        "flat": np.outer(energy, np.diff(time) / np.ptp(time)),
        "events": np.where(before > 0, before, 1e-3),
    }
    results = {}
    for name, template in templates.items():
        changed = eqx.tree_at(lambda m: m.backgrounds[1], measurement, Constant(template))
        results |= events(changed, f"template17_{name}")
    for name, width in (("narrow", 0.035), ("wide", 0.171)):
        results |= events(measurement, f"pull17_{name}", constrain={"ss_norm": (1.0, width)})
    return results


SOURCES = (radius, counts, choices)
