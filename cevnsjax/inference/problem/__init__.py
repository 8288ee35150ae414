"""What is asked of a fit, and χ² as a function of one vector, with its derivatives and densities."""
