"""The command line. Exit code 2 and a line on standard error for bad input; 3 for a fit that did not converge."""

from .app import main

__all__ = ["main"]
