"""COHERENT Ge-Mini beside arXiv:2406.13806."""

import dataclasses
import math

import numpy as np

import cevnsjax as cj
from cevnsjax._base.data_files import DataFile
from cevnsjax.detectors.energy import EnergyDetector
from cevnsjax.detectors.response import BinnedDetector
from cevnsjax.measurements import coherent_ge_mini_2024
from cevnsjax.measuring.measurement import Measurement
from cevnsjax.measuring.terms.poisson import PoissonCounts
from cevnsjax.stages.stage import Constant

from ._common import edges

REGION = np.array([1.5, 8.5, 11.0, 19.5, 20.0])
"""1.5 to 20 keV; the second of these bins is excluded."""
LEVELS = {"1": 0.6827}
ALL = tuple(f"ss_level_{k}" for k in range(1, 10))


def _bare(measurement: Measurement, detector: BinnedDetector) -> Measurement:
    """Return the measurement with another detector, without backgrounds and without data."""
    scattering = dataclasses.replace(measurement.counted(), detector=detector)
    shape = tuple(len(edges) - 1 for edges in detector.axes.values())
    return dataclasses.replace(
        measurement,
        scattering=scattering,
        backgrounds=(),
        strengths=measurement.strengths[:1],
        term=PoissonCounts(np.zeros(shape)),
        declared=(),
    )


def _energy_detector(measurement: Measurement, edges: np.ndarray) -> EnergyDetector:
    """Return the response of the measurement in bins between other `edges` [keV]."""
    detector = measurement.counted().detector
    assert isinstance(detector, BinnedDetector)
    return dataclasses.replace(detector.energy, edges=edges)


def region() -> dict[str, float]:
    """Return the expected events in the region of interest, and in the whole range of the grid."""
    measurement = coherent_ge_mini_2024()
    detector = BinnedDetector(_energy_detector(measurement, REGION), Constant(np.ones((3, 1))), {})
    likelihood = cj.Likelihood([_bare(measurement, detector)])
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
    results = {
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
        results |= {
            f"ge_{name}": total * other.values["cevns_norm"],
            f"ge_{name}_null": math.sqrt(without.chi2 - other.chi2),
            **{n: total * v for n, v in edges(other, "cevns_norm", f"ge_{name}", LEVELS).items()},
        }
    return results


def binning() -> dict[str, float]:
    """Return the significance to expect of 0.6 times the signal over a known background, in finer bins too.

    The background is linear in the energy between the fitted levels of the bins beside the lines.
    """
    data = DataFile("coherent_ge_mini_2024/experiment.toml")
    measurement = coherent_ge_mini_2024()
    fit = cj.Likelihood([measurement]).fit(free=["cevns_norm"])
    level = fit.prediction(0).counts["ss"][:, 0].sum(axis=1) / np.diff(measurement.axes["energy [keV]"])
    centres = 0.5 * (measurement.axes["energy [keV]"][1:] + measurement.axes["energy [keV]"][:-1])
    beside = np.abs(centres - 9.5) > 2.0
    _, _, *shares = data.table("arrival_times")
    share = np.array(shares)[[0, 1, 1]]  # in 9 bins of 2 us

    def expected(edges: np.ndarray, excluded: tuple[float, float], widths: int) -> float:
        times = np.pad(share, ((0, 0), (0, -share.shape[1] % widths))).reshape(3, -1, widths).sum(axis=2)
        detector = BinnedDetector(
            _energy_detector(measurement, edges), Constant(times), {"time": np.arange(times.shape[1] + 1.0)}
        )
        likelihood = cj.Likelihood([_bare(measurement, detector)])
        centre = 0.5 * (edges[1:] + edges[:-1])
        included = (centre < excluded[0]) | (centre > excluded[1])
        signal = 0.6 * likelihood.predict()[0].counts["cevns"][included]
        density = np.interp(centre, centres[beside], level[beside]) * np.diff(edges)
        background = density[included, None] * np.ones(signal.shape[1]) * widths * 2.0 / 40.0
        total = signal + background
        return math.sqrt(2.0 * np.sum(total * np.log(total / background) - signal))

    coarse, fine = np.arange(1.5, 19.6, 2.0), np.arange(1.5, 20.1, 0.25)
    return {
        "ge_expected": expected(coarse, (7.5, 11.5), 2),
        "ge_expected_time": expected(coarse, (7.5, 11.5), 1),
        "ge_expected_energy": expected(fine, (8.5, 11.0), 2),
        "ge_expected_both": expected(fine, (8.5, 11.0), 1),
    }


SOURCES = (region, events, binning)
