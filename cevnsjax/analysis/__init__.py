"""What a user works with: a likelihood of measurements, its predictions, fits and profiles."""

from .cross_sections import CrossSections, flux_averaged_cross_sections
from .feldman_cousins import FeldmanCousinsResult
from .fit import FitResult
from .likelihood import Likelihood
from .posterior import Posterior
from .prediction import Prediction
from .profile import ProfileResult
from .scan import ScanResult, open_scan
from .toys import ToyStudy

__all__ = [
    "CrossSections",
    "FeldmanCousinsResult",
    "FitResult",
    "Likelihood",
    "Posterior",
    "Prediction",
    "ProfileResult",
    "ScanResult",
    "ToyStudy",
    "flux_averaged_cross_sections",
    "open_scan",
]
