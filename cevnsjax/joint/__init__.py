"""The likelihood of several measurements under the same interaction."""
