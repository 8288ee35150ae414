"""The likelihood of several measurements under one interaction."""
