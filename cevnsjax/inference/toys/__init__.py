"""Toy experiments: drawn, fitted, and the construction of Feldman and Cousins."""
