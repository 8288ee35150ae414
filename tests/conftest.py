"""Fixtures shared by all tests."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
os.environ["CEVNSJAX_CACHE"] = "off"
os.environ.setdefault("MPLBACKEND", "agg")

import pytest

import cevnsjax as cj


@pytest.fixture(scope="session")
def csi():
    """COHERENT CsI 2021 with the flat pulls."""
    return cj.measurements.coherent_csi_2021()


@pytest.fixture(scope="session")
def likelihood(csi):
    """The likelihood of COHERENT CsI 2021 in the Standard Model."""
    return cj.Likelihood([csi])


@pytest.fixture(scope="session")
def angle_fit(likelihood):
    """The fit of the weak mixing angle."""
    return likelihood.fit(free=["sin2_theta_w"])


@pytest.fixture(scope="session")
def both_fit(likelihood):
    """The fit of the weak mixing angle and of one neutron radius."""
    return likelihood.fit(free=["sin2_theta_w", "r_n_cs"], tie={"r_n_i": "r_n_cs"})
