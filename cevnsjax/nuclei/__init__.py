"""Nuclides, targets and nuclear form factors."""
