"""What a user holds: predictions, fits, grids, toys, posteriors, each of which prints itself."""
