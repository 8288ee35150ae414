"""Draw the figures of docs/posteriors.md: ``python docs/posteriors.py`` (a minute)."""

from pathlib import Path
from typing import Any

import matplotlib
import numpy as np

import cevnsjax as cj
from cevnsjax.inference.problem.specification import Request
from cevnsjax.plots.style import RC, SIGNAL_COLOUR, new_figure, save, tidy

FIGURES = Path(__file__).parent / "figures"
FIXED = dict.fromkeys(("cevns_norm", "brn_norm", "nin_norm", "ss_norm"), 1.0)
METHODS: dict[str, dict[str, Any]] = {"importance": {}, "nested": {"live": 5000, "draws": 20000}, "hmc": {}, "nuts": {}}
COLOURS = {"importance": "#2a7f6f", "nested": SIGNAL_COLOUR, "hmc": "#e08a2c", "nuts": "#8c5aa8"}


def plane() -> None:
    """Draw the posterior of the weak mixing angle and the neutron radius, and the counts it predicts."""
    likelihood = cj.Likelihood([cj.measurements.coherent_csi_2021()])
    free = ["sin2_theta_w", "r_n_cs"]
    posterior = likelihood.sample(free=free, tie={"r_n_i": "r_n_cs"}, draws=40000, seed=1)
    print(posterior.verdict, posterior.summary["r_n_cs"])
    save(posterior.plot([*free, "cevns_norm"]), FIGURES / "posterior_corner.png")
    save(posterior.plot_predictive(), FIGURES / "posterior_predictive.png")


def modes() -> None:
    """Draw two separated modes by the methods beside the density on a grid."""
    likelihood = cj.Likelihood([cj.measurements.coherent_csi_2021()], interaction=cj.nsi())
    asked: Request = {"free": ["eps_ee_u"], "tie": {"eps_mumu_u": "eps_ee_u"}, "values": FIXED}
    axis = np.linspace(-0.15, 0.55, 2801)
    chi2 = np.asarray(likelihood.evaluator(**asked).chi2(axis[:, None]))
    density = np.exp(-0.5 * (chi2 - chi2.min()))
    density /= density.sum() * (axis[1] - axis[0])
    with matplotlib.rc_context(RC):
        figure = new_figure(6.4, 3.6)
        axes = figure.subplots()
        axes.fill_between(axis, density, color="0.88", label=f"grid: {_above(axis, density):.3f} in the right one")
        for method, settings in METHODS.items():
            posterior = likelihood.sample(**asked, method=method, seed=1, **settings)
            draws = posterior.draws("eps_ee_u").ravel()
            print(method, np.mean(draws > 0.2), posterior.verdict, posterior.attributes["extra"])
            label = f"{method}: {np.mean(draws > 0.2):.3f}, {'trusted' if posterior.trusted else 'not trusted'}"
            axes.hist(
                draws, bins=140, range=(-0.15, 0.55), density=True, histtype="step", color=COLOURS[method], label=label
            )
        axes.set(
            xlabel=r"$\varepsilon_{ee}^{u} = \varepsilon_{\mu\mu}^{u}$", ylabel="posterior density", xlim=(-0.15, 0.55)
        )
        axes.legend(loc="upper center")
        tidy(axes)
    save(figure, FIGURES / "posterior_modes.png")


def couplings() -> None:
    """Draw the posterior of two couplings with their degenerate bands, all nuisances sampled."""
    likelihood = cj.Likelihood([cj.measurements.coherent_csi_2021()], interaction=cj.nsi())
    posterior = likelihood.sample(free=["eps_ee_u", "eps_mumu_u"], method="nested", seed=1, live=1000, draws=20000)
    print(posterior.verdict, posterior.attributes["extra"])
    save(posterior.plot(), FIGURES / "posterior_couplings.png")


def _above(axis: np.ndarray, density: np.ndarray) -> float:
    return float(density[axis > 0.2].sum() / density.sum())


if __name__ == "__main__":
    plane()
    modes()
    couplings()
