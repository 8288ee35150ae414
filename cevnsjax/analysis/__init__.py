"""What a user works with: a likelihood of measurements, its predictions, fits and profiles."""

from .fit import FitResult
from .likelihood import Likelihood
from .prediction import Prediction
from .profile import ProfileResult

__all__ = ["FitResult", "Likelihood", "Prediction", "ProfileResult"]
