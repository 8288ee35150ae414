"""Charge radii and magnetic moments from liquid argon, beside arXiv:2005.01645."""

import cevnsjax as cj
from cevnsjax.interactions.catalogue import resolve_models
from cevnsjax.measurements import load

LEVELS = {"1": 0.6827, "2": 0.9545, "3": 0.9973}


def _fit(model: str, free: list[str]) -> cj.FitResult:
    """Return the fit of `free` parameters of a model, with the couplings of that paper."""
    return cj.Likelihood([load("coherent-lar-2020:1d")], resolve_models([model], "2020")).fit(free=free)


def charge_radii() -> dict[str, float]:
    """Return the intervals of the charge radii, diagonal and of transitions, all five free."""
    names = [f"charge_radius_{pair}" for pair in ("ee", "mumu", "emu", "etau", "mutau")]
    fit = _fit("charge-radius", names)
    results = {"radii_chi2": fit.chi2}
    for name in names:
        pair = name.removeprefix("charge_radius_")
        for key, level in LEVELS.items():
            pieces = fit.interval(name, level).pieces
            results |= {f"radius_{pair}_low{key}": pieces[0][0], f"radius_{pair}_high{key}": pieces[-1][1]}
    return results


def magnetic_moments() -> dict[str, float]:
    """Return the upper limits of the magnetic moments of ν_e and ν_μ, each with the other free."""
    names = ["magnetic_moment_e", "magnetic_moment_mu"]
    fit = _fit("magnetic-moment", names)
    return {
        f"{name.removeprefix('magnetic_')}_{key}": fit.interval(name, level).pieces[-1][1]
        for name in names
        for key, level in LEVELS.items()
    }


SOURCES = (charge_radii, magnetic_moments)
