"""Minimisations spread over several devices of one computer end where they do on one."""

import os
import subprocess
import sys

import jax
import numpy as np

from cevnsjax._base.cores import cores
from cevnsjax.inference.minimise.solver import MANY, Solver

SHARDED = """
import sys
import jax
jax.config.update("jax_num_cpu_devices", 2)
import numpy as np
import cevnsjax as cj
from cevnsjax.inference.minimise.solver import Solver
solver = Solver(cj.Likelihood([cj.measurements.coherent_csi_2021()]).problem(free=["sin2_theta_w"]))
assert len(solver.devices) == 2
given = np.load("starts.npz")
few = solver(given["few"], np.zeros(5, bool))
many = solver.lowest(given["many"], np.arange(5) == 0)
np.savez("found.npz", few_u=few.u, few=few.value, converged=few.converged, many_u=many.u, many=many.value)
"""


def test_two_devices_find_what_one_finds(likelihood, tmp_path):
    problem = likelihood.problem(free=["sin2_theta_w"])
    random = np.random.default_rng(2)
    few = np.column_stack([random.uniform(0.1, 0.4, 37), *random.uniform(0.7, 1.3, (4, 37))])
    many = np.ones((MANY + 11, 5))
    many[:, 0] = np.linspace(0.1, 0.4, len(many))
    np.savez(tmp_path / "starts.npz", few=few, many=many)
    process = subprocess.Popen([sys.executable, "-c", SHARDED], cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    solver = Solver(problem, jax.devices()[:1])
    here = solver(few, np.zeros(5, bool))
    lowest = solver.lowest(many, np.arange(5) == 0)
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    found = np.load(tmp_path / "found.npz")
    assert found["converged"].all()
    np.testing.assert_allclose(found["few"], here.value, rtol=1e-12)
    np.testing.assert_allclose(found["many"], lowest.value, rtol=1e-12)
    np.testing.assert_allclose(found["many_u"], lowest.u, rtol=1e-9)
    np.testing.assert_allclose(found["few_u"], here.u, rtol=1e-6)


def test_cores_are_those_of_the_process_or_as_told(monkeypatch):
    monkeypatch.delenv("NPROC", raising=False)
    bound = cores()
    assert bound == (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count())
    monkeypatch.setenv("NPROC", "1")
    assert cores() == 1
    monkeypatch.setenv("NPROC", str(10 * bound))
    assert cores() == bound
