"""cevnsjax: a differentiable likelihood engine for coherent elastic neutrino-nucleus scattering.

    import cevnsjax as cj
    csi = cj.measurements.coherent_csi_2021()
    fit = cj.Likelihood([csi]).fit(free=["sin2_theta_w"])
    fit.interval("sin2_theta_w", cl=0.90)
    cj.Likelihood([csi], cj.light_vector("B-L")).fit(free=["g_zp"], values={"m_zp": 50.0})

Importing turns on 64-bit JAX (a cross section of 1e-40 cm² is zero in single precision) and does nothing else: the
public names, listed in ``__init__.pyi``, are imported where they are first used.
"""

import os
import sys

import lazy_loader

if "jax" in sys.modules:
    sys.modules["jax"].config.update("jax_enable_x64", True)
else:
    os.environ["JAX_ENABLE_X64"] = "true"  # JAX reads it as soon as it is imported, here or by the user

__getattr__, _, __all__ = lazy_loader.attach_stub(__name__, __file__)


def __dir__() -> list[str]:
    return sorted(__all__)
