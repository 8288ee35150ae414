"""``cevnsjax cite``: papers and data releases."""

from collections.abc import Sequence

from .._base.version import __version__
from ..measurements.catalogue import CATALOGUE, find, full_name
from ..measurements.description import Description, shipped, shipped_file
from ..results.tables.lists import citations
from . import options, printing
from .process import prepare_jax


def cite(names: options.Listed = None, json_: options.Json = False) -> None:
    """List what to cite: the papers and data releases of each measurement, and this package."""
    package = f"cevnsjax {__version__}, a differentiable likelihood engine for CEvNS (CITATION.cff)"
    content = {"package": package, "measurements": _references(names or list(CATALOGUE))}
    printing.result(content, json_, citations)


def _references(names: Sequence[str]) -> dict[str, list[str]]:
    """Return what to cite by the name of the measurement; files are read as those that a fit takes, with JAX."""
    references: dict[str, list[str]] = {}
    for name in names:
        if name.partition(":")[0] in CATALOGUE:
            entry, variant = find(name)
            references[full_name(name.partition(":")[0], variant)] = list(entry.references(variant))
        elif name in shipped():
            references[name] = list(Description(*shipped_file(name)).sources())
        else:
            prepare_jax()
            from ..measurements import resolve_or_describe

            references |= {m.name: list(m.references) for m in resolve_or_describe([name])}
    return references
