"""The forecasts of cryogenic CsI: numbers of events and sensitivities."""

import tempfile
from pathlib import Path

import cevnsjax as cj
from cevnsjax._base.data_files import data_root
from cevnsjax.measurements import described
from cevnsjax.measuring.measurement import Measurement

STRETCHED = "[1.32045, 1.081518, 2.87286, -0.333322]"
SHIFTED = "[1.32045, 0.285979, 5.66565, -0.333322]"
"""The efficiency of CsI[Na] with its zero moved from 7.068 to 1.869 photo-electrons as a whole."""


def _events(experiment: Measurement) -> float:
    return float(cj.Likelihood([experiment]).predict()[0].counts["cevns"].sum())


def events() -> dict[str, float]:
    """Return the signal events, and those of a detector whose efficiency is moved instead of stretched."""
    results = {f"{name}_events": _events(described(f"cryocsi-{name}")) for name in ("i", "ii")}
    text = (data_root() / "forecasts" / "cryocsi-i.toml").read_text()
    assert text.count(STRETCHED) == text.count('name = "cryocsi-i"') == 1
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "shifted.toml"
        path.write_text(text.replace(STRETCHED, SHIFTED).replace('name = "cryocsi-i"', 'name = "shifted"'))
        return results | {"i_events_shifted": _events(described(path))}


def sensitivities() -> dict[str, float]:
    """Return the errors of the weak mixing angle and of a common neutron radius, each with the other fixed."""
    results = {}
    for name in ("i", "ii"):
        likelihood = cj.Likelihood([described(f"cryocsi-{name}")])
        angle = likelihood.forecast(free=["sin2_theta_w"])
        radius = likelihood.forecast(free=["r_n_cs"], tie={"r_n_i": "r_n_cs"})
        results |= {f"{name}_s2w_error": angle.error("sin2_theta_w"), f"{name}_rn_error": radius.error("r_n_cs")}
    return results


SOURCES = (events, sensitivities)
