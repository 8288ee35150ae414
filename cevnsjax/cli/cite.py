"""``cevnsjax cite``: papers and data releases."""

from .._base.version import __version__
from ..measurements import CATALOGUE, resolve_or_describe
from ..results.tables.lists import citations
from . import options, printing


def cite(names: options.Listed = None, json_: options.Json = False) -> None:
    """Say what to cite: the papers and data releases of each measurement, and this package."""
    loaded = resolve_or_describe(names or list(CATALOGUE))
    package = f"cevnsjax {__version__}, a differentiable likelihood engine for CEvNS (CITATION.cff)"
    content = {"package": package, "measurements": {m.name: list(m.references) for m in loaded}}
    printing.result(content, json_, citations)
