"""Make the scans of docs/scans.md and draw their figures.

python docs/scans.py [STORES]           all figures; the scans are kept in the folder STORES, by default not at all
python docs/scans.py [STORES] vectors   likewise `nsi`, `overlaid`, `published`

The scans are of COHERENT CsI 2021, `coherent-csi-2021`, its four pulls profiled: what `cevnsjax scan` gives. `overlaid`
is of the profiles of two results on the same axes, `published` of two scans with a curve from a file.
"""

import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import cevnsjax as cj
from cevnsjax._base.levels import delta_chi2
from cevnsjax.inference.grid.contours import contours, finer_grid, unscaled
from cevnsjax.interactions.catalogue import resolve_models
from cevnsjax.interactions.light_vector import CHARGES
from cevnsjax.measuring.measurement import Measurement
from cevnsjax.plots.look import settings
from cevnsjax.plots.style import CURVE_COLOUR, RC, new_figure, tidy
from cevnsjax.results.overlays import draw_scans

matplotlib.use("agg")
FIGURES = Path(__file__).parent / "figures"
MEASUREMENT = "coherent-csi-2021"
VECTORS = tuple(CHARGES)
MEDIATOR = {"g_zp": "1e-6:1e-2:400:log", "m_zp": "1:1e4:400:log"}
PLANES = {
    "eps_ee_u, eps_ee_d": {"eps_ee_u": "-1:1:301", "eps_ee_d": "-1:1:301"},
    "eps_ee_u, eps_mumu_u": {"eps_ee_u": "-0.4:0.8:301", "eps_mumu_u": "-0.4:0.8:301"},
}


def scanned(model: str, grid: dict[str, str], out: Path) -> cj.GridResult:
    """Return the scan of a model, and say what it took."""
    likelihood = cj.Likelihood([cj.measurements.coherent_csi_2021()], resolve_models([model]))
    found = likelihood.scan(grid, out)
    seconds = found.seconds
    print(
        f"{out.name}: chi2_min {found.chi2_min:.3f}, lowest of the grid {found.chi2_grid_min:.3f}, "
        f"not converged {found.not_converged}, compiled in {seconds['compile']:.1f} s, ran {seconds['run']:.2f} s"
    )
    return found


def draw_plane(axes: Axes, scan: cj.GridResult, names: tuple[str, ...], title: str, reference: str = "best") -> int:
    """Draw what is excluded at 90 % (shaded) and the line of 1σ (dashed); return the number of lines at 90 %."""
    first, second = (scan.axes[scan.names.index(name)] for name in names)
    pair = first, second
    delta = scan.delta_chi2(names, reference)
    x, y, height = finer_grid(pair, delta, delta_chi2(0.90, 2))
    x, y = unscaled(first, x), unscaled(second, y)
    axes.contourf(x, y, height.clip(max=1.0).T, levels=[0.0, 2.0], colors=[CURVE_COLOUR], alpha=0.16)
    lines = contours(pair, delta, delta_chi2(0.90, 2))
    for line in lines:
        axes.plot(*line.points.T, color=CURVE_COLOUR, lw=1.3)
    for line in contours(pair, delta, delta_chi2(0.6827, 2)):
        axes.plot(*line.points.T, color=CURVE_COLOUR, lw=0.8, ls=(0, (4, 2)))
    axes.set_title(title, fontsize=10)
    for axis, scale, limits in zip(
        pair, (axes.set_xscale, axes.set_yscale), (axes.set_xlim, axes.set_ylim), strict=True
    ):
        scale("log" if axis.log else "linear")
        limits(axis.values[0], axis.values[-1])
    tidy(axes)
    return len(lines)


def vectors(stores: Path) -> Figure:
    """Return the figure of the ten vector mediators."""
    with matplotlib.rc_context(RC):
        figure = new_figure(12.0, 5.4)
        grid = figure.subplots(2, 5, sharex=True, sharey=True)
        for axes, charges in zip(grid.flat, VECTORS, strict=True):
            scan = scanned(f"light-vector:{charges}", MEDIATOR, stores / f"{charges}.zarr")
            lines = draw_plane(axes, scan, ("m_zp", "g_zp"), charges)
            print(
                f"  {lines} lines at 90 % of two parameters; best fit {scan.best['g_zp']:.3g}, {scan.best['m_zp']:.3g}"
            )
            if axes in grid[-1]:
                axes.set_xlabel(scan.label("m_zp"))
            if axes in grid[:, 0]:
                axes.set_ylabel(scan.label("g_zp"))
    return figure


