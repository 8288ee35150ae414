"""The specification of a fit, and χ² as a function of a vector, with its derivatives and densities."""
