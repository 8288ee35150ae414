"""The wheel: built, installed into an empty environment, and run from another folder."""

import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def call(*command, **arguments):
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True, **arguments)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """An environment with nothing but the wheel and what it requires; returns its folder of programs."""
    folder = tmp_path_factory.mktemp("wheel")
    call(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, ROOT)
    (wheel,) = folder.glob("cevnsjax-*.whl")
    venv.create(folder / "env")
    programs = folder / "env" / ("Scripts" if os.name == "nt" else "bin")
    call(sys.executable, "-m", "pip", "--python", programs / "python", "install", "--quiet", "--no-compile", wheel)
    return programs


def test_the_main_job_runs_from_another_folder(environment, tmp_path):
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "CEVNSJAX"))}
    clean["CEVNSJAX_CACHE"] = str(tmp_path / "cache")
    out = call(
        environment / "cevnsjax", "fit", "coherent-csi-2021", "--free", "sin2_theta_w", "--json", "--plot", "fit.png",
        cwd=tmp_path, env=clean,
    )  # fmt: skip
    found = json.loads(out)
    # arXiv:2303.09360: 0.231 +0.027 -0.024
    assert found["parameters"]["sin2_theta_w"]["value"] == pytest.approx(0.231, abs=0.002)
    assert (tmp_path / "fit.png").stat().st_size > 20_000
    assert list((tmp_path / "cache").rglob("*-cache")), "the compilation cache holds the program"
    where = call(environment / "python", "-c", "import cevnsjax; print(cevnsjax.__file__)", cwd=tmp_path, env=clean)
    assert str(ROOT / "cevnsjax") not in where


def test_what_is_installed_goes_together():
    """`pip check` of the environment of these tests."""
    assert call(sys.executable, "-m", "pip", "check").startswith("No broken requirements found")
