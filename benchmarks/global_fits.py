"""Block `global`: fits, scans and posteriors of everything together, with opponents and the bars that ours are to keep.

An earlier commit of the package runs the same jobs, but for a quick run.
"""

from contextlib import nullcontext

from .before import earlier
from .case import Case
from .global_evidence import evidence
from .global_growth import growth_of_fits
from .global_processes import processes
from .global_scans import global_scans
from .table import Table


def global_fits(case: Case) -> list[Table]:
    """Return the tables of all jobs."""
    with nullcontext() if case.quick else earlier() as before:
        tables = [processes(case, before), global_scans(case, before)]
    return [*tables, evidence(case), growth_of_fits(case)]
