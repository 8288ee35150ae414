"""Atmospheric neutrinos from 13 to 944 MeV: the FLUKA fluxes of Battistoni et al., Astropart. Phys. 23, 526 (2005).

At the site of Super-Kamiokande (Kamioka, underground), averaged over the solar cycle, integrated over all directions,
as they are made: without oscillation, hence without ν_τ. At tree level coherent scattering does not depend on the
flavour. The flux at other sites differs with their geomagnetic cut-off and height.
"""

import numpy as np

from .._base.data_files import DataFile
from .._base.errors import InputError
from .baseline import FAR
from .live_time import live_seconds
from .source import Component, Source
from .tabulated import tabulated

FLAVOURS = ("nu_e", "nu_e_bar", "nu_mu", "nu_mu_bar")


def atmospheric_neutrinos(exposure: float) -> Source:
    """Return the atmospheric neutrinos at Kamioka in `exposure` [s]; spectra linear between their points."""
    if not (np.isfinite(exposure) and exposure > 0):
        raise InputError(f"exposure: expected a positive time in seconds, found {exposure}")
    energy, *columns = DataFile("atmospheric/atmospheric.toml").table("kamioka")
    components = []
    for flavour, flux in zip(FLAVOURS, columns[::2], strict=True):
        integral, spectrum = tabulated(energy, flux)
        components.append(Component(flavour, exposure * integral, spectrum))
    return Source(tuple(components), FAR, live_seconds(exposure))
