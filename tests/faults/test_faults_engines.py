"""Workers on this computer: nobody else sends them code, and nothing of them stays."""

import socket
import ssl
import tempfile

import pytest

import cevnsjax as cj

pytest.importorskip("distributed")


def listening():
    """The ports on which this process listens."""
    import psutil

    return {c.laddr.port for c in psutil.Process().net_connections() if c.status == psutil.CONN_LISTEN}


def refuses(port):
    """Whether a port speaks to nobody without a certificate."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as plain, context.wrap_socket(plain) as wrapped:
            wrapped.sendall(b"x")
            return wrapped.recv(10) == b""
    except (ssl.SSLError, ConnectionError):
        return True
    except TimeoutError:  # the page on the health of the scheduler, which takes no code
        with socket.create_connection(("127.0.0.1", port), timeout=10) as plain:
            plain.sendall(b"GET /health HTTP/1.0\r\n\r\n")
            return plain.recv(4) == b"HTTP"


@pytest.mark.slow
def test_workers_take_code_from_those_with_the_certificate_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    before = listening()
    likelihood = cj.Likelihood([cj.measurements.apv_cs()])
    with cj.Dask(workers=1) as engine:
        found = likelihood.toys(20, free=["sin2_theta_w"], engine=engine)
        (folder,) = (path for path in tmp_path.iterdir() if path.name.startswith("cevnsjax-workers-"))
        assert folder.stat().st_mode & 0o077 == 0
        ports = listening() - before
        assert ports
        assert all(refuses(port) for port in ports)
    assert not list(tmp_path.glob("cevnsjax-workers-*"))
    assert found.converged


def test_folders_of_killed_processes_are_removed(tmp_path, monkeypatch):
    import fcntl
    import os

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for name in ("left", "held", "fresh"):
        (tmp_path / f"cevnsjax-workers-{name}").mkdir()
        (tmp_path / f"cevnsjax-workers-{name}" / "log").write_text("words")
    (tmp_path / "cevnsjax-workers-link").symlink_to(tmp_path / "elsewhere")
    for name in ("left", "held"):
        os.utime(tmp_path / f"cevnsjax-workers-{name}", (0, 0))
    lock = tmp_path / "cevnsjax-workers-held" / ".workers.lock"
    with open(lock, "w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        os.utime(lock.parent, (0, 0))
        with cj.Dask(workers=1) as engine:
            engine.connect()
            assert not (tmp_path / "cevnsjax-workers-left").exists()
    left = {path.name.rpartition("-")[2] for path in tmp_path.glob("cevnsjax-workers-*")}
    assert left == {"held", "fresh", "link"}