def nsi(stores: Path) -> Figure:
    """Return the figure of the planes of non-standard interactions."""
    with matplotlib.rc_context(RC):
        figure = new_figure(9.2, 4.4)
        for axes, (names, grid) in zip(figure.subplots(1, 2), PLANES.items(), strict=True):
            scan = scanned("nsi", grid, stores / f"{names.replace(', ', '-')}.zarr")
            lines = draw_plane(axes, scan, tuple(grid), "", "grid")
            axes.set(xlabel=scan.label(scan.names[0]), ylabel=scan.label(scan.names[1]))
            axes.locator_params(nbins=5)
            axes.plot(0.0, 0.0, marker="o", ms=4, ls="", color="black")
            print(f"  {lines} lines at 90 % of two parameters")
    return figure


def overlaid(stores: Path) -> Figure:
    """Return the figure of two results on the same axes; nothing is stored."""
    asked: dict[str, tuple[Measurement, dict[str, Any]]] = {
        "scattering on CsI": (cj.measurements.coherent_csi_2021(), {"tie": {"r_n_i": "r_n_cs"}}),
        "parity violation in Cs": (cj.measurements.apv_cs(), {"constrain": {"r_n_cs": (4.9, 1.0)}}),
    }
    figure = new_figure(5.6, 4.2)
    axes = figure.add_subplot()
    for label, (measurement, request) in asked.items():
        fit = cj.Likelihood([measurement]).fit(["sin2_theta_w", "r_n_cs"], **request)
        profile = fit.profile(["sin2_theta_w", "r_n_cs"])
        profile.plot([0.6827, 0.90], ax=axes, label=label)
        print(f"  {label}: best fit {profile.best['sin2_theta_w']:.3f}, {profile.best['r_n_cs']:.2f} fm")
    axes.set(xlim=(0.1, 0.5), ylim=(3.0, 9.0), ylabel=r"$R_n$ [fm]")
    return figure


def universal(measurement: Measurement, out: Path) -> cj.GridResult:
    """Return the scan of a universal vector mediator."""
    likelihood = cj.Likelihood([measurement], cj.light_vector("universal"))
    return likelihood.scan({"g_zp": "1e-6:1e-2:200:log", "m_zp": "0.1:1e4:200:log"}, out)


def published(stores: Path) -> Figure:
    """Return the figure of two measurements with a third as a curve from a file, in a column of a journal."""
    csi = universal(cj.measurements.coherent_csi_2021(), stores / "csi.zarr")
    conus = universal(cj.measurements.conus_plus_2025(), stores / "conus.zarr")
    argon = universal(cj.measurements.coherent_lar_2020(), stores / "argon.zarr")
    file = stores / "argon.csv"
    with file.open("w") as table:
        table.write("# argon, 90 %, two parameters: a scan of this page\nm_zp [GeV],g_zp [1]\n")
        for line in argon.contours(0.90, 2, ("m_zp", "g_zp")):
            table.writelines(f"{1e-3 * mass:.6g},{coupling:.6g}\n" for mass, coupling in line.points[::5])
            table.write("\n")
    labels = ["COHERENT CsI 2021", "CONUS+ 2025"]
    return draw_scans([csi, conus], labels=labels, curves={"COHERENT Ar 2020": file}, style=["column"])


def main(arguments: Sequence[str]) -> None:
    """Draw what is asked for."""
    drawn = {"vectors": vectors, "nsi": nsi, "overlaid": overlaid, "published": published}
    chosen = [name for name in drawn if name in arguments] or list(drawn)
    folders = [text for text in arguments if text not in chosen]
    with tempfile.TemporaryDirectory() as temporary:
        stores = Path(folders[0] if folders else temporary)
        for name in chosen:
            started = time.perf_counter()
            sheets, dots = (["column"], 200) if name == "published" else ([], 110)
            with matplotlib.rc_context(settings(sheets) if sheets else {}):
                drawn[name](stores).savefig(FIGURES / f"scans_{name}.png", dpi=dots)
            print(f"{name}: {time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main(sys.argv[1:])
