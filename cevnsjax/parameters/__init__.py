"""Parameters, the constraints on them, and the strengths of components."""
