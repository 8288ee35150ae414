"""How many processor cores this process may use."""

import os


def cores() -> int:
    """Return the number of cores this process may use: those it is bound to, or ``NPROC``, which XLA obeys too."""
    bound = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    requested = os.environ.get("NPROC", "")
    return max(1, min(bound, int(requested))) if requested.isdigit() else bound
