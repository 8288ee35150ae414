"""Make the figures of docs/electroweak.md, and print its table.

python docs/electroweak.py             everything
python docs/electroweak.py relation    the figure of the relation alone; `plane`, `radii`, `table` for the others
"""

import sys
from pathlib import Path

import matplotlib

import cevnsjax as cj
from cevnsjax.nuclei.mean_field import mean_field
from cevnsjax.nuclei.skins import skin_relation
from cevnsjax.plots.style import LEVEL_COLOURS, RC, new_figure, save, tidy
from cevnsjax.results.radii import draw_relation

matplotlib.use("agg")
FIGURES = Path(__file__).parent / "figures"
RADIUS = {"free": ["r_n_cs"], "tie": {"r_n_i": "r_n_cs"}}
ANALYSES = {
    "electroweak-direct": "parity violation in Cs, CsI, storage ring",
    "electroweak-all": "with lead by the relation",
    "electroweak-direct:dzuba2012": "parity violation in Cs (Dzuba 2012), CsI, storage ring",
    "electroweak-all:dzuba2012": "with lead by the relation",
}


def draw_line(path: Path) -> None:
    """Draw the relation of the skins with what was measured."""
    profile = cj.Likelihood("electroweak-all").profile(
        ["r_n_pb", "r_n_cs"], {"r_n_pb": (5.5, 6.1), "r_n_cs": (4.85, 5.25)}, 41
    )
    alone = {
        "caesium alone, 1σ": cj.Likelihood("electroweak-direct").fit(["sin2_theta_w", "r_n_cs"]),
        "PREX-II alone, 1σ": cj.Likelihood("prex-ii").fit(["r_n_pb"]),
    }
    save(draw_relation(profile, alone), path)


def draw_plane(path: Path) -> None:
    """Draw sin²θ_W against the radius of caesium, with and without lead."""
    with matplotlib.rc_context(RC):
        figure = new_figure(6.4, 4.4)
        axes = figure.subplots()
        for name, entry in list(ANALYSES.items())[:2]:
            likelihood = cj.Likelihood(name)
            profile = likelihood.profile(
                ["r_n_cs", "sin2_theta_w"], {"r_n_cs": (4.3, 5.8), "sin2_theta_w": (0.231, 0.248)}, 61
            )
            profile.plot(ax=axes, level=[0.6827, 0.9545], label=f"{name}: {entry}")
        axes.set_xlim(4.3, 5.8)
        axes.set_ylim(0.231, 0.2535)
        axes.legend(loc="upper left", fontsize=8)
        save(figure, path)


def radii() -> dict[str, tuple[float, float, float]]:
    """Return R_n(Cs) with its edges at 1σ, by what measures it; of the future ones around the model's radius."""
    found = {}
    jobs = {
        "APV(Cs), Dzuba 2012": ("apv-cs", {"free": ["r_n_cs"]}, "fit"),
        "APV(Cs), Sahoo 2021": ("apv-cs:sahoo2021", {"free": ["r_n_cs"]}, "fit"),
        "COHERENT CsI 2021": ("coherent-csi-2021", RADIUS, "fit"),
        "storage ring": ("csre-cs", {"free": ["r_n_cs"]}, "fit"),
        "electroweak-direct": ("electroweak-direct", {}, "fit"),
        "electroweak-all": ("electroweak-all", {}, "fit"),
        "CryoCsI-I, expected": ("cryocsi-i", RADIUS, "forecast"),
        "CryoCsI-II, expected": ("cryocsi-ii", RADIUS, "forecast"),
    }
    for label, (name, request, method) in jobs.items():
        fit = getattr(cj.Likelihood(name), method)(**request)
        low, high = fit.interval("r_n_cs", 0.6827).around(fit.values["r_n_cs"])
        found[label] = (fit.values["r_n_cs"], low, high)
        print(label, f"{found[label][0]:.3f} +{high - found[label][0]:.3f} -{found[label][0] - low:.3f}")
    return found


def draw_radii(path: Path) -> None:
    """Draw all radii of caesium, current and future, beside the mean-field models."""
    found, models = radii(), mean_field("133Cs")
    with matplotlib.rc_context(RC):
        figure = new_figure(6.4, 3.8)
        axes = figure.subplots()
        axes.axvspan(
            models.neutron.min(), models.neutron.max(), color=LEVEL_COLOURS[2], lw=0, label="mean-field models"
        )
        for place, (label, (best, low, high)) in enumerate(reversed(found.items())):
            future = label.endswith("expected")
            axes.errorbar(
                best,
                place,
                xerr=[[best - low], [high - best]],
                fmt="o",
                ms=4,
                capsize=2,
                color="black",
                mfc="white" if future else "black",
            )
        axes.set_yticks(range(len(found)), list(reversed(found)))
        axes.set_ylim(-0.6, len(found) - 0.4)
        axes.set_xlabel(r"$R_n(^{133}\mathrm{Cs})$ [fm], physical, 1σ")
        axes.legend(loc="lower right")
        tidy(axes)
        save(figure, path)


def table() -> None:
    """Print the fits, and how they depend on the models of the relation."""
    for name in ANALYSES:
        fit = cj.Likelihood(name).fit()
        print(name, *(_shown(fit, parameter) for parameter in fit.specification.free))
    every = skin_relation("133Cs", "208Pb").models
    names = ["apv-cs:sahoo2021", "coherent-csi-2021", "csre-cs", "apv-pb", "prex-ii"]
    for left_out in every:
        relation = skin_relation("133Cs", "208Pb", [model for model in every if model != left_out])
        at = [float(relation.expected(skin)) for skin in (0.2, 0.28)]
        print(f"without {left_out}: slope {relation.slope:.3f}, at 0.20 and 0.28 fm {at[0]:.4f}, {at[1]:.4f} fm")
    for variant in ("all", "skyrme", "soft"):
        likelihood = cj.Likelihood(
            [*names, f"skin-cs-pb:{variant}"], free=["sin2_theta_w", "r_n_cs"], tie={"r_n_i": "r_n_cs"}
        )
        fit = likelihood.fit()
        print(variant, *(_shown(fit, parameter) for parameter in fit.specification.free))


def _shown(fit: cj.FitResult, name: str) -> str:
    low, high = fit.interval(name, 0.6827).around(fit.values[name])
    return f"{name} {fit.values[name]:.5f} +{high - fit.values[name]:.5f} -{fit.values[name] - low:.5f};"


FIGURE_OF = {"relation": draw_line, "plane": draw_plane, "radii": draw_radii}


def main(asked: list[str]) -> None:
    """Make what is asked for, everything by default."""
    for name, draw in FIGURE_OF.items():
        if not asked or name in asked:
            draw(FIGURES / f"electroweak_{name}.png")
    if not asked or "table" in asked:
        table()


if __name__ == "__main__":
    main(sys.argv[1:])
