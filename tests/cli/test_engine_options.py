"""Scans and toys on workers, from the command line."""

import json
from pathlib import Path

import pytest

from cevnsjax.inference.engines import Dask

SCAN = ("scan", "coherent-csi-2021", "--grid", "sin2_theta_w=0.15:0.35:20", "--chunk", "5", "--json")
TOYS = ("toys", "coherent-csi-2021", "--free", "sin2_theta_w", "--count", "600", "--json")


def test_scan_and_toys_on_workers_are_those_of_this_process(run):
    with Dask(workers=1) as cluster:
        cluster.connect()
        there = "--engine", f"dask:{cluster._connection.client.scheduler.address}"
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
