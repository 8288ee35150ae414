"""Minimisers, starts, and the curvature at a minimum."""
