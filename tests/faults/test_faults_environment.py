"""Where users live: no home, folders that cannot be written, variables that JAX and matplotlib read, no `fcntl`."""

import json
import os
import sys
import time

import pytest

QUICK = ("predict", "csre-cs", "--json")


@pytest.fixture
def cache(process, tmp_path):
    """Run a quick command with variables changed; return its lines of standard error, and what it left."""

    def run(**environment):
        done = process(*QUICK, environment={"CEVNSJAX_CACHE": None, "XDG_CACHE_HOME": None, **environment})
        assert done.returncode == 0, done.stderr
        return done.stderr.splitlines(), sorted(path.name for path in tmp_path.iterdir())

    return run


def test_a_home_that_cannot_be_written(cache):
    lines, left = cache(HOME="/proc/nobody")
    assert len(lines) == 1
    assert lines[0].startswith("cevnsjax: no cache of compiled programs: '/proc/nobody/.cache/cevnsjax/")
    assert left == []


def test_variables_that_count_as_unset(cache, tmp_path):
    for value in ("", "relative"):
        lines, left = cache(XDG_CACHE_HOME=value, HOME=str(tmp_path / "home"))
        assert lines == []
        assert left == ["home"]
    assert [path.name for path in (tmp_path / "home").iterdir()] == [".cache"]


@pytest.mark.slow
def test_names_of_the_cache(cache, tmp_path):
    lines, left = cache(CEVNSJAX_CACHE="~/there", HOME=str(tmp_path / "home"))
    assert (lines, left) == ([], ["home"])
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["there"]
    lines, left = cache(CEVNSJAX_CACHE="OFF", HOME=str(tmp_path / "other"))
    assert (lines, left) == ([], ["home"])


def test_a_warm_start_gives_the_same_and_says_what_it_took(process, tmp_path):
    """From an empty cache, then from a warm one."""

    def fit():
        began = time.perf_counter()
        done = process(
            "fit", "apv-cs", "--free", "sin2_theta_w", "--json", environment={"CEVNSJAX_CACHE": str(tmp_path)}
        )
        waited = time.perf_counter() - began
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout)
        seconds = found.pop("seconds")
        total = seconds.pop("total")
        assert list(seconds) == ["import", "fold", "compile", "run", "report"]
        assert sum(seconds.values()) == pytest.approx(total, rel=1e-9)
        assert 0.5 * waited < total < waited + 0.1  # beside it the end of the process; 0.1 s of the clock of processes
        return found

    cold = fit()
    assert list(tmp_path.rglob("program-*"))
    assert fit() == cold


def test_no_home_at_all(command, monkeypatch):
    """As in a container whose user has no entry."""
    import pwd

    def unknown(_):
        raise KeyError("getpwuid(): uid not found")

    for name in ("HOME", "XDG_CACHE_HOME", "CEVNSJAX_CACHE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    code, out, err = command(*QUICK)
    assert code == 0
    assert out.startswith("{")
    assert (
        err
        == "cevnsjax: no cache of compiled programs: there is no home folder (CEVNSJAX_CACHE names another, or off)\n"
    )


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("JAX_PLATFORMS", "nonsense"),
        ("JAX_PLATFORMS", "cuda"),
        ("JAX_NUMPY_RANK_PROMOTION", "raise"),
        ("JAX_TRANSFER_GUARD", "disallow"),
    ],
)
def test_settings_of_jax(process, variable, value):
    if value == "cuda" and os.path.exists("/dev/nvidia0"):
        pytest.skip("this machine has what JAX_PLATFORMS=cuda asks for, so that nothing is refused")
    done = process("fit", "csre-cs", "--free", "r_n_cs", environment={variable: value})
    assert (done.returncode, done.stdout) == (2, "")
    last = done.stderr.splitlines()[-1]
    assert last.startswith(f"cevnsjax: {variable}: ")
    assert value in last
    assert done.stderr.count("\n") == 1


@pytest.mark.slow
def test_figures_whatever_matplotlib_is_told(process, tmp_path):
    """A backend that does not exist, and LaTeX where there is none."""
    (tmp_path / "matplotlibrc").write_text("text.usetex: True\n")
    environment = {"MPLBACKEND": "nonsense", "MATPLOTLIBRC": str(tmp_path / "matplotlibrc"), "JAX_ENABLE_X64": "0"}
    done = process("predict", "csre-cs", "apv-cs", "--plot", "f.png", environment=environment | {"PATH": "/nowhere"})
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "f.png").read_bytes().startswith(b"\x89PNG")


def test_an_import_without_fcntl(process, tmp_path):
    """As on Windows, with what else is missing there."""
    (tmp_path / "sitecustomize.py").write_text(
        "import os, signal, sys\n"
        "sys.modules['fcntl'] = None\n"
        "sys.modules['resource'] = None\n"
        "sys.modules['pwd'] = None\n"
        "for name in ('O_NOFOLLOW', 'fork', 'getuid', 'pread', 'sched_getaffinity'):\n"
        "    delattr(os, name)\n"
        "del signal.SIGHUP\n"
    )
    path = os.pathsep.join([str(tmp_path), *(one for one in sys.path if one)])
    done = process("predict", "csre-cs", "--json", environment={"PYTHONPATH": path})
    assert done.returncode == 0, done.stderr
