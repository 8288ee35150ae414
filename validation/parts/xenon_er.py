"""Solar neutrinos on the electrons of xenon: events, χ² of the fits, limits on moments and charges."""

import cevnsjax as cj
from cevnsjax.interactions.magnetic_moment import magnetic_moment
from cevnsjax.interactions.millicharge import millicharge
from cevnsjax.measurements import load

NAMES = {
    "lz22": "lz-er",
    "lz24": "lz-er:ws2024",
    "xnt": "xenonnt-er",
    "xnt_gauss": "xenonnt-er:gaussian",
    "px": "pandax4t-er",
}
"""Measurements by the beginning of the ids of their rows."""


def events() -> dict[str, float]:
    """Return the events of solar neutrinos and χ² of the published fits."""
    results = {}
    for key, name in NAMES.items():
        likelihood = cj.Likelihood([load(name)])
        (prediction,) = likelihood.predict()
        results |= {f"{key}_es": float(prediction.counts["es"].sum()), f"{key}_chi2": likelihood.chi2()}
        if key == "lz22":
            results["lz22_es_15"] = float(prediction.counts["es"].ravel()[:14].sum())
    return results


def limit(names: tuple[str, ...], model: cj.Interaction, leader: str, followers: tuple[str, ...]) -> float:
    """Return the upper end of the 90 % interval of a parameter that all flavours have alike."""
    likelihood = cj.Likelihood([load(name) for name in names], [model])
    fit = likelihood.fit(free=[leader], tie=dict.fromkeys(followers, leader))
    return fit.interval(leader, 0.9).pieces[-1][1]


def limits() -> dict[str, float]:
    """Return the limits on magnetic moments [1e-11 μ_B] and charges [1e-13 e] of each and of three together."""
    results = {}
    together = ("lz-er", "lz-er:ws2024", "xenonnt-er", "pandax4t-er")
    for key, names in {**{key: (name,) for key, name in NAMES.items()}, "all": together}.items():
        moments = ("magnetic_moment_mu", "magnetic_moment_tau")
        results[f"{key}_mu"] = 10.0 * limit(names, magnetic_moment(), "magnetic_moment_e", moments)
        charges = ("millicharge_mumu", "millicharge_tautau")
        results[f"{key}_q"] = 1e5 * limit(names, millicharge(), "millicharge_ee", charges)
    return results


SOURCES = (events, limits)
