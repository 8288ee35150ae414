from . import measurements, physics
from ._base.cache import enable_compilation_cache
from ._base.errors import DataError, InputError
from ._base.version import __version__
from .experiments.importing.folders import import_histograms, import_workspace
from .inference.engines.dask import Dask
from .inference.minimise.minimisers import Migrad, Minimiser, Newton, Optax, Optimistix
from .inference.problem.priors import Flat, LogFlat, Normal
from .inference.sample.hmc import Hmc
from .inference.sample.importance import Importance
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
from .joint.running import running
from .measurements.delta_chi2 import delta_chi2_table
from .measurements.loading import measurement
from .nuclei.densities import FermiDensity, FourierBessel, GaussianSum, TabulatedDensity
from .nuclei.form_factor_input import FormFactorFunction, FormFactorOfRadius, TabulatedFormFactor
from .nuclei.input_files import nuclear_input
from .nuclei.nuclear_input import NuclearInput
from .nuclei.skins import SkinRelation, skin_relation
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
    "FermiDensity",
    "FitResult",
    "Flat",
    "FormFactorFunction",
    "FormFactorOfRadius",
    "FourierBessel",
    "GaussianSum",
    "GridResult",
    "Hmc",
    "Importance",
    "InputError",
    "Interaction",
    "Likelihood",
    "LogFlat",
    "Migrad",
    "Minimiser",
    "Nested",
    "Newton",
    "Normal",
    "NuclearInput",
    "Nuts",
    "Optax",
    "Optimistix",
    "Posterior",
    "Prediction",
    "Sampler",
    "SkinRelation",
    "StandardModel",
    "TabulatedDensity",
    "TabulatedFormFactor",
    "ToyStudy",
    "__version__",
    "axial_mediator",
    "charge_radius",
    "combine",
    "delta_chi2_table",
    "enable_compilation_cache",
    "flux_averaged_cross_sections",
    "import_histograms",
    "import_workspace",
    "light_scalar",
    "light_vector",
    "load",
    "magnetic_moment",
    "measurement",
    "measurements",
    "millicharge",
    "model",
    "nsi",
    "nuclear_input",
    "open_scan",
    "physics",
    "pseudoscalar_mediator",
    "running",
    "skin_relation",
    "standard_model",
    "tensor_mediator",
]
