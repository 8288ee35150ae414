"""Count how many starts end where, for docs/fits.md, and draw its figure.

python docs/fits.py             everything: the table goes into the page, the figure into docs/figures
python docs/fits.py starts      the table alone; `minima` for the figure
"""

import sys
from pathlib import Path

import matplotlib
import numpy as np

import cevnsjax as cj
from cevnsjax.inference.minimise.minimisers import MINIMISERS
from cevnsjax.inference.minimise.solver import Solver
from cevnsjax.inference.minimise.starts import STARTS, approach, spread_starts
from cevnsjax.inference.problem.problem import pose
from cevnsjax.inference.problem.specification import Request
from cevnsjax.interactions.catalogue import resolve_models
from cevnsjax.plots.style import LEVEL_COLOURS, RC, new_figure, save, tidy

matplotlib.use("agg")
PAGE = Path(__file__).parent / "fits.md"
FIGURES = Path(__file__).parent / "figures"
START, END = "<!-- starts: python docs/fits.py -->\n", "<!-- end of starts -->\n"
RADII = {"r_n_i": "r_n_cs"}
CASES: dict[str, tuple[str | None, Request]] = {
    "sin²θ_W, R_n": (None, {"free": ["sin2_theta_w", "r_n_cs"], "tie": RADII}),
    "ε_ee^u, ε_ee^d": ("nsi", {"free": ["eps_ee_u", "eps_ee_d"]}),
    "ε_ee^u, ε_μμ^u": ("nsi", {"free": ["eps_ee_u", "eps_mumu_u"]}),
    "four ε": ("nsi", {"free": ["eps_ee_u", "eps_ee_d", "eps_mumu_u", "eps_mumu_d"]}),
    "sin²θ_W, ε_ee^u, ε_μμ^u": ("nsi", {"free": ["sin2_theta_w", "eps_ee_u", "eps_mumu_u"]}),
    "\\|ε_eμ^u\\|, its phase, ε_ee^u": ("nsi", {"free": ["eps_emu_u", "eps_emu_u_phase", "eps_ee_u"]}),
    "g, M of a light vector": ("light-vector:universal", {"free": ["g_zp", "m_zp"], "values": {"m_zp": 100.0}}),
    "millicharges of ν_e, ν_μ": ("millicharge", {"free": ["millicharge_ee", "millicharge_mumu"]}),
    "sin²θ_W, R_n, four ε": (
        "nsi",
        {"free": ["sin2_theta_w", "r_n_cs", "eps_ee_u", "eps_ee_d", "eps_mumu_u", "eps_mumu_d"], "tie": RADII},
    ),
}


def likelihood(model: str | None) -> cj.Likelihood:
    """Return the likelihood of COHERENT CsI 2021 under a model."""
    chosen = [] if model is None else [model]
    return cj.Likelihood([cj.measurements.coherent_csi_2021()], interaction=resolve_models(chosen))


def starts_table(count: int = STARTS) -> str:
    """Return the table of how many starts converge, and how many end in the lowest minimum."""
    rows = ["| free, beside four nuisances | converged | in the lowest minimum | steps, mean and most | χ² |"]
    rows.append("|---|---|---|---|---|")
    for name, (model, asked) in CASES.items():
        one = likelihood(model)
        specification = one.specify(**asked)
        solver = Solver(pose(one.chi2_function(), specification))
        free = specification.is_free
        starts = spread_starts(solver, solver.problem.coordinates(specification.values), free, count)
        found = solver(approach(solver, starts, free), np.zeros(len(free), bool))
        lowest = float(np.nanmin(found.value))
        agreeing = int(np.sum(found.converged & (found.value < lowest + 1e-6)))
        rows.append(
            f"| {name} | {int(found.converged.sum())} of {count} | {agreeing} | "
            f"{found.steps.mean():.0f}, {int(found.steps.max())} | {lowest:.3f} |"
        )
        print(rows[-1], flush=True)
    return "\n".join(rows) + "\n"


def draw_minima(path: Path) -> None:
    """Draw χ² over two NSI couplings with the minima that each minimiser finds."""
    one = likelihood("nsi")
    specification = one.specify(free=["eps_ee_u", "eps_mumu_u"])
    solver = Solver(pose(one.chi2_function(), specification))
    axes = np.linspace(-0.25, 0.65, 121), np.linspace(-0.15, 0.55, 121)
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)
    start = solver.problem.coordinates(specification.values)
    rows = np.tile(start, (len(grid), 1))
    rows[:, :2] = grid
    chi2 = solver.lowest(rows, specification.is_free).value.reshape(len(axes[0]), -1)
    starts = spread_starts(solver, start, specification.is_free, 16)
    with matplotlib.rc_context(RC):
        figure = new_figure(6.4, 4.4)
        plane = figure.add_subplot()
        levels = [0.0, 2.30, 4.61, 6.18, 11.83]
        plane.contourf(*axes, (chi2 - np.nanmin(chi2)).T, levels, colors=LEVEL_COLOURS)
        for (name, kind), marker, size in zip(MINIMISERS.items(), "osx+", (11, 8, 8, 13), strict=True):
            found = kind().search(solver)(approach(solver, starts, specification.is_free), np.zeros(6, bool))
            label = f"{name}: {int(found.converged.sum())} of {len(starts)} starts converged"
            shown = found.u[found.converged]
            plane.plot(shown[:, 0], shown[:, 1], marker, ms=size, mfc="none", mec="black", label=label, ls="")
        plane.set_xlabel(r"$\epsilon_{ee}^u$")
        plane.set_ylabel(r"$\epsilon_{\mu\mu}^u$")
        plane.set_ylim(axes[1][0], axes[1][-1] + 0.25)
        plane.set_xlim(axes[0][0], axes[0][-1])
        tidy(plane)
        plane.legend(loc="upper left")
        save(figure, path)


def main(asked: list[str]) -> None:
    """Make what is asked for, everything by default."""
    if not asked or "minima" in asked:
        draw_minima(FIGURES / "fits_minima.png")
    if not asked or "starts" in asked:
        before, _, rest = PAGE.read_text().partition(START)
        _, _, after = rest.partition(END)
        PAGE.write_text(before + START + starts_table() + END + after)


if __name__ == "__main__":
    main(sys.argv[1:])
