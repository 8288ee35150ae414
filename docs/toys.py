"""Compute the tables of docs/toys.md and draw its figures, from COHERENT CsI 2021.

python docs/toys.py             everything, the tables on standard output and the figures in docs/figures; or one of
python docs/toys.py coverage    coverage of the intervals of sin²θ_W and R_n at the Standard Model
python docs/toys.py truths      the same at other true values, and the figure
python docs/toys.py limits      intervals of Feldman and Cousins for the coupling of a light vector boson
python docs/toys.py contour     contours of Feldman and Cousins of sin²θ_W and R_n
"""

import sys
import time
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np

import cevnsjax as cj
from cevnsjax.plots.style import RC, new_figure, tidy
from cevnsjax.plots.toys import COLOURS, draw_statistic

matplotlib.use("agg")
FIGURES = Path(__file__).parent / "figures"
ANGLE: dict[str, Any] = {"free": ["sin2_theta_w"]}
RADIUS: dict[str, Any] = {"free": ["r_n_cs"], "tie": {"r_n_i": "r_n_cs"}}
BOTH: dict[str, Any] = {"free": ["sin2_theta_w", "r_n_cs"], "tie": {"r_n_i": "r_n_cs"}}
LEVELS = (0.6827, 0.90, 0.9545)
TRUE_RADIUS = 5.09
FEWER = 0.8
"""Signal, relative to the Standard Model, of the expected data that lie below it."""
SEED = 11


def csi() -> cj.Likelihood:
    """Return the likelihood of COHERENT CsI 2021 in the Standard Model."""
    return cj.Likelihood([cj.measurements.coherent_csi_2021()])


def at(asked: dict[str, Any], truth: dict[str, float], count: int) -> cj.ToyStudy:
    """Return toys drawn at a truth, nuisances at their centres: the best fit to the data that are expected there."""
    return csi().asimov(truth, asked.get("tie")).toys(count, SEED, values=truth, **asked)


def coverage(count: int = 10_000) -> None:
    """Print how often the intervals hold the Standard Model."""
    print(
        "| fitted | of | "
        + " | ".join(f"{100 * cl:g} %" for cl in LEVELS)
        + " | misses above, below at 68.27 % | mean t |"
    )
    print("|---|---|---|---|---|---|---|")
    for asked in (ANGLE, RADIUS, BOTH):
        truth = {"r_n_cs": TRUE_RADIUS} if "tie" in asked else {}
        study = at(asked, truth, count)
        for name in asked["free"]:
            t, above = study.t(name), study.values[name][study.toy_converged] > study.truth[name]
            found = [study.coverage(name, cl) for cl in LEVELS]
            shares = [f"{100 * one:.2f} ± {50 * (high - low):.2f}" for one, low, high in found]
            missed = f"{100 * np.mean(above & (t > 1)):.1f} %, {100 * np.mean(~above & (t > 1)):.1f} %"
            print(f"| {', '.join(asked['free'])} | `{name}` | {' | '.join(shares)} | {missed} | {t.mean():.3f} |")
        print(f"{study.message}; {study.seconds}", file=sys.stderr)


def truths(count: int = 4_000) -> None:
    """Draw the coverage against the true value."""
    cases = {
        "sin2_theta_w": (ANGLE, np.linspace(0.12, 0.36, 7)),
        "r_n_cs": (RADIUS, np.array([2.6, 3.2, 3.8, 4.4, 5.09, 5.8, 6.5, 7.5])),
    }
    with matplotlib.rc_context(RC):
        figure = new_figure(8.6, 3.6)
        for number, (name, (asked, values)) in enumerate(cases.items(), start=1):
            axes = figure.add_subplot(1, 2, number)
            studies = [at(asked, {name: float(value)}, count) for value in values]
            for cl, colour in zip(LEVELS, COLOURS, strict=False):
                found = 100 * np.array([study.coverage(name, cl) for study in studies])
                print(name, cl, dict(zip(values.tolist(), found[:, 0].round(2).tolist(), strict=True)))
                errors = np.abs(found[:, 1:] - found[:, :1]).T
                axes.errorbar(values, found[:, 0], errors, fmt="o", ms=4, color=colour, label=f"{100 * cl:g} %")
                axes.axhline(100 * cl, color=colour, lw=0.9, ls=(0, (4, 3)))
            parameter = studies[0].fit.likelihood.parameters[name]
            unit = "" if parameter.unit == "1" else f" [{parameter.unit}]"
            axes.set(xlabel=f"true ${parameter.latex}${unit}", ylabel="coverage [%]", ylim=(60, 100))
            axes.legend(loc="center right", ncols=1)
            tidy(axes)
    figure.savefig(FIGURES / "toys_coverage.png")


def limits(count: int = 4_000) -> None:
    """Print and draw the intervals of g_zp at 50 MeV of two models, and of one with fewer events than expected."""
    data = csi().measurements
    fewer = csi().asimov({"cevns_norm": FEWER}).measurements
    cases = {
        "universal": (data, "universal", 6e-5),
        "B-L": (data, "B-L", 1.2e-4),
        f"B-L, signal × {FEWER}": (fewer, "B-L", 1.2e-4),
    }
    with matplotlib.rc_context(RC):
        figure = new_figure(13.2, 3.9)
        for number, (title, (measurements, charges, high)) in enumerate(cases.items(), start=1):
            started = time.perf_counter()
            likelihood = cj.Likelihood(measurements, cj.light_vector(charges))
            grid = {"g_zp": np.linspace(0.0, high, 25)}
            found = likelihood.feldman_cousins(grid, count=count, seed=SEED, values={"m_zp": 50.0})
            axes = figure.add_subplot(1, 3, number)
            draw_statistic(axes, *found.panel())
            axes.legend(loc="upper left")
            axes.set_title(title)
            print(title, "best", found.fit.values["g_zp"], found.message, f"{time.perf_counter() - started:.0f} s")
            for level in found.levels:
                print("  ", level, found.interval(level).pieces, found.edges(level), "Wilks", found.wilks(level).pieces)
                critical, error = found.construction.critical(level.fraction)
                print("      critical at 0:", critical[0], "±", error[0])
            share, error = found.construction.p_values()
            print("   p at 0:", share[0], "±", error[0], "t", found.construction.observed[0])
    figure.savefig(FIGURES / "toys_feldman_cousins.png", dpi=100)


def contour(count: int = 1_000) -> None:
    """Draw the contours of the weak mixing angle and the radius."""
    grid = {"sin2_theta_w": np.linspace(0.08, 0.48, 13), "r_n_cs": np.linspace(2.3, 9.5, 13)}
    started = time.perf_counter()
    found = csi().feldman_cousins(grid, count=count, seed=SEED, tie={"r_n_i": "r_n_cs"})
    toys = [len(one) for one in found.construction.statistics]
    print(found.message, sum(toys), "toys", f"{time.perf_counter() - started:.0f} s")
    for level in found.levels:
        critical, error = found.construction.critical(level.fraction)
        print(level, "critical", critical.min(), np.median(critical), critical.max(), "±", np.median(error))
    found.plot().savefig(FIGURES / "toys_contour.png")


PARTS = {"coverage": coverage, "truths": truths, "limits": limits, "contour": contour}

if __name__ == "__main__":
    for part in sys.argv[1:] or PARTS:
        PARTS[part]()
