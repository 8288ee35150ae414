"""Compute the limits of docs/models.md and draw its figures.

python docs/models.py                   everything: the table goes into the page, the figures into docs/figures
python docs/models.py limits            the table alone; likewise `mediators`, `nsi` and `spectra` for the figures

All limits are those of COHERENT CsI 2021, `coherent-csi-2021`, everything else profiled: what `cevnsjax fit` gives.
"""

import dataclasses
import itertools
import sys
from collections.abc import Sequence
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch

import cevnsjax as cj
from cevnsjax._base.levels import delta_chi2
from cevnsjax.detectors.efficiency import UnitEfficiency
from cevnsjax.detectors.energy import EnergyDetector
from cevnsjax.detectors.quenching import PolynomialQuenching
from cevnsjax.detectors.response import BinnedDetector
from cevnsjax.interactions.catalogue import resolve_models
from cevnsjax.interactions.light_vector import CHARGES
from cevnsjax.measuring.terms.poisson import PoissonCounts
from cevnsjax.plots.style import LEVEL_COLOURS, RC, new_figure, tidy
from cevnsjax.stages.stage import Constant

matplotlib.use("agg")
PAGE = Path(__file__).parent / "models.md"
FIGURES = Path(__file__).parent / "figures"
START, END = "<!-- limits: python docs/models.py -->\n", "<!-- end of limits -->\n"
MEASUREMENT = "coherent-csi-2021"
LEVELS = {"1σ": 0.6827, "90 %": 0.90, "2σ": 0.9545}
VECTORS = tuple(CHARGES)
MEDIATORS = {
    **{f"light-vector:{name}": ("g_zp", "m_zp") for name in VECTORS},
    "light-scalar": ("g_phi", "m_phi"),
    "light-scalar:15.1/14": ("g_phi", "m_phi"),
    "tensor": ("g_tensor", "m_tensor"),
    "tensor:spin": ("g_tensor", "m_tensor"),
    "axial": ("g_axial", "m_axial"),
    "pseudoscalar": ("g_pseudoscalar", "m_pseudoscalar"),
}
"""Models with the coupling and the mass of the mediator."""
MASSES = (1.0, 100.0)
"""Masses [MeV] at which the table has limits."""


def likelihood(models: Sequence[str], electrons: bool = False) -> cj.Likelihood:
    """Return the likelihood of the measurement with these models."""
    return cj.Likelihood([cj.measurements.coherent_csi_2021()], resolve_models(models, electrons=electrons))


# Limits


def rows() -> list[tuple[str, bool, dict[str, float], str]]:
    """Return what the table has: model, with electrons or not, what is fixed, and the parameter."""
    found = [(name, False, {m: mass}, g) for name, (g, m) in MEDIATORS.items() for mass in MASSES]
    found += [
        ("nsi", False, {}, f"eps_{pair}_{quark}") for pair in ("ee", "mumu", "emu", "etau", "mutau") for quark in "ud"
    ]
    for pair in ("ee", "mumu", "emu", "etau", "mutau"):
        found.append(("charge-radius", False, {}, f"charge_radius_{pair}"))
    for electrons in (False, True):
        found += [
            ("millicharge", electrons, {}, f"millicharge_{pair}") for pair in ("ee", "mumu", "emu", "etau", "mutau")
        ]
        found += [("magnetic-moment", electrons, {}, f"magnetic_moment_{flavour}") for flavour in ("e", "mu")]
    found += [("dipole-portal", False, {"m_hnl": 5.0}, f"dipole_moment_{flavour}") for flavour in ("e", "mu")]
    found += [("sterile-oscillation", False, {"delta_m2_41": 1.0}, f"u2_{flavour}4") for flavour in ("e", "mu")]
    return found


def shown(pieces: Sequence[tuple[float, float]], low: float) -> str:
    """Return the pieces of an interval in three digits; an edge at the lower bound of a modulus as an upper limit."""
    texts = []
    for start, end in pieces:
        if start == low:
            texts.append(f"< {end:.3g}")
        else:
            texts.append(f"{start:.3g} … {end:.3g}")
    return " and ".join(texts)


