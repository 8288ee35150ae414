"""COHERENT Ge-Mini beside arXiv:2406.13806."""

import dataclasses
import math

import numpy as np
from _common import edges

import cevnsjax as cj
from cevnsjax._data import DataFile
from cevnsjax._stage import Constant
from cevnsjax.detectors.response import BinnedDetector
from cevnsjax.measurements import coherent_ge_mini_2024
from cevnsjax.measurements.coherent_ge_mini_2024 import energy_detector

REGION = np.array([1.5, 8.5, 11.0, 19.5, 20.0])
"""1.5 to 20 keV; the second of these bins is excluded."""
LEVELS = {"1": 0.6827}
ALL = tuple(f"ss_level_{k}" for k in range(1, 10))


def region() -> dict[str, float]:
    """Return the expected events in the region of interest, and in the whole range of the grid."""
    measurement = coherent_ge_mini_2024()
    data = DataFile("coherent_ge_mini_2024/measurement.toml")
    detector = BinnedDetector(energy_detector(data, REGION), Constant(np.ones((3, 1))), {})
    bare = dataclasses.replace(
        measurement,
        detector=detector,
        backgrounds=(),
        strengths=measurement.strengths[:1],
        observed=np.zeros(detector.shape),
        nuisances=(),
    )
    likelihood = cj.Likelihood([bare])
    inside = [0, 2, 3]

    def expected(**values: float) -> float:
        return float(likelihood.predict(values)[0].counts["cevns"][inside].sum())

    (nominal,) = likelihood.predict()
    return {
        "ge_region": float(nominal.counts["cevns"][inside].sum()),
        "ge_grid": float(nominal.counts["cevns"][:3].sum()),
        "ge_region_same": expected(r_n_ge=likelihood.parameters["r_p_ge"].default),
        "ge_region_k_up": expected(lindhard_k_ge=0.161),
        "ge_region_k_down": expected(lindhard_k_ge=0.153),
    }


def events() -> dict[str, float]:
    """Return the events of the fit, and what they are with other assumptions on the backgrounds."""
    likelihood = cj.Likelihood([coherent_ge_mini_2024()])
    fit = likelihood.fit(free=["cevns_norm"])
    total = float(likelihood.predict()[0].counts["cevns"].sum())
    share = region()["ge_region"] / total
    interval = {name: total * value for name, value in edges(fit, "cevns_norm", "ge", LEVELS).items()}
    absent = likelihood.fit(values={"cevns_norm": 0.0})
    found = {
        "ge_bins": total,
        "ge_events": total * fit.values["cevns_norm"],
        **interval,
        "ge_null": math.sqrt(absent.chi2 - fit.chi2),
        "ge_region_events": share * total * fit.values["cevns_norm"],
        "ge_region_up": share * interval["ge_up1"],
        "ge_region_down": share * interval["ge_down1"],
        "ge_sm": math.sqrt(likelihood.fit().chi2 - fit.chi2),
        "ge_chi2": fit.chi2,
    }
    known = dict.fromkeys(ALL, 1.0)
    for name, values in (("known", known), ("no_brn", {"brn_norm": 0.0})):
        other = likelihood.fit(free=["cevns_norm"], values=values)
        without = likelihood.fit(values=values | {"cevns_norm": 0.0})
        found |= {
            f"ge_{name}": total * other.values["cevns_norm"],
            f"ge_{name}_null": math.sqrt(without.chi2 - other.chi2),
            **{n: total * v for n, v in edges(other, "cevns_norm", f"ge_{name}", LEVELS).items()},
        }
    return found


SOURCES = (region, events)
