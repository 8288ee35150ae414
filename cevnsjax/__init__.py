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

from . import measurements
from ._base.cache import enable_compilation_cache
from ._base.errors import DataError, InputError
from ._base.version import __version__
from .inference.engines.dask import Dask
from .inference.minimise.minimisers import Migrad, Minimiser, Newton, Optax, Optimistix
from .inference.problem.priors import Flat, LogFlat, Normal
from .inference.sample.hmc import Hmc
from .inference.sample.nested import Nested
from .inference.sample.nuts import Nuts
from .inference.sample.sampler import Sampler
from .interactions.axial import axial_mediator
from .interactions.catalogue import MODELS, model
from .interactions.charge_radius import charge_radius
from .interactions.combination import Combination, combine
from .interactions.interaction import Interaction
from .interactions.light_scalar import light_scalar
from .interactions.light_vector import light_vector
from .interactions.magnetic_moment import magnetic_moment
from .interactions.millicharge import millicharge
from .interactions.nsi import nsi
from .interactions.pseudoscalar import pseudoscalar_mediator
from .interactions.standard_model import StandardModel, standard_model
from .interactions.tensor import tensor_mediator
from .joint.cross_sections import CrossSections, flux_averaged_cross_sections
from .joint.likelihood import Likelihood
from .joint.loading import load
from .measurements.delta_chi2 import delta_chi2_table
from .results.feldman_cousins import FeldmanCousinsResult
from .results.fit import FitResult
from .results.grid import GridResult
from .results.posterior import Posterior
from .results.prediction import Prediction
from .results.scanning import open_scan
from .results.toys import ToyStudy

__all__ = [
    "MODELS",
    "Combination",
    "CrossSections",
    "Dask",
    "DataError",
    "FeldmanCousinsResult",
    "FitResult",
    "Flat",
    "GridResult",
    "Hmc",
    "InputError",
    "Interaction",
    "Likelihood",
    "LogFlat",
    "Migrad",
    "Minimiser",
    "Nested",
    "Newton",
    "Normal",
    "Nuts",
    "Optax",
    "Optimistix",
    "Posterior",
    "Prediction",
    "Sampler",
    "StandardModel",
    "ToyStudy",
    "__version__",
    "axial_mediator",
    "charge_radius",
    "combine",
    "delta_chi2_table",
    "enable_compilation_cache",
    "flux_averaged_cross_sections",
    "light_scalar",
    "light_vector",
    "load",
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


def __dir__() -> list[str]:
    return sorted(__all__)
