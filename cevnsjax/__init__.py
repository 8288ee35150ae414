"""cevnsjax: a differentiable likelihood engine for coherent elastic neutrino-nucleus scattering.

    import cevnsjax as cj
    csi = cj.measurements.coherent_csi_2021()
    fit = cj.Likelihood([csi]).fit(free=["sin2_theta_w"])
    fit.interval("sin2_theta_w", cl=0.90)

Importing turns on 64-bit JAX (a cross section of 1e-40 cm² is zero in single precision) and does nothing else.
"""

import jax

jax.config.update("jax_enable_x64", True)

from . import measurements  # noqa: E402
from ._cache import enable_compilation_cache  # noqa: E402
from ._errors import DataError, InputError  # noqa: E402
from ._version import __version__  # noqa: E402
from .analysis import (  # noqa: E402
    CrossSections,
    FitResult,
    Likelihood,
    Prediction,
    ProfileResult,
    flux_averaged_cross_sections,
)
from .interactions.standard_model import StandardModel, standard_model  # noqa: E402

__all__ = [
    "CrossSections",
    "DataError",
    "FitResult",
    "InputError",
    "Likelihood",
    "Prediction",
    "ProfileResult",
    "StandardModel",
    "__version__",
    "enable_compilation_cache",
    "flux_averaged_cross_sections",
    "measurements",
    "standard_model",
]
