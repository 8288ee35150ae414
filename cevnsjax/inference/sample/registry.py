"""The samplers, by the name that the command line uses: the list of them needs no JAX."""

KINDS = {
    "auto": "automatic.Automatic",
    "importance": "importance.Importance",
    "nuts": "nuts.Nuts",
    "hmc": "hmc.Hmc",
    "nested": "nested.Nested",
}
"""``MODULE.CLASS`` of this room, by name."""
