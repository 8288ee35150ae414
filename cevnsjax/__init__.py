"""cevnsjax: a differentiable likelihood engine for coherent elastic neutrino-nucleus scattering.

    import cevnsjax as cj
    csi = cj.measurements.coherent_csi_2021()
    fit = cj.Likelihood([csi]).fit(free=["sin2_theta_w"])
    fit.interval("sin2_theta_w", cl=0.90)
    cj.Likelihood([csi], cj.light_vector("B-L")).fit(free=["g_zp"], values={"m_zp": 50.0})

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
    FeldmanCousinsResult,
    FitResult,
    Likelihood,
    Posterior,
    Prediction,
    ProfileResult,
    ScanResult,
    ToyStudy,
    flux_averaged_cross_sections,
    open_scan,
)
from .inference.engines import Dask  # noqa: E402
from .interactions.axial import axial_mediator  # noqa: E402
from .interactions.catalogue import MODELS, model  # noqa: E402
from .interactions.charge_radius import charge_radius  # noqa: E402
from .interactions.combination import Combination, combine  # noqa: E402
from .interactions.interaction import Interaction  # noqa: E402
from .interactions.light_scalar import light_scalar  # noqa: E402
from .interactions.light_vector import light_vector  # noqa: E402
from .interactions.magnetic_moment import magnetic_moment  # noqa: E402
from .interactions.millicharge import millicharge  # noqa: E402
from .interactions.nsi import nsi  # noqa: E402
from .interactions.pseudoscalar import pseudoscalar_mediator  # noqa: E402
from .interactions.standard_model import StandardModel, standard_model  # noqa: E402
from .interactions.tensor import tensor_mediator  # noqa: E402

__all__ = [
    "MODELS",
    "Combination",
    "CrossSections",
    "Dask",
    "DataError",
    "FeldmanCousinsResult",
    "FitResult",
    "InputError",
    "Interaction",
    "Likelihood",
    "Posterior",
    "Prediction",
    "ProfileResult",
    "ScanResult",
    "StandardModel",
    "ToyStudy",
    "__version__",
    "axial_mediator",
    "charge_radius",
    "combine",
    "enable_compilation_cache",
    "flux_averaged_cross_sections",
    "light_scalar",
    "light_vector",
    "magnetic_moment",
    "measurements",
    "millicharge",
    "model",
    "nsi",
    "open_scan",
    "pseudoscalar_mediator",
    "standard_model",
    "tensor_mediator",
]
