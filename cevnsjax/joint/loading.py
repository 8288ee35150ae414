"""Any result that was saved, by what its file says it is."""

from pathlib import Path
from typing import Any

from .._base import arguments
from ..results.feldman_cousins import FeldmanCousinsResult
from ..results.fit import FitResult
from ..results.grid import GridResult
from ..results.held import is_folder, read_held
from ..results.posterior import Posterior
from ..results.prediction import Prediction
from ..results.rebuilt import check_likelihood
from ..results.scanning import open_scan
from ..results.toys import ToyStudy
from .cross_sections import CrossSections
from .likelihood import Likelihood

OF_LIKELIHOODS = {
    "fit": FitResult,
    "profile": GridResult,
    "scan": GridResult,
    "toys": ToyStudy,
    "feldman-cousins": FeldmanCousinsResult,
    "prediction": Prediction,
}
"""What each kind of file holds, where its likelihood may be handed over."""


@arguments.checked(path=arguments.path, likelihood=arguments.optional(check_likelihood))
def load(path: str | Path, likelihood: Likelihood | None = None) -> Any:
    """Return the result that a file, or the store of a scan, holds, of whatever kind it is.

    Its likelihood is made again from the names of measurements and models, or from the files that describe them; any
    other is passed as `likelihood`. It must be the likelihood that the result was made with: digests in the file tell.

    >>> import tempfile, cevnsjax as cj
    >>> profile = cj.Likelihood("csre-cs").profile(["r_n_cs"], points=5)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     profile.save(f"{folder}/profile.nc")
    ...     again = cj.load(f"{folder}/profile.nc")
    >>> type(again).__name__, bool((again.chi2 == profile.chi2).all())
    ('GridResult', True)

    """
    if is_folder(Path(path)):
        return open_scan(path)
    kind = read_held(Path(path)).kind
    if kind == "posterior":
        return Posterior.load(path)
    if kind == "cross-sections":
        return CrossSections.load(path, None if likelihood is None else likelihood.interaction)
    return OF_LIKELIHOODS[kind].load(path, likelihood)
