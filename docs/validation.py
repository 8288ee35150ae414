"""Write docs/validation.md: every published number that the project covers, beside ours, with the difference explained.

python docs/validation.py            compute, write the page; exit code 1 if a number left its window
python docs/validation.py --check    the same, but write nothing: exit code 1 also if the page would change
"""

import math
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import equinox as eqx
import numpy as np

import cevnsjax as cj
from cevnsjax._data import DataFile
from cevnsjax._stage import Constant
from cevnsjax.detectors.response import QUENCHING
from cevnsjax.interactions.couplings import COUPLING_SIN2, formula
from cevnsjax.nuclei.form_factors import YUKAWA_RANGE

ENERGY, TIME = [0, 8, 12, 16, 20, 24, 32, 40, 50, 60], [0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1, 2, 4, 6]
BINNINGS = {
    "25_30": ([0, 8, 12, 16, 20, 25, 30, 40, 50, 60], TIME),
    "second_10": ([0, 10, 12, 16, 20, 24, 32, 40, 50, 60], TIME),
    "half_us": (ENERGY, [0.5 * k for k in range(13)]),
    "from_8": (ENERGY[1:], TIME),
}
"""Other bin edges, photo-electrons and µs."""
HERE = Path(__file__).parent
TIED = {"r_n_i": "r_n_cs"}


def couplings() -> dict[str, float]:
    """Return the couplings of the schemes with radiative corrections."""
    found = {}
    for scheme in ("2020", "2022"):
        chosen = formula(scheme, COUPLING_SIN2)
        found |= {
            f"gvp_{lepton}_{scheme}": float(chosen.proton(lepton, COUPLING_SIN2)) for lepton in ("e", "mu", "tau")
        }
        found[f"gvn_{scheme}"] = float(chosen.neutron)
    return found


def edges(fit: cj.FitResult, name: str, prefix: str, levels: dict[str, float]) -> dict[str, float]:
    """Return the distances of the edges of the intervals from the best fit, up and down."""
    found = {}
    for key, level in levels.items():
        low, high = fit.interval(name, level).around(fit.values[name])
        found |= {f"{prefix}_up{key}": high - fit.values[name], f"{prefix}_down{key}": fit.values[name] - low}
    return found


def csi_2021() -> dict[str, float]:
    """Return the results of COHERENT CsI 2021."""
    likelihood = cj.Likelihood([cj.measurements.coherent_csi_2021()])
    levels = {"1": 0.6827, "90": 0.90, "2": 0.9545}
    angle = likelihood.fit(free=["sin2_theta_w"])
    found = {"s2w": angle.values["sin2_theta_w"], "coherent_s2w": angle.values["sin2_theta_w"], "s2w_chi2": angle.chi2}
    found |= edges(angle, "sin2_theta_w", "s2w", levels)

    radius = likelihood.fit(free=["r_n_cs"], tie=TIED)
    found |= {"rn": radius.values["r_n_cs"], "rn_chi2": radius.chi2, **edges(radius, "r_n_cs", "rn", levels)}

    both = likelihood.fit(free=["sin2_theta_w", "r_n_cs"], tie=TIED)
    fixed = likelihood.fit()
    found |= {
        "both_s2w": both.values["sin2_theta_w"],
        "both_rn": both.values["r_n_cs"],
        "both_delta": both.chi2 - fixed.chi2,
        **edges(both, "sin2_theta_w", "both_s2w", {"1": 0.6827}),
        **edges(both, "r_n_cs", "both_rn", {"1": 0.6827}),
    }
    coherent = cj.Likelihood([cj.measurements.coherent_csi_2021(form_factor="unity")]).fit()
    found["coherence"] = math.sqrt(coherent.chi2 - radius.chi2)

    (prediction,) = likelihood.predict()
    (timeless,) = likelihood.predict({"time_efficiency_rate": 0.0})
    found["sm_events"] = float(prediction.counts["cevns"].sum())
    found["sm_events_no_time"] = float(timeless.counts["cevns"].sum())

    strength = likelihood.fit(free=["cevns_norm"])
    events = strength.events()
    low, high = strength.interval("cevns_norm").around(strength.values["cevns_norm"])
    section = strength.flux_averaged_cross_section()
    absent = likelihood.fit(values={"cevns_norm": 0.0})
    found |= {
        "cevns_events": events["cevns"][0],
        "cevns_events_error": 0.5 * (high - low) * found["sm_events"],
        "ss_events": events["ss"][0],
        "brn_events": events["brn"][0],
        "nin_events": events["nin"][0],
        "no_cevns": math.sqrt(absent.chi2 - strength.chi2),
        "cross_section": 1e40 * section["value"],
        "cross_section_sm": 1e40 * section["sm"],
    }
    known = likelihood.fit(free=["cevns_norm"], values={"brn_norm": 1.0, "nin_norm": 1.0, "ss_norm": 1.0})
    energy, time = [0.0, *np.arange(8.0, 61.0, 4.0)], [*np.arange(0.0, 1.5, 0.0625), *np.arange(1.5, 6.1, 0.5)]
    fine = cj.Likelihood([cj.measurements.coherent_csi_2021(energy_edges=energy, time_edges=time)])
    finer = fine.fit(free=["cevns_norm"])
    found |= {
        "cevns_events_error_known": known.error("cevns_norm") * found["sm_events"],
        "cevns_events_fine": finer.events()["cevns"][0],
        "cevns_events_error_fine": finer.error("cevns_norm") * found["sm_events"],
    }
    shift = likelihood.fit(free=["time_shift_nu"])
    return found | {"time_shift": shift.values["time_shift_nu"], "time_shift_chi2": shift.chi2}


