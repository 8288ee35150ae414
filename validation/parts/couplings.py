"""The couplings of the schemes with radiative corrections, and the charge radii in them."""

from cevnsjax.interactions.couplings import COUPLING_SIN2, DEFAULT_SIN2, charge_radius_of_standard_model, formula


def couplings() -> dict[str, float]:
    """Return the couplings of the schemes with radiative corrections."""
    results = {}
    for scheme in ("2020", "2022"):
        chosen = formula(scheme, COUPLING_SIN2)
        results |= {
            f"gvp_{lepton}_{scheme}": float(chosen.proton(lepton, COUPLING_SIN2)) for lepton in ("e", "mu", "tau")
        }
        results[f"gvn_{scheme}"] = float(chosen.neutron)
    newest = formula("2024", DEFAULT_SIN2)
    results |= {f"gvp_{lepton}_2024": float(newest.proton(lepton, DEFAULT_SIN2)) for lepton in ("e", "mu")}
    results["gvn_2024"] = float(newest.neutron)
    return results


def electrons() -> dict[str, float]:
    """Return the couplings to electrons of the 2022 scheme."""
    chosen = formula("2022", COUPLING_SIN2)
    vector = {f"gve_{lepton}": float(chosen.electron(lepton, COUPLING_SIN2)) for lepton in ("e", "mu", "tau")}
    return vector | {f"gae_{lepton}": chosen.electron_axial[lepton] for lepton in ("e", "mu", "tau")}


def charge_radii() -> dict[str, float]:
    """Return the charge radii of the neutrinos in the Standard Model."""
    return {f"charge_radius_{lepton}": charge_radius_of_standard_model(lepton) for lepton in ("e", "mu", "tau")}


SOURCES = (couplings, electrons, charge_radii)
