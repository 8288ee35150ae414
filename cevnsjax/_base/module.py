"""What the modules of the package are: those of equinox, with methods as cheap as those of any Python object.

A method of an `equinox.Module` is a tree of its own, made anew at each access, for which all arrays of the module are
gone through: on the host, where trees of stages call each other, that took more time than what they compute.
"""

import equinox as eqx


class Module(eqx.Module):
    """A dataclass that is a tree of arrays; its methods are plain ones."""

    __getattribute__ = object.__getattribute__
