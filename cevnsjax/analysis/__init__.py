"""What a user works with: a likelihood of measurements, its predictions, fits and profiles."""

from .cross_sections import CrossSections, flux_averaged_cross_sections
from .fit import FitResult
from .likelihood import Likelihood
from .prediction import Prediction
from .profile import ProfileResult
from .scan import ScanResult, open_scan

__all__ = [
    "CrossSections",
    "FitResult",
    "Likelihood",
    "Prediction",
    "ProfileResult",
    "ScanResult",
    "flux_averaged_cross_sections",
    "open_scan",
]
