"""Pytest puts this folder on the import path, so that the tests share `tolerance` and `independent_rates`."""
