"""Neutrino sources: fluence and spectrum of each flavour, and when the neutrinos arrive."""
