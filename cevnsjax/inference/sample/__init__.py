"""Draws from a posterior: samplers, where chains start, whether the draws can be trusted."""
