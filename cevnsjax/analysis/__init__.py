"""What a user works with: a likelihood of measurements, its predictions, fits and profiles."""

from .cross_sections import CrossSections, flux_averaged_cross_sections
from .fit import FitResult
from .likelihood import Likelihood
from .posterior import Posterior
from .prediction import Prediction
from .profile import ProfileResult

__all__ = [
    "CrossSections",
    "FitResult",
    "Likelihood",
    "Posterior",
    "Prediction",
    "ProfileResult",
    "flux_averaged_cross_sections",
]
