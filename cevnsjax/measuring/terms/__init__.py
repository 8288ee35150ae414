"""What the data of a measurement say of the numbers expected; each kind of term has its own file.

Which to use when: `PoissonCounts` for counted events; `GaussianNumbers` for numbers with errors; `UpperLimit` where
only what is above a number is excluded; `FiniteTemplates` for counts beside templates of few simulated events;
`DeltaChi2Table` for what others publish as Δχ² of parameters.
"""
