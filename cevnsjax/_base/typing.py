"""Words for shapes and values, used in every signature.

A numerical function accepts NumPy arrays and JAX arrays alike: with NumPy it runs on the host while a measurement
is folded, with JAX it is traced, compiled and differentiated. `cevnsjax._base.numerics.namespace` picks the library.
"""

from collections.abc import Mapping

import jax
import numpy as np
from jaxtyping import Bool, Float

Array = jax.Array | np.ndarray
Scalar = float | int | np.floating | Float[Array, ""]
Params = Mapping[str, Scalar]
"""Values of the parameters by name, a flat dictionary of scalars in the units of `cevnsjax.parameters`."""
Names = list[str] | tuple[str, ...]
"""Several names: no sequence of texts, which a single text is too, so that a type checker tells them apart."""

__all__ = ["Array", "Bool", "Float", "Names", "Params", "Scalar"]