def limits() -> str:
    """Return the table of the limits."""
    lines = [f"| model | fixed | parameter | {' | '.join(LEVELS)} |", "|---|---|---|" + "---|" * len(LEVELS)]
    known: dict[tuple[str, bool], cj.Likelihood] = {}
    for name, electrons, values, parameter in rows():
        if (name, electrons) not in known:
            known[name, electrons] = likelihood([name], electrons)
        found = known[name, electrons].fit(free=[parameter], values=values)
        unit, low = (
            known[name, electrons].parameters[parameter].unit,
            known[name, electrons].parameters[parameter].bounds[0],
        )
        low = low if low >= 0 else -np.inf
        cells = [shown(found.interval(parameter, level).pieces, low) for level in LEVELS.values()]
        fixed = ", ".join(f"{key} = {value:g}" for key, value in values.items())
        label = f"`{name}`" + (" `--electrons`" if electrons else "")
        symbol = f"`{parameter}`" + ("" if unit == "1" else f" [{unit}]")
        lines.append(f"| {label} | {fixed} | {symbol} | {' | '.join(cells)} |")
        print(lines[-1], flush=True)
    return "\n".join(lines) + "\n"


def write_limits() -> None:
    """Put the table into the page."""
    table = limits()
    before, _, rest = PAGE.read_text().partition(START)
    _, _, after = rest.partition(END)
    PAGE.write_text(before + START + "\n" + table + "\n" + END + after)


# Mediators


Pieces = tuple[tuple[float, float], ...]


def allowed(name: str) -> dict[float, Pieces]:
    """Return the pieces of the coupling allowed at 2σ by the mass of the mediator [MeV].

    Where a second piece begins between two masses, the first mass with it is found to a part in a thousand.
    """
    coupling, mass = MEDIATORS[name]
    everything = likelihood([name])

    def at(m: float) -> Pieces:
        return everything.fit(free=[coupling], values={mass: m}).interval(coupling, 0.9545).pieces

    found = {m: at(m) for m in np.geomspace(0.1, 1e4, 51).tolist()}
    masses = list(found)
    for low, high in itertools.pairwise(masses):
        if len(found[low]) == 1 and len(found[high]) > 1:
            while high / low > 1.001:
                middle = (low * high) ** 0.5
                found[middle] = at(middle)
                low, high = (low, middle) if len(found[middle]) > 1 else (middle, high)
            print(f"{name}: a second piece from {high:.4g} MeV on", flush=True)
    return dict(sorted(found.items()))


def draw_mediators() -> Figure:
    """Draw the couplings that are excluded at 2σ against the mass of the mediator."""
    panels = {
        "vectors that quarks couple to": [f"light-vector:{name}" for name in VECTORS[:7]],
        "other mediators": [
            *(f"light-vector:{name}" for name in VECTORS[7:]),
            *("light-scalar", "tensor", "tensor:spin", "axial", "pseudoscalar"),
        ],
    }
    with matplotlib.rc_context(RC):
        figure = new_figure(10.0, 4.8)
        for axes, (title, names) in zip(figure.subplots(1, 2, sharey=True), panels.items(), strict=True):
            for number, name in enumerate(names):
                colour, pieces = f"C{number}", allowed(name)
                masses = np.array(list(pieces))
                first = [one[0][1] for one in pieces.values()]
                axes.loglog(masses, first, color=colour, lw=1.5, label=name.removeprefix("light-vector:"))
                second = np.array([one[1] if len(one) > 1 else (np.nan, np.nan) for one in pieces.values()])
                axes.fill_between(masses, *second.T, color=colour, alpha=0.45, lw=0.8)
            axes.set(xlabel="mass of the mediator [MeV]", title=title, xlim=(0.1, 1e4), ylim=(3e-6, 3.0))
            axes.legend(loc="upper left", ncols=2)
            axes.grid(alpha=0.25)
            tidy(axes)
        figure.axes[0].set_ylabel("coupling g")
    return figure


# Non-standard interactions


def draw_nsi() -> Figure:
    """Draw the contours of pairs of couplings of non-standard interactions."""
    everything = likelihood(["nsi"])
    pairs = {("eps_ee_u", "eps_ee_d"): (-1.0, 1.4), ("eps_ee_u", "eps_mumu_u"): (-0.25, 0.65)}
    labels = ["68 %", "90 %", "95.45 %"]
    levels = [delta_chi2(level, parameters=2) for level in (0.6827, 0.90, 0.9545)]
    with matplotlib.rc_context(RC):
        figure = new_figure(9.6, 4.5)
        for axes, (pair, ends) in zip(figure.subplots(1, 2), pairs.items(), strict=True):
            found = everything.profile(pair, dict.fromkeys(pair, ends), points=121)
            delta = found.chi2 - found.chi2.min()
            axes.contourf(*found.axes, delta.T, levels=[-1e-3, *levels], colors=LEVEL_COLOURS[:3])
            axes.contour(*found.axes, delta.T, levels=levels, colors="0.25", linewidths=0.7)
            axes.plot(0.0, 0.0, marker="*", color="black", ms=9)
            axes.set(xlabel=found.label(pair[0]), ylabel=found.label(pair[1]), aspect="equal")
            tidy(axes)
        patches = [Patch(color=colour, label=label) for colour, label in zip(LEVEL_COLOURS, labels, strict=False)]
        figure.axes[0].legend(handles=patches, loc="upper right", title="two parameters")
    return figure