def csi_2021_choices() -> dict[str, float]:
    """Return how the results of COHERENT CsI 2021 move with what the publications leave open."""
    csi = cj.measurements.coherent_csi_2021()
    found = {}
    for shift in (-20, 20, 60):
        fit = cj.Likelihood([csi]).fit(values={"time_shift_nu": 1e-3 * shift})
        found[f"shift_{shift}"] = fit.chi2

    for name, (energy, time) in BINNINGS.items():
        other = cj.measurements.coherent_csi_2021(energy_edges=energy, time_edges=time)
        found[f"bins_{name}"] = cj.Likelihood([other]).fit().chi2

    likelihood = cj.Likelihood([csi])
    lowered = {name: 0.9 * likelihood.parameters[name].default for name in QUENCHING}
    for key, name, tie in (("s2w", "sin2_theta_w", {}), ("rn", "r_n_cs", TIED)):
        nominal, changed = (likelihood.fit(free=[name], tie=tie, values=v).values[name] for v in ({}, lowered))
        found[f"quenching_{key}"] = 100.0 * (changed / nominal - 1.0)

    proton = {name: likelihood.parameters[f"r_p_{name}"].default for name in ("cs", "i")}
    (same,) = likelihood.predict({f"r_n_{name}": radius for name, radius in proton.items()})
    box = {"cs": 1.2 * 133 ** (1 / 3), "i": 1.2 * 127 ** (1 / 3)}
    rms = {name: math.sqrt(0.6 * radius**2 + 6.0 * YUKAWA_RANGE**2) for name, radius in box.items()}
    klein_nystrand = cj.Likelihood([cj.measurements.coherent_csi_2021(form_factor="klein-nystrand")])
    (other,) = klein_nystrand.predict({f"r_{particle}_{name}": r for name, r in rms.items() for particle in "np"})
    found |= {"section_rn_is_rp": 1e40 * same.cross_section, "section_klein_nystrand": 1e40 * other.cross_section}

    edges = csi.window.edges
    anticoincidence = DataFile("coherent_csi_2021/measurement.toml").table("counts_anticoincidence")[2:].sum(axis=1)
    onset, rate = csi.window.onset, csi.window.rate
    integral = np.minimum(edges, onset) - np.expm1(-rate * np.maximum(edges - onset, 0.0)) / rate
    shapes = {"efficiency": np.diff(integral), "flat": np.diff(edges), "events": anticoincidence}
    for name, shape in shapes.items():
        time = Constant((shape / shape.sum())[None, :])
        changed = eqx.tree_at(lambda m: m.backgrounds[2].time, csi, time)
        likelihood = cj.Likelihood([changed])
        found |= {
            f"template_{name}_s2w": likelihood.fit(free=["sin2_theta_w"]).values["sin2_theta_w"],
            f"template_{name}_rn": likelihood.fit(free=["r_n_cs"], tie=TIED).values["r_n_cs"],
            f"template_{name}_chi2": likelihood.fit().chi2,
        }
    return found


SOURCES: tuple[Callable[[], dict[str, float]], ...] = (couplings, csi_2021, csi_2021_choices)


def page() -> tuple[str, list[str]]:
    """Return the page and a line for each number that left its window."""
    table = tomllib.loads((HERE / "validation.toml").read_text())
    ours: dict[str, float] = {}
    for source in SOURCES:
        ours |= source()
    lines = [
        "# Validation: published numbers beside ours",
        "",
        "Written by `python docs/validation.py`, which fails when a number of ours leaves its window. What is compared",
        "and why it differs stands in `docs/validation.toml`.",
    ]
    moved = []
    for group in table["group"]:
        lines += ["", f"## {group['title']}", "", " ".join(group["note"].split()), ""]
        lines += ["| quantity | published | source | ours | window | why it differs |", "|---|---|---|---|---|---|"]
        for row in group["rows"]:
            value, digits = ours[row["id"]], row["digits"]
            if not row["low"] <= value <= row["high"]:
                moved.append(f"{row['id']}: {value:.6g} is not in {row['low']:g} … {row['high']:g}")
            window = f"{row['low']:g} … {row['high']:g}"
            paper, published = table["papers"][row["paper"]], row["published"] or "–"
            cells = [row["quantity"], published, paper, f"{value:.{digits}f}", window, row["why"]]
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n", moved


def main() -> int:
    """Write or check the page."""
    text, moved = page()
    path = HERE / "validation.md"
    for line in moved:
        print(line, file=sys.stderr)
    if "--check" in sys.argv[1:]:
        if not path.exists() or path.read_text() != text:
            print(f"{path.name} is not what the computation gives: run python docs/validation.py", file=sys.stderr)
            return 1
    elif not moved:
        path.write_text(text)
    return 1 if moved else 0


if __name__ == "__main__":
    sys.exit(main())
