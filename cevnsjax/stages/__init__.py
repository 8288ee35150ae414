"""A prediction as a tree of stages, of which what no parameter moves is folded to arrays."""
