"""Scans of closed forms: a Δχ² that is known at every point, held as what `cevnsjax scan` gives."""

import numpy as np
import xarray

import cevnsjax as cj

UNITS = {"g_zp": "1", "m_zp": "MeV", "g_zp_2": "1", "m_zp_2": "MeV", "sin2_theta_w": "1", "r_n_cs": "fm"}
LATEX = {"g_zp": "g_{Z'}", "m_zp": "m_{Z'}", "sin2_theta_w": r"\sin^2\theta_W", "r_n_cs": "R_n"}
COUPLINGS, MASSES = np.geomspace(1e-6, 1e-2, 61), np.geomspace(1.0, 1e4, 41)


def scan_of(function, axes, best, title="closed form"):
    """Return the scan of χ² = 80 + `function` of the values of `axes`, with its lowest point `best`."""
    grid = np.meshgrid(*axes.values(), indexing="ij")
    logs = {name: bool(values[0] > 0.0 and np.ptp(np.diff(np.log(values))) < 1e-6) for name, values in axes.items()}
    return cj.GridResult(
        xarray.Dataset(
            {"chi2": (tuple(axes), 80.0 + function(*grid))},
            coords={
                name: (name, values, {"units": UNITS[name], "latex": LATEX.get(name, name), "long_name": name})
                for name, values in axes.items()
            },
            attrs={
                "settings": {
                    "grid": {name: {"log": log} for name, log in logs.items()},
                    "measurements": [title],
                    "interactions": ["standard-model"],
                },
                **{"chi2_min": 80.0, "chi2_grid_min": float(80.0 + function(*grid).min()), "best": best},
                **{"converged": True, "not_converged": 0, "quadrature": "", "digest": "", "version": "0"},
            },
        )
    )


def strength(g, m):
    """Return g² / (m² + 30² MeV²) in units of its value at g = 1e-4 and a small mass."""
    return (g / 1e-4) ** 2 / (1.0 + (m / 30.0) ** 2)


def limit(g, m):
    """Return Δχ² of a coupling that is only limited: allowed from 0 on."""
    return strength(g, m) ** 2


def signal(g, m):
    """Return Δχ² of a coupling that is found: neither 0 nor a large one is allowed."""
    return 25.0 * (strength(g, m) - 1.0) ** 2


def strip(g, m):
    """Return Δχ² of a coupling that is limited, with a second strip where its amplitude is minus twice another."""
    return 8.0 * (strength(g, m) * (strength(g, m) - 2.0)) ** 2


def coupling_first(function=limit, **more):
    """Return the scan of a coupling and a mass in this order, as most grids are given."""
    return scan_of(function, {"g_zp": COUPLINGS, "m_zp": MASSES}, {"g_zp": 1e-6, "m_zp": 1.0}, **more)


def mass_first(function=limit, **more):
    """Return the same scan in the other order."""
    return scan_of(
        lambda m, g: function(g, m), {"m_zp": MASSES, "g_zp": COUPLINGS}, {"g_zp": 1e-6, "m_zp": 1.0}, **more
    )


def ellipse(title="ellipse"):
    """Return the scan of an angle and a radius."""
    return scan_of(
        lambda x, y: ((x - 0.23) / 0.02) ** 2 + ((y - 5.0) / 0.4) ** 2,
        {"sin2_theta_w": np.linspace(0.1, 0.4, 31), "r_n_cs": np.linspace(3.0, 7.0, 31)},
        {"sin2_theta_w": 0.23, "r_n_cs": 5.0},
        title,
    )
