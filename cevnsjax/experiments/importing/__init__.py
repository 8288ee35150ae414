"""Experiments' folders from likelihoods in other formats: workspaces of pyhf, histograms."""
