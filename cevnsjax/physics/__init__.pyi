from .detection import lindhard_factor, quenching_factor, resolution_matrix, response_matrix
from .neutrinos import flux, flux_lines, neutrino_source, pion_decay_source, reactor_source
from .nucleons import NeutrinoCouplings, couplings, form_factor, running_sin2_theta_w, weak_charge
from .scattering import differential_cross_section, recoil_spectrum

__all__ = [
    "NeutrinoCouplings",
    "couplings",
    "differential_cross_section",
    "flux",
    "flux_lines",
    "form_factor",
    "lindhard_factor",
    "neutrino_source",
    "pion_decay_source",
    "quenching_factor",
    "reactor_source",
    "recoil_spectrum",
    "resolution_matrix",
    "response_matrix",
    "running_sin2_theta_w",
    "weak_charge",
]
