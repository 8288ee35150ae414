"""Solar ⁸B neutrinos on xenon, and the probability that they stay electron neutrinos."""

import math

import numpy as np

import cevnsjax as cj
from cevnsjax.folding.prediction import flux_averaged_cross_section
from cevnsjax.measurements import load
from cevnsjax.sources.solar import solar_flux, survival_probability

from ._common import edges

GS98 = solar_flux("b8")[0] / 1e6
"""Flux [1e6 /cm²/s] that b8_flux_norm is relative to."""
SNO = 5.25
"""Flux of 8B neutrinos [1e6 /cm²/s], SNO, arXiv:1109.0763."""


def flux(name: str, prefix: str) -> dict[str, float]:
    """Return the fitted flux [1e6 /cm²/s], its 1σ interval, the events and the significance of a measurement."""
    likelihood = cj.Likelihood([load(name)])
    fit = likelihood.fit(free=["b8_flux_norm"])
    nothing = likelihood.fit(values={"b8_flux_norm": 0.0})
    (prediction,) = likelihood.predict(fit.values)
    interval = edges(fit, "b8_flux_norm", prefix, {"1": 0.6827})
    return {
        prefix: GS98 * fit.values["b8_flux_norm"],
        **{key: GS98 * value for key, value in interval.items()},
        f"{prefix}_events": float(prediction.counts["cevns"].sum()),
        f"{prefix}_sigma": math.sqrt(nothing.chi2 - fit.chi2),
    }


def xenonnt() -> dict[str, float]:
    """Return the results of XENONnT."""
    measurement = load("xenonnt-8b:sr0-sr1")
    likelihood = cj.Likelihood([measurement])
    (prediction,) = likelihood.predict()
    background = sum(float(counts.sum()) for name, counts in prediction.counts.items() if name != "cevns")
    params = {name: parameter.default for name, parameter in likelihood.parameters.items()}
    section = 1e39 * float(flux_averaged_cross_section(measurement, likelihood.interaction, params))
    results = flux("xenonnt-8b:sr0-sr1", "xe") | flux("xenonnt-8b", "xe_all")
    return results | {
        "xe_observed": float(measurement.observed.sum()),
        "xe_background": background,
        "xe_expected": float(prediction.counts["cevns"].sum()) * SNO / GS98,
        "xe_section_sm": section,
        "xe_section": section * results["xe"] / SNO,
    }


def counting() -> dict[str, float]:
    """Return the results of PandaX-4T and of the counting experiment equivalent to LZ."""
    (panda,) = cj.Likelihood([load("pandax4t-8b")]).predict()
    paired, us2 = panda.counts["cevns"] * 8.4 / GS98
    results = {"px_paired": float(paired), "px_us2": float(us2)}
    return results | flux("pandax4t-8b", "px") | flux("lz-8b", "lz")


def survival() -> dict[str, float]:
    """Return P_ee at the energies of Borexino."""
    energies = {"pp": 0.267, "be7": 0.862, "b8": 8.1}
    return {f"pee_{kind}": float(survival_probability(kind, np.array([e]))[0]) for kind, e in energies.items()}


SOURCES = (xenonnt, counting, survival)