# Spectra


SPECTRA = {
    "universal, g = 4e-5, 10 MeV": ("light-vector:universal", {"g_zp": 4e-5, "m_zp": 10.0}),
    "universal, g = 2e-4, 100 MeV": ("light-vector:universal", {"g_zp": 2e-4, "m_zp": 100.0}),
    "B-L, g = 5e-5, 10 MeV": ("light-vector:B-L", {"g_zp": 5e-5, "m_zp": 10.0}),
    "Lmu-Ltau, g = 1e-3, 10 MeV": ("light-vector:Lmu-Ltau", {"g_zp": 1e-3, "m_zp": 10.0}),
    "scalar, g = 2e-5, 10 MeV": ("light-scalar", {"g_phi": 2e-5, "m_phi": 10.0}),
    "tensor, g = 5e-5, 10 MeV": ("tensor", {"g_tensor": 5e-5, "m_tensor": 10.0}),
    "charge radius of ν_μ, -1e-31 cm²": ("charge-radius", {"charge_radius_mumu": -10.0}),
    "millicharge of ν_μ, 1e-7 e": ("millicharge", {"millicharge_mumu": 10.0}),
    "magnetic moment of ν_μ, 4e-9 μ_B": ("magnetic-moment", {"magnetic_moment_mu": 40.0}),
    "dipole portal of ν_μ, 4e-9 μ_B, 10 MeV": ("dipole-portal", {"dipole_moment_mu": 40.0, "m_hnl": 10.0}),
}


def recoils(name: str, values: dict[str, float], bins: np.ndarray) -> np.ndarray:
    """Return the recoils of caesium and iodine in `bins` of their energy [keV], all of them seen."""
    csi = cj.measurements.coherent_csi_2021()
    energy = EnergyDetector(bins, PolynomialQuenching(np.ones(1), np.zeros((0, 1))), None, UnitEfficiency(), "keV")
    bare = dataclasses.replace(
        csi,
        scattering=dataclasses.replace(
            csi.counted(), detector=BinnedDetector(energy, Constant(np.ones((3, 1))), others={})
        ),
        backgrounds=(),
        strengths=csi.strengths[:1],
        term=PoissonCounts(np.zeros(len(bins) - 1)),
        declared=(),
    )
    models = [] if name == "standard-model" else [name]
    return cj.Likelihood([bare], resolve_models(models)).predict(values)[0].counts["cevns"]


def draw_spectra() -> Figure:
    """Draw recoil spectra with each model beside that of the Standard Model."""
    bins = np.geomspace(0.5, 48.0, 91)
    centres = np.sqrt(bins[1:] * bins[:-1])
    standard = recoils("standard-model", {}, bins)
    with matplotlib.rc_context(RC):
        figure = new_figure(10.0, 4.6)
        counts, ratio = figure.subplots(1, 2)
        counts.plot(centres, standard / np.diff(bins), color="black", lw=2.0, label="Standard Model", zorder=5)
        ratio.axhline(1.0, color="black", lw=2.0, zorder=5)
        for number, (label, (name, values)) in enumerate(SPECTRA.items()):
            found = recoils(name, values, bins)
            style = {"color": f"C{number}", "lw": 1.3}
            counts.plot(centres, found / np.diff(bins), label=label, **style)
            ratio.plot(centres, found / standard, **style)
        counts.set(
            xscale="log", yscale="log", xlabel="recoil energy [keV]", ylabel="recoils per keV in CsI", ylim=(1e-1, 3e3)
        )
        ratio.set(
            xscale="log",
            yscale="log",
            xlabel="recoil energy [keV]",
            ylabel="relative to the Standard Model",
            ylim=(0.2, 30),
        )
        figure.legend(*counts.get_legend_handles_labels(), loc="outside lower center", ncols=3)
        for axes in (counts, ratio):
            tidy(axes)
    return figure


DRAWINGS = {"mediators": draw_mediators, "nsi": draw_nsi, "spectra": draw_spectra}


def main(arguments: Sequence[str]) -> None:
    """Do what is asked, or all."""
    for name in arguments or ("limits", *DRAWINGS):
        if name == "limits":
            write_limits()
        else:
            DRAWINGS[name]().savefig(FIGURES / f"models_{name}.png", dpi=100, pil_kwargs={"optimize": True})


if __name__ == "__main__":
    main(sys.argv[1:])
