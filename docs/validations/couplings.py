"""The couplings of the schemes with radiative corrections."""

from cevnsjax.interactions.couplings import COUPLING_SIN2, formula


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


SOURCES = (couplings,)
