"""``cevnsjax cite``: papers and data releases."""

from collections.abc import Sequence

from .._base.version import __version__
from ..measurements.catalogue import CATALOGUE, ENTRIES, find, forecast_entries, full_name, shipped
from ..measurements.joint_analyses import joint_analysis, joint_entries
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
        if (base := name.partition(":")[0]) in joint_entries():
            analysis = joint_analysis(name)
            references |= {name: list(joint_entries()[base].content["sources"].values())}
            references |= _references(analysis.measurements)
        elif base in ENTRIES:
            entry, variant = find(name)
            references[full_name(base, variant)] = list(entry.references(variant))
        elif name in shipped():
            references[name] = [str(text) for text in forecast_entries(name)["sources"].values()]
        else:
            prepare_jax()
            from ..measurements import resolve

            references |= {m.name: list(m.references) for m in resolve([name])}
    return references
