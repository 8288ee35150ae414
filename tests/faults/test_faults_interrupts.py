"""Stops: Ctrl-C, SIGTERM and SIGHUP say in one line what is kept; runs that were killed go on to the same bytes."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
import tomllib
from pathlib import Path

import pytest

from cevnsjax.cli import app
from cevnsjax.cli.process import Stopped, stops_shown

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "tests" / "stopped_runs.py"


def entry():
    """The program that the console script of the checkout runs."""
    module, _, name = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]["cevnsjax"].partition(
        ":"
    )
    heard = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); signal.signal(signal.SIGHUP, signal.SIG_DFL)"
    return f"{heard}; import sys; sys.argv[0] = 'cevnsjax'; from {module} import {name}; {name}()"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda one: one.name)
def test_in_the_first_moments(tmp_path, number):
    """While it imports: a line and the exit code, whatever is interrupted."""
    running = subprocess.Popen(
        [sys.executable, "-c", entry(), "parameters", "crex"], stdout=-1, stderr=-1, text=True, cwd=tmp_path
    )
    time.sleep(0.6)
    running.send_signal(number)
    out, err = running.communicate()
    assert (running.returncode, out) == (128 + number, "")
    assert err.startswith(f"cevnsjax: interrupted by {number.name}; nothing")
    assert err.count("\n") == 1


@pytest.fixture
def interrupted(command):
    """Run a command into which a signal comes once its work has begun, or a file is there; return code and lines."""

    def run(number, *arguments, kept=None):
        command("predict", "apv-cs")  # with all that is imported when it is needed

        def stop(*_):
            if kept is None or Path(kept).exists():
                signal.setitimer(signal.ITIMER_REAL, 0.0)
                os.kill(os.getpid(), number)

        heard = {signal.SIGINT: signal.default_int_handler, signal.SIGHUP: signal.SIG_DFL, signal.SIGALRM: stop}
        old = {each: signal.signal(each, handler) for each, handler in heard.items()}
        signal.setitimer(signal.ITIMER_REAL, 1.2, 0.2)
        try:
            code, out, err = command(*arguments)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0.0)
            for each, handler in old.items():
                signal.signal(each, handler)
        assert out == ""
        return code, [line for line in err.replace("\r", "\n").splitlines() if line.startswith("cevnsjax")]

    return run


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda one: one.name)
def test_of_what_nothing_is_kept(interrupted, tmp_path, number):
    commands = {
        signal.SIGINT: ("fit", "coherent-csi-2021", "--free", "sin2_theta_w,r_n_cs", "--plot", "f.png"),
        signal.SIGTERM: ("profile", "coherent-csi-2021", "--free", "r_n_cs,r_n_i", "--json"),
        signal.SIGHUP: ("toys", "coherent-csi-2021", "--free", "r_n_i", "--count", "1000000"),
    }
    code, lines = interrupted(number, *commands[number])
    assert code == 128 + number
    assert lines == [f"cevnsjax: interrupted by {number.name}; nothing is kept"]
    assert list(tmp_path.iterdir()) == []
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_a_stop_that_comes_while_a_lock_is_waited_for(monkeypatch, capsys):
    """Python then releases what it does not hold, and the error of this hides the stop."""

    def waiting():
        lock = threading.Lock()
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(1.0)
        finally:
            lock.release()

    monkeypatch.setattr(app, "_run", waiting)
    with pytest.raises(SystemExit) as ended:
        app.main()
    assert ended.value.code == 128 + signal.SIGTERM
    assert capsys.readouterr().err == "cevnsjax: interrupted by SIGTERM; nothing is kept\n"
    kept = Stopped(signal.SIGTERM)
    kept.add_note("half of it is kept")

    def hidden():
        with stops_shown():
            try:
                raise kept
            finally:
                threading.Lock().release()

    with pytest.raises(Stopped) as shown:
        hidden()
    assert shown.value is kept
    monkeypatch.setattr(app, "_run", lambda: threading.Lock().release())
    with pytest.raises(RuntimeError, match="release unlocked lock"):
        app.main()


def test_a_stop_that_comes_where_nothing_can_be_raised(interrupted, monkeypatch):
    """In the collection of garbage, where Python drops what is raised."""
    import gc

    def collected(phase, _):
        if phase == "start" and due:
            due.clear()
            os.kill(os.getpid(), signal.SIGINT)
            for _ in range(1000):
                pass

    due, often = [], gc.get_threshold()
    gc.callbacks.append(collected)
    gc.set_threshold(700)
    monkeypatch.setattr(signal, "setitimer", lambda *_: due.append(True))
    try:
        code, lines = interrupted(None, "fit", "coherent-csi-2021", "--free", "sin2_theta_w,r_n_i")
    finally:
        gc.callbacks.remove(collected)
        gc.set_threshold(*often)
    assert code == 130
    assert lines == ["cevnsjax: interrupted by SIGINT; nothing is kept"]


def test_of_what_is_kept(interrupted, tmp_path):
    toys = ("toys", "apv-cs", "--free", "sin2_theta_w", "--count", "1000000", "--out", "t.nc")
    code, lines = interrupted(signal.SIGTERM, *toys, kept="t.nc.unfinished")
    assert code == 143
    (line,) = lines
    assert "'t.nc.unfinished' keeps the run" in line
    assert "--resume" in line
    assert [path.name for path in tmp_path.iterdir()] == ["t.nc.unfinished"]


@pytest.mark.parametrize(
    ("words", "out"),
    [
        (("sample", "csre-cs", "--free", "r_n_cs", "--draws", "400", "--method", "nested"), "d.nc"),
        (("toys", "csre-cs", "--free", "r_n_cs", "--count", "40"), "d.nc"),
        (("scan", "csre-cs", "--grid", "r_n_cs=4:6:5"), "d.zarr"),
    ],
)
def test_of_what_is_written_already(command, tmp_path, monkeypatch, words, out):
    """While the figure of it is drawn: the result is there, and is whole."""
    from matplotlib.figure import Figure

    with monkeypatch.context() as drawing:
        drawing.setattr(Figure, "savefig", lambda *_, **__: os.kill(os.getpid(), signal.SIGTERM))
        code, _, err = command(*words, "--out", out, "--plot", "f.png")
    assert code == 143
    assert err.splitlines()[-1] == f"cevnsjax: interrupted by SIGTERM; written and whole: '{out}'"
    assert [path.name for path in tmp_path.iterdir()] == [out]
    code, shown, _ = command("show", out)
    assert code == 0
    assert words[0] in shown


def test_a_second_process_is_refused(command, tmp_path):
    """While another one holds the output, whatever the kind."""
    import fcntl

    for name, run in {
        "t.nc": ("toys", "apv-cs", "--free", "sin2_theta_w", "--count", "20"),
        "p.nc": ("sample", "csre-cs", "--free", "r_n_cs"),
        "s.zarr": ("scan", "apv-cs", "--grid", "sin2_theta_w=0.22:0.25:5", "--constrain", "r_n_cs=5,1"),
    }.items():
        with open(tmp_path / f".{name}.lock", "w") as held:
            held.write("4242")
            held.flush()
            fcntl.flock(held, fcntl.LOCK_EX)
            code, out, err = command(*run, "--out", name)
        assert (code, out) == (2, "")
        assert "another process (4242) is writing to" in err
        assert not (tmp_path / name).exists()


def test_toys_go_on_with_more(command, interrupted, tmp_path):
    """A run that was stopped is taken up by one of more toys, and another one is not."""
    run = ("toys", "apv-cs", "--free", "sin2_theta_w", "--seed", "3", "--out")
    assert command(*run, "whole.nc", "--count", "1700")[0] == 0
    code, _ = interrupted(signal.SIGINT, *run, "t.nc", "--count", "1000000", kept="t.nc.unfinished")
    assert code == 130
    code, _, err = command(*run, "t.nc", "--count", "1700")
    assert code == 2
    assert "--resume" in err
    code, _, err = command("toys", "apv-cs", "--free", "sin2_theta_w", "--seed", "4", "--out", "t.nc", "--resume")
    assert code == 2
    assert "something else" in err
    code, out, _ = command(*run, "t.nc", "--count", "1700", "--resume", "--json")
    assert code == 0
    assert json.loads(out)["out"] == "t.nc"
    assert (tmp_path / "t.nc").read_bytes() == (tmp_path / "whole.nc").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["t.nc", "whole.nc"]


@pytest.mark.parametrize(
    ("kind", "stops"),
    [
        pytest.param("toys", 1, id="one-toys", marks=pytest.mark.slow),
        pytest.param("sample", 1, id="one-sample", marks=pytest.mark.slow),
        *(pytest.param(kind, 50, id=f"fifty-{kind}", marks=pytest.mark.proof) for kind in ("scan", "sample", "toys")),
    ],
)
def test_stopped_runs_end_in_the_same_bytes(tmp_path, kind, stops):
    environment = {**os.environ, "CEVNSJAX_CACHE": str(tmp_path / "cache")}
    done = subprocess.run(
        [sys.executable, SCRIPT, tmp_path / "runs", kind, str(stops), "7"],
        capture_output=True,
        text=True,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    print(found)
    assert sum(found["by_signal"].values()) >= stops
    assert found["early"] <= found["runs"] + stops // 10
