"""Scans and toys on workers, from the command line."""

import json
from pathlib import Path

import pytest
from distributed import LocalCluster

from cevnsjax import InputError, Likelihood
from cevnsjax.inference.engines.dask import Dask

SCAN = ("scan", "coherent-csi-2021", "--grid", "sin2_theta_w=0.15:0.35:20", "--chunk", "5", "--json")
TOYS = ("toys", "coherent-csi-2021", "--free", "sin2_theta_w", "--count", "600", "--json")


def test_scan_and_toys_on_workers_are_those_of_this_process(run):
    with LocalCluster(n_workers=1, threads_per_worker=1, host="127.0.0.1", dashboard_address=None) as cluster:
        there = "--engine", f"dask:{cluster.scheduler_address}"
        found = {}
        for name, options in (("here", ()), ("there", there)):
            code, text, errors = run(*SCAN, "--out", f"{name}.zarr", *options)
            assert code == 0, errors
            scan = json.loads(text)
            code, text, errors = run(*TOYS, *options)
            assert code == 0, errors
            toys = json.loads(text)
            found[name] = {k: v for k, v in (scan | toys).items() if k not in ("out", "seconds")}
    assert found["here"] == found["there"]
    for file in Path("here.zarr").rglob("*"):
        if file.is_file():
            assert file.read_bytes() == (Path("there.zarr") / file.relative_to("here.zarr")).read_bytes()


@pytest.mark.parametrize(("command", "method"), [(SCAN, "scan"), (TOYS, "toys")])
def test_the_engine_reaches_the_library_connected_and_is_closed(run, monkeypatch, command, method):
    said = []

    def report(*_, engine, **__):
        raise InputError(f"{method} at {engine.address} with {engine.workers} workers, {said}")

    monkeypatch.setattr(Likelihood, method, report)
    monkeypatch.setattr(Dask, "connect", lambda self: said.append("connected"))
    monkeypatch.setattr(Dask, "close", lambda self: said.append("closed"))
    out = "scan.zarr" if command is SCAN else "toys.nc"
    code, _, errors = run(*command, "--out", out, "--engine", "dask:tcp://host:1", "--workers", "3")
    assert (code, errors) == (2, f"cevnsjax: {method} at tcp://host:1 with 3 workers, ['connected']\n")
    assert said == ["connected", "closed"]


@pytest.mark.parametrize(
    ("command", "options", "message"),
    [
        (SCAN, ("--engine", "dusk"), "expected an engine serial, dask or dask:ADDRESS, found 'dusk'"),
        (SCAN, ("--engine", "dask:host:port"), "expected the address of a dask scheduler"),
        (TOYS, ("--engine", "dask:none.json"), "'none.json' is not the file of a dask scheduler"),
        (SCAN, ("--engine", "dask", "--workers", "0"), "expected at least one worker, found 0"),
        (TOYS, ("--workers", "2"), "goes with the engine dask"),
    ],
)
def test_a_wrong_engine_is_one_line_and_writes_nothing(run, command, options, message):
    code, output, errors = run(*command, *options, "--out", "scan.zarr" if command is SCAN else "toys.nc")
    assert (code, output) == (2, "")
    assert errors.count("\n") == 1
    assert message in errors
    assert not list(Path.cwd().iterdir())
