"""Benchmarks of the engine beside fair opponents: ``python -m benchmarks`` from the root of the checkout."""
