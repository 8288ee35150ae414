"""What the help of the command line states of this room: needs no JAX."""

CHUNK = 65536
"""Points of a chunk of a scan."""
PRIOR_FORMS = "flat:LO:HI, log:LO:HI or normal:MEAN,SD"
"""How a prior is written."""
