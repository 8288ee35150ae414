"""Germanium at reactors beside the published fits: Dresden-II, CONUS+, CONUS and TEXONO."""

import dataclasses
import math

import numpy as np

import cevnsjax as cj
from cevnsjax._base.data_files import DataFile
from cevnsjax.folding.prediction import signal_by_nuclide
from cevnsjax.measuring.measurement import Measurement
from cevnsjax.sources.reactor import ISOTOPES, antineutrinos, fission_fractions, fissions_of_power, reactor
from cevnsjax.sources.source import Source


def _signal(measurement: Measurement) -> float:
    """Return the expected signal with all parameters at their defaults."""
    defaults = {name: p.default for name, p in cj.Likelihood([measurement]).parameters.items()}
    return float(signal_by_nuclide(measurement, cj.standard_model(), defaults).sum())


def dresden() -> dict[str, float]:
    """Return the rates and the χ² of Dresden-II."""
    results = {}
    for variant in ("fef", "ybe", "fef-off"):
        model, _, off = variant.partition("-")
        measurement = (cj.measurements.dresden_ii_off if off else cj.measurements.dresden_ii)(model)
        likelihood, key = cj.Likelihood([measurement]), variant.replace("-", "_")
        absent, present = (likelihood.fit(values={"cevns_norm": strength}) for strength in (0.0, 1.0))
        results |= {f"{key}_absent": absent.chi2, f"{key}_present": present.chi2}
        if variant == "fef-off":
            continue
        results[f"{key}_rate"] = _signal(measurement)
        free = likelihood.fit(free=["cevns_norm"])
        low, high = free.interval("cevns_norm").around(free.values["cevns_norm"])
        results |= {f"{key}_strength": free.values["cevns_norm"], f"{key}_error": 0.5 * (high - low)}
        results[f"{key}_significance"] = math.sqrt(absent.chi2 - free.chi2)
        if variant == "fef":
            results |= {name: present.values[name] for name in ("l1_height", "l1_centre", "l1_width", "m_l1_ratio")}
            results |= {name: value for name, value in present.values.items() if name.startswith("continuum_")}
            fissions = fissions_of_power(2.96, 10.39, 1.0, fission_fractions("typical"))
            scattering = dataclasses.replace(measurement.counted(), source=reactor("HMVE", fissions))
            folded = dataclasses.replace(measurement, scattering=scattering)
            results["fef_power"] = _signal(folded)
    pulled = cj.Likelihood([cj.measurements.dresden_ii("fef-pulls")]).fit()
    return results | {"fef_pulled": pulled.chi2}


def counting() -> dict[str, float]:
    """Return the counts of CONUS+ and the anchors."""
    results = {}
    for name, expected in (("conus_plus_2025", 347.0), ("conus_2024", 1.0), ("texono_2025", 1.0)):
        measurement = getattr(cj.measurements, name)()
        anchor = measurement.scattering.source.components[0].fluence / _unanchored(name).components[0].fluence
        results |= {
            f"{name}_expected": _signal(measurement),
            f"{name}_anchor": anchor,
            f"{name}_folded": expected / anchor,
        }
    likelihood = cj.Likelihood([cj.measurements.conus_plus_2025()])
    fit = likelihood.fit(free=["cevns_norm"])
    none = float(likelihood.problem(free=["cevns_norm"])(np.zeros(1)))
    return results | {
        "conus_plus_strength": fit.values["cevns_norm"],
        "conus_plus_error": fit.hessian_error("cevns_norm"),
        "conus_plus_significance": math.sqrt(none - fit.chi2),
    }


def _unanchored(name: str) -> Source:
    """Return the source of a measurement from thermal power and distance alone."""
    data = DataFile(f"{name}/experiment.toml")
    fractions = fission_fractions(data.array("source.fission_fractions", "fraction"))
    power, distance = data.number("source.thermal_power", "GW"), data.number("source.distance", "m")
    return reactor(data.get("source.model", str), fissions_of_power(power, distance, 1.0, fractions))


def spectra() -> dict[str, float]:
    """Return the antineutrinos per fission, and the yields of inverse beta decay."""
    typical = fission_fractions("typical")
    results = {"kopeikin": antineutrinos("kopeikin", typical)[0], "hmve": antineutrinos("HMVE", typical)[0]}
    for isotope in ISOTOPES:
        number, spectrum = antineutrinos("HMVE", {other: float(other == isotope) for other in ISOTOPES})
        section = spectrum.moment(_beta_kernel, np.zeros(1), np.array([1.8044]), 24)[0]
        results[f"ibd_{isotope}"] = 1e43 * number * section
    return results


def _beta_kernel(energy: np.ndarray, recoil: np.ndarray) -> np.ndarray:
    """Return the cross section of inverse beta decay [cm²], astro-ph/0302055 Eq. 25."""
    positron = energy - 1.2933
    momentum = np.sqrt(np.maximum(positron**2 - 0.51099895**2, 0.0))
    log = np.log(energy)
    return 1e-43 * momentum * positron * energy ** (-0.07056 + 0.02018 * log - 0.001953 * log**3)


SOURCES = (dresden, counting, spectra)
