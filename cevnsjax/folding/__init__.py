"""From a measurement and an interaction to arrays: nodes, amplitudes, recoils, and what is left to evaluate."""
