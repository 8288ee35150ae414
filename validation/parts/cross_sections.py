"""Flux-averaged cross sections and the strengths of prompt and delayed neutrinos."""

import numpy as np

import cevnsjax as cj
from cevnsjax.measurements import load

NAMES = {"csi": "coherent-csi-2021", "lar": "coherent-lar-2020:3d", "ge": "coherent-ge-mini-2024"}
GROUPS = ("prompt", "delayed")


def sections() -> dict[str, float]:
    """Return the cross sections in 1e-40 cm²."""
    result = cj.flux_averaged_cross_sections(list(NAMES.values())).as_dict()
    results = {}
    for key, name in NAMES.items():
        section = result["measured"][name]
        results |= {key: section["value"], f"{key}_sm": section["sm"], f"{key}_sm_error": section["sm_error"]}
        results |= {f"{key}_down": section["total"][0], f"{key}_up": section["total"][1]}
        results |= {
            f"{key}_statistical": 0.5 * sum(section["statistical"]),
            f"{key}_ratio": section["value"] / section["sm"],
        }
    caesium, iodine = (result["predicted"][name] for name in ("133Cs", "127I"))
    coherent = 0.5 * (caesium["coherent"] + iodine["coherent"])
    return results | {"cs_sm": caesium["sm"], "i_sm": iodine["sm"], "csi_coherent": coherent}


def strengths() -> dict[str, float]:
    """Return the strengths of both groups of flavours."""
    results = {}
    for key, name in (("csi", "coherent-csi-2021"), ("lar", "coherent-lar-2020:3d-flavours")):
        names = [f"cevns_norm_{group}" for group in GROUPS]
        fit = cj.Likelihood([load(name)]).fit(free=names, values={"cevns_norm": 1.0})
        results |= {f"{key}_{group}": fit.values[parameter] for group, parameter in zip(GROUPS, names, strict=True)}
        results |= {
            f"{key}_{group}_error": fit.error(parameter) for group, parameter in zip(GROUPS, names, strict=True)
        }
        covariance = fit.minimum.covariance
        k, m = (fit.solver.problem.names.index(parameter) for parameter in names)
        results[f"{key}_correlation"] = float(covariance[k, m] / np.sqrt(covariance[k, k] * covariance[m, m]))
    return results


SOURCES = (sections, strengths)
