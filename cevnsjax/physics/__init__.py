"""Physics in the hand: what the fold is made of, as functions of arrays. Each is imported when it is used.

    cj.physics.differential_cross_section(30.0, [1.0, 5.0], "133Cs", "nu_mu")      # cm²/keV
    cj.physics.recoil_spectrum([1.0, 5.0], "coherent-csi-2021")                    # 1/keV/kg/day

The code is that of the likelihoods: there is no second implementation. All functions take NumPy and JAX arrays.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
