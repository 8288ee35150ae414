"""Joint likelihoods beside arXiv:2303.09360."""

import cevnsjax as cj
from cevnsjax.measurements import load


def csi_and_caesium() -> dict[str, float]:
    """Return the fits of one radius with both amplitudes."""
    csi = cj.measurements.coherent_csi_2021()
    fits = {
        theory: cj.Likelihood([csi, load(f"apv-cs:{theory}")]).fit(free=["r_n_cs"], tie={"r_n_i": "r_n_cs"})
        for theory in ("dzuba2012", "sahoo2021")
    }
    best = {theory: fit.values["r_n_cs"] for theory, fit in fits.items()}
    return {
        "joint_rn_precision": 100.0 * fits["sahoo2021"].error("r_n_cs") / best["sahoo2021"],
        "joint_rn_amplitude": 100.0 * (best["dzuba2012"] / best["sahoo2021"] - 1.0),
    }


SOURCES = (csi_and_caesium,)
