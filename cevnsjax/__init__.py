"""cevnsjax: a differentiable likelihood engine for coherent elastic neutrino-nucleus scattering."""

import jax

jax.config.update("jax_enable_x64", True)
