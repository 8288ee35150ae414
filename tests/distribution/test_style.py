"""Style and types: the package and its tests are clean, and the slips of a user's script are seen before it runs."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAMS = Path(sys.executable).parent
HEAD = """
import cevnsjax as cj

likelihood = cj.Likelihood(["coherent-csi-2021"], cj.light_vector("B-L"))
"""
SCRIPT = f"""{HEAD}
fit = likelihood.fit(free=["g_zp"], values={{"m_zp": 50.0}})
value: float = fit.values["g_zp"]
pieces = fit.interval("g_zp", 0.90).pieces
low: float = pieces[0][0]
contours = likelihood.scan({{"g_zp": "1e-6:1e-2:20:log", "m_zp": "1:1e4:20:log"}}).contours(0.90)
posterior = likelihood.sample(["g_zp"], values={{"m_zp": 50.0}}, priors={{"g_zp": cj.LogFlat(1e-6, 1e-2)}})
posterior.save("posterior.nc")
"""
SLIPS = {
    "misspelt keyword": ('likelihood.fit(fre=["g_zp"])', "fre"),
    "a text for a list": ('likelihood.fit(free="g_zp")', "list[str]"),
    "wrong attribute": ('likelihood.fit(free=["g_zp"]).chi_squared', "chi_squared"),
    "a text for a number": ('likelihood.fit(free=["g_zp"], values={"m_zp": "50"})', "dict[str, str]"),
    "wrong name": ("cj.light_vectors()", "light_vectors"),
}


def check(*command, folder=ROOT):
    program = shutil.which(command[0], path=PROGRAMS) or shutil.which(command[0])
    assert program, f"{command[0]} is not installed: pip install -e '.[test]'"
    done = subprocess.run([program, *command[1:]], cwd=folder, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.quick
@pytest.mark.parametrize("command", [("ruff", "check"), ("ruff", "format", "--check"), ("ty", "check")], ids=" ".join)
def test_clean(command):
    code, output = check(*command)
    assert code == 0, output


def check_script(folder, text):
    (folder / "script.py").write_text(text)
    return check("ty", "check", "--python", sys.prefix, "--output-format", "concise", "script.py", folder=folder)


def test_a_script_of_a_user_is_clean(tmp_path):
    code, output = check_script(tmp_path, SCRIPT)
    assert code == 0, output


@pytest.mark.parametrize("slip", SLIPS)
def test_slips_of_a_user_are_seen(slip, tmp_path):
    line, name = SLIPS[slip]
    code, output = check_script(tmp_path, f"{HEAD}{line}\n")
    number = len(HEAD.splitlines()) + 1
    assert code == 1
    assert f"script.py:{number}:" in output
    assert name in output
