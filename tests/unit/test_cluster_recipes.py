"""The recipes of docs/cluster.md run as they stand, on small grids, where a job starts as soon as it is submitted."""

import contextlib
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import cevnsjax as cj

PAGE = Path(__file__).parents[2] / "docs" / "cluster.md"

SBATCH = """#!/bin/bash
export SLURM_JOB_ID=$$
cp "$1" job-$$.sh
setsid bash job-$$.sh > job-$$.log 2>&1 < /dev/null &
echo $! >> jobs
echo "Submitted batch job $!"
"""
SRUN = """#!/bin/bash
[[ $1 == --ntasks=* ]] && shift
exec "$@"
"""
CONDOR_SUBMIT = """#!{python}
import os, re, subprocess, sys
text = open(sys.argv[-1]).read()
arguments = re.search('Arguments = "(.*)"', text).group(1).replace('""', '"')
parts = [double.replace("''", "'") for double in re.findall("'((?:[^']|'')*)'", arguments)] if "'" in arguments else []
first = arguments.split()[0]
command = ["/bin/sh", *([first] if not first.startswith("'") else []), *parts]
log = open(f"job-{{os.getpid()}}.log", "w")
job = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
open("jobs", "a").write(f"{{job.pid}}\\n")
print("1 job(s) submitted to cluster", job.pid)
print(f"** Proc {{job.pid}}.0:")
"""
KILL = """#!/bin/bash
for job in "$@"; do kill -TERM -- -${job%%.*}; done
"""


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(), re.S)


def small(text):
    """Return a recipe with a grid of few points and few workers."""
    text = text.replace("1000:log", "3:log").replace("--workers 16", "--workers 1").replace("jobs=64", "jobs=1")
    assert "3:log" in text
    return text


@pytest.fixture
def queue(tmp_path, monkeypatch):
    """Return a folder in which the commands of Slurm and HTCondor start jobs on the spot, ended after the test."""
    tools = tmp_path / "bin"
    tools.mkdir()
    commands = {
        "sbatch": SBATCH, "srun": SRUN, "scancel": KILL, "condor_rm": KILL,
        "condor_submit": CONDOR_SUBMIT.format(python=sys.executable),
        "cevnsjax": f'#!{sys.executable}\nfrom cevnsjax.cli import main\nif __name__ == "__main__":\n    main()\n',
        "dask": f'#!{sys.executable}\nfrom dask.__main__ import main\nif __name__ == "__main__":\n    main()\n',
    }  # fmt: skip
    for name, text in commands.items():
        (tools / name).write_text(text)
        (tools / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(Path(cj.__file__).parents[1]), *sys.path]))
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    for line in (tmp_path / "jobs").read_text().split() if (tmp_path / "jobs").exists() else ():
        subprocess.run(["kill", "-KILL", "--", f"-{line}"], stderr=subprocess.DEVNULL, check=False)


def check(folder):
    """Compare the store that a recipe made with the scan in this process at one point."""
    scan = cj.open_scan(folder / "scan.zarr")
    assert scan.chi2.shape == (3, 3)
    likelihood = cj.Likelihood([cj.measurements.coherent_csi_2021()], cj.light_vector("B-L"))
    values = {axis.name: float(axis.values[1]) for axis in scan.axes}
    problem = likelihood.problem(free=list(values), values=values)
    found = {name: float(scan.dataset[name][1, 1]) for name in problem.names if name not in values}
    np.testing.assert_allclose(scan.chi2[1, 1], float(problem(problem.coordinates(values | found))), rtol=1e-12)


def finish(folder, *command):
    """Run a command in a session of its own, end what it leaves behind, and refuse failure."""
    with (folder / "output").open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)
        try:
            code = process.wait(300)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    said = (folder / "output").read_text() + "".join(log.read_text() for log in folder.glob("job-*.log"))
    assert code == 0, said[-3000:]


def test_the_script_for_slurm(queue, monkeypatch):
    (script,) = (block for block in blocks("bash") if "SBATCH" in block)
    (queue / "scan.sh").write_text(small(script))
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    finish(queue, "bash", "scan.sh")
    check(queue)


@pytest.mark.parametrize("name", ["SLURMCluster", pytest.param("HTCondorCluster", marks=pytest.mark.slow)])
def test_the_programs_with_dask_jobqueue(queue, name):
    (program,) = (block for block in blocks("python") if f"import {name}" in block)
    (queue / "scan.py").write_text(small(program))
    finish(queue, sys.executable, "scan.py")
    check(queue)
