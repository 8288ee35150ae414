"""Radii and axial form factors of nuclei."""

import math

import numpy as np

from cevnsjax._base.data_files import DataFile
from cevnsjax.nuclei.nuclide import nuclide
from cevnsjax.nuclei.radii import NEUTRON_CHARGE_RADIUS_SQUARED
from cevnsjax.nuclei.spin import spin_charges

AXIAL_CHARGE = 1.27641


def radii() -> dict[str, float]:
    """Return R_p from the charge radii, and R_n with the skins of the shell model."""
    data = DataFile("nuclei/shell_model.toml")
    results = {}
    for name in ("133Cs", "127I", "40Ar"):
        nucleus = nuclide(name)
        square = nucleus.charge_radius**2 - nucleus.neutrons / nucleus.protons * NEUTRON_CHARGE_RADIUS_SQUARED
        results[f"r_p_{nucleus.element}"] = math.sqrt(square)
    for name in ("133Cs", "127I"):
        nucleus, b = nuclide(name), data.number(f"{name}.oscillator_length", "fm")
        total, difference = (data.array(f"{name}.nucleons_{part}", "1") for part in ("sum", "difference"))
        proton, neutron = (
            b * math.sqrt(3 * (0.5 - row[1] / row[0])) for row in (total + difference, total - difference)
        )
        results[f"r_n_{nucleus.element}"] = nucleus.proton_radius + neutron - proton
    return results


def axial() -> dict[str, float]:
    """Return F_A(0) of 19F at tree level, without strange quarks."""
    proton, neutron = spin_charges(nuclide("19F"), np.zeros(1))[:, 0]
    return {"axial_f": float((AXIAL_CHARGE * (proton - neutron)) ** 2)}


SOURCES = (radii, axial)
