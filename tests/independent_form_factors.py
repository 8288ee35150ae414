"""Form factors written apart from the package's, in q [1/fm]."""

import numpy as np


def helm(q, radius, xp=np):
    """Return 3 j1(qR_0)/(qR_0) exp(-q²s²/2), s = 0.9 fm, R² = (3/5) R_0² + 3s² (arXiv:2303.09360 Eq. 5).

    `xp` is numpy or jax.numpy. Below qR_0 = 0.01 a series, off by 1e-12.
    """
    x = q * xp.sqrt(5.0 / 3.0 * (radius**2 - 3.0 * 0.9**2))
    safe = xp.where(x < 1e-2, 1.0, x)
    ball = xp.where(x < 1e-2, 1 - x**2 / 10 + x**4 / 280, 3 * (xp.sin(safe) - safe * xp.cos(safe)) / safe**3)
    return ball * xp.exp(-0.5 * (0.9 * q) ** 2)
