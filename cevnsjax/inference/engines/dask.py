"""Where tasks run: in turn in this process, or on the workers of a dask cluster.

Which to use when: the serial engine (None) where a single computer is enough, since a worker takes seconds to start
and compiles for itself; `Dask` on a cluster, or on a computer with many cores for hours of work.

A task is a pure function of (work, task), so its result depends neither on the engine nor on what else is running, and
a worker that dies costs the tasks it was at: they run again elsewhere. `work` is pickled once; each worker keeps a
copy of it for as long as it lives, with whatever that copy has compiled.

Workers are fresh processes, never forks: a fork of a process in which JAX has threads deadlocks.
"""

import contextlib
import hashlib
import json
import logging
import os
import platform
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import warnings
import weakref
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NoReturn

import jax
import jaxlib

from ..._base import arguments
from ..._base.cache import enable_compilation_cache
from ..._base.cores import cores
from ..._base.errors import EngineError, InputError
from ..._base.version import __version__
from ..._base.writing import locked
from .engine import Work

KEPT = 8
"""Works that a worker keeps, with their compiled programs."""
AHEAD = 4
"""Tasks handed out for each thread of a worker: enough to keep it busy, few enough to hold in memory."""
AT_FIRST = 16
"""Tasks handed out before any worker is there: a cluster that grows with demand starts none without them."""
POLL = 0.5
"""Seconds between two looks at whether the workers are alive."""
DEATHS = 3
"""Workers that may die, for each of the workers, without any task finished in between."""
MOST_WORKERS = 10_000
"""Workers that an engine starts or waits for."""
CONNECT = 10.0
"""Seconds in which a scheduler must answer."""
FOLDER, HELD = "cevnsjax-workers-", "workers"
"""How the names of the temporary folders of local workers begin, and what in them is locked while they live."""
OLD = 60.0
"""Seconds after which a folder that nobody holds is abandoned."""
PATIENCE = 600.0
"""Seconds to wait for a first worker, or for the next after all have gone."""

_config: Any = jax.config
"""The configuration of JAX, which gets its settings as JAX is imported."""


def _versions() -> dict[str, str]:
    return {
        "cevnsjax": __version__,
        "jaxlib": jaxlib.__version__,
        "python": platform.python_version().rsplit(".", 1)[0],
    }


_works: OrderedDict[str, tuple[Work, contextlib.AbstractContextManager[bool]]] = OrderedDict()
_works_lock = threading.Lock()
_done_once: set[str] = set()


def _unpacked(digest: str, packed: bytes) -> tuple[Work, contextlib.AbstractContextManager[bool]]:
    import cloudpickle

    with _works_lock:
        if digest not in _works:
            while len(_works) >= KEPT:
                _done_once.discard(_works.popitem(last=False)[0])
            _works[digest] = cloudpickle.loads(packed), threading.Lock()
        _works.move_to_end(digest)
        return _works[digest]


def _execute(digest: str, packed: bytes, versions: dict[str, str], cache: bool, packed_task: bytes) -> Any:
    """Return the result of a task; this runs in the worker.

    `packed` is the pickled work, unpickled when its `digest` is new here. The first task of a work runs alone, so that
    a worker with several threads compiles once.
    """
    import cloudpickle

    own = _versions()
    if own != versions:
        differences = ", ".join(
            f"{name} {own[name]}, expected {versions[name]}" for name in own if own[name] != versions[name]
        )
        raise EngineError(f"the worker on {platform.node()} runs other versions than this process: {differences}")
    if cache and _config.jax_compilation_cache_dir is None:
        enable_compilation_cache()
    work, lock = _unpacked(digest, packed)
    task = cloudpickle.loads(packed_task)
    if digest in _done_once:
        return work(task)
    with lock:
        result = work(task)
        _done_once.add(digest)
    return result


def _worker_environment() -> dict[str, str]:
    """Return the environment of a local worker: what this process sees, a single thread, a single device."""
    flags = [flag for flag in os.environ.get("XLA_FLAGS", "").split() if "host_platform_device_count" not in flag]
    chosen = {
        "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path),
        "XLA_FLAGS": " ".join(flags),
        "JAX_NUM_CPU_DEVICES": "1",
        "NPROC": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
    }
    if _config.jax_platforms:
        chosen["JAX_PLATFORMS"] = _config.jax_platforms
    return os.environ | chosen


class _Processes:
    """Worker processes on this computer, started again when they die."""

    def __init__(self, address: str, count: int, security: Any) -> None:
        _remove_abandoned()
        self._folder = tempfile.TemporaryDirectory(prefix=FOLDER, ignore_cleanup_errors=True)
        folder = Path(self._folder.name)
        self._ends = contextlib.ExitStack()
        self._ends.callback(self._folder.cleanup)
        self._ends.enter_context(locked(folder / HELD))
        self._log = folder / "log"
        identity = security.get_tls_config_for_role("worker")
        files = {f"--tls-{name}": folder / f"{name}.pem" for name in ("ca-file", "cert", "key")}
        for option, file in files.items():  # in a folder that nobody else may look into
            file.write_text(identity[option.removeprefix("--tls-").replace("-", "_")], encoding="ascii")
        self._command = [
            *(sys.executable, "-m", "distributed.cli.dask_worker", address),
            *("--no-nanny", "--nthreads", "1", "--no-dashboard", "--memory-limit", "0", "--death-timeout", "60"),
            *("--local-directory", self._folder.name),
            *(text for option in files.items() for text in map(str, option)),
        ]
        self._environment = _worker_environment()
        self.processes = [self._start() for _ in range(count)]

    def _start(self) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            # A session of its own: Ctrl-C in the terminal reaches this process alone, which ends the workers.
            return subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment,
                start_new_session=True,
            )

    def replace_dead(self) -> int:
        """Start a process for each that has ended; return how many those were."""
        dead = [k for k, process in enumerate(self.processes) if process.poll() is not None]
        for k in dead:
            self.processes[k] = self._start()
        return len(dead)

    def last_words(self) -> str:
        """Return the last line that a worker wrote."""
        lines = [line for line in self._log.read_text(errors="replace").splitlines() if line.strip()]
        return lines[-1].strip() if lines else "they wrote nothing"

    def stop(self) -> None:
        """End the processes at once: they hold nothing that anybody still wants."""
        for process in self.processes:
            process.kill()
        for process in self.processes:
            process.wait()
        self._ends.close()


def _remove_abandoned() -> None:
    """Remove the folders that processes which were killed have left."""
    with os.scandir(tempfile.gettempdir()) as entries:
        folders = [entry for entry in entries if entry.name.startswith(FOLDER) and entry.is_dir(follow_symlinks=False)]
    for entry in folders:
        with contextlib.suppress(OSError, InputError):  # held, or somebody else's
            if time.time() - entry.stat(follow_symlinks=False).st_mtime > OLD:
                with locked(Path(entry.path) / HELD):
                    shutil.rmtree(entry.path, ignore_errors=True)


def _identity() -> Any:
    """Return certificates that last as long as this process: without them every user here could send code to run."""
    from distributed import Security

    try:
        return Security.temporary()
    except ImportError:
        raise EngineError("the dask engine needs cryptography: pip install 'cevnsjax[cluster]'") from None


def _check_address(address: str) -> None:
    if address.endswith(".json"):
        try:
            json.loads(Path(address).read_text())["address"]
        except (OSError, ValueError, KeyError, TypeError):
            raise EngineError(f"'{address}' is not the file of a dask scheduler") from None
        return
    host, colon, port = address.rpartition("://")[2].rpartition(":")
    if not (host and colon and port.isdecimal() and port.isascii() and 0 < int(port) < 65536):
        raise EngineError(f"expected the address of a dask scheduler like tcp://host:8786, found '{address}'")


class _Connection:
    """A client of a scheduler, and the local workers if they are ours."""

    def __init__(self, address: str | None, workers: int, timeout: float) -> None:
        try:
            from distributed import Client, LocalCluster
        except ImportError:
            raise EngineError("the dask engine needs dask.distributed: pip install 'cevnsjax[cluster]'") from None
        self._ends = contextlib.ExitStack()
        self.processes: _Processes | None = None
        with contextlib.ExitStack() as ends, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about ports of dashboards
            if address is None:
                security = _identity()
                cluster = ends.enter_context(
                    LocalCluster(
                        n_workers=0,
                        dashboard_address="127.0.0.1:0",
                        silence_logs=50,
                        host="127.0.0.1",
                        protocol="tls",
                        security=security,
                        scheduler_kwargs={"dashboard": False},
                    )
                )
                self.processes = _Processes(cluster.scheduler_address, workers, security)
                ends.callback(self.processes.stop)
                self.client = ends.enter_context(Client(cluster, timeout=timeout, set_as_default=False))
            else:
                log = logging.getLogger("distributed.client")
                ends.callback(log.setLevel, log.level)
                log.setLevel(logging.CRITICAL)  # a scheduler that goes away is said once, by us
                location = {"scheduler_file": address} if address.endswith(".json") else {"address": address}
                try:
                    self.client = ends.enter_context(Client(**location, timeout=timeout, set_as_default=False))
                except TypeError:  # raised by dask for a TLS context that is not there
                    raise EngineError(
                        f"the dask scheduler at {address} asks for certificates: name them in dask's configuration, "
                        "distributed.comm.tls"
                    ) from None
                except (OSError, ValueError, RuntimeError) as error:
                    raise EngineError(f"no dask scheduler answers at {address} within {timeout:g} s") from error
            self._ends = ends.pop_all()

    def close(self) -> None:
        self._ends.close()


class Dask:
    """Runs tasks on the workers of dask.distributed: of a scheduler at an address, or started on this computer.

    The connection is made by `connect` or at the first use, serves any number of runs, and ends with `close`, at the
    end of a ``with`` block or of the process.
    """

    @arguments.checked(
        address=arguments.optional(arguments.text),
        workers=arguments.optional(arguments.whole()),
        timeout=arguments.positive,
        patience=arguments.positive,
    )
    def __init__(
        self,
        address: str | None = None,
        workers: int | None = None,
        timeout: float = CONNECT,
        patience: float = PATIENCE,
    ) -> None:
        """Describe the cluster; nothing is started.

        Args:
            address: of the scheduler, ``tcp://host:port`` or its ``scheduler.json``; None starts workers here.
            workers: how many to start, by default the number of cores; at an address, how many to wait for before the
                first task, by default none. More may join and some may leave at any time.
            timeout: seconds in which the scheduler must answer.
            patience: seconds to wait for workers, at first and whenever there are none.

        """
        if workers is not None and workers < 1:
            raise InputError(f"expected at least one worker, found {workers}")
        if workers is not None and workers > MOST_WORKERS:
            raise InputError(f"expected at most {MOST_WORKERS} workers, found {workers}")
        if address is not None:
            _check_address(address)
        self.address = address
        self.workers = workers or (0 if address else cores())
        self.timeout, self.patience = timeout, patience
        self._connection: _Connection | None = None
        self._finalizer: Any = None

    def __getstate__(self) -> dict[str, Any]:
        """Return what a copy is made of, which connects for itself."""
        return self.__dict__ | {"_connection": None, "_finalizer": None}

    def __enter__(self) -> "Dask":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def connect(self) -> None:
        """Reach the scheduler, or start the workers, unless that is done; raise `EngineError` if it cannot be."""
        self._connected()

    def _connected(self) -> _Connection:
        """Return the connection, made if it is not there."""
        if self._connection is None:
            self._connection = _Connection(self.address, self.workers, self.timeout)
            self._finalizer = weakref.finalize(self, self._connection.close)
        return self._connection

    def close(self) -> None:
        """Leave the scheduler; end the workers that were started here."""
        if self._connection is not None:
            self._connection = None
            self._finalizer()

    def __call__(self, work: Work, tasks: Iterable[Any]) -> Iterator[tuple[int, Any]]:
        """Yield (index of the task, its result) as tasks are done; see `run`."""
        import cloudpickle

        connection = self._connected()
        packed = cloudpickle.dumps(work)
        common = (hashlib.sha256(packed).hexdigest(), packed, _versions(), bool(_config.jax_compilation_cache_dir))
        with _Run(connection, self, common) as running:
            yield from running.results(enumerate(tasks))


class _Run:
    """A run of tasks: what is handed out, what has come back, and whether anything still moves."""

    def __init__(self, connection: _Connection, engine: Dask, common: tuple[Any, ...]) -> None:
        self._connection, self._engine, self._common = connection, engine, common
        self._finished: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._fetchers = ThreadPoolExecutor(4, "cevnsjax-results")
        self._waiting: dict[Any, int] = {}
        self._threads = 0
        self._deaths = 0
        self._alone_since: float | None = None

    def __enter__(self) -> "_Run":
        return self

    def __exit__(self, *_: object) -> None:
        self._fetchers.shutdown(wait=False, cancel_futures=True)
        client = self._connection.client
        if self._waiting and client.status == "running":
            client.cancel(list(self._waiting), force=True)
        self._waiting.clear()

    def _look(self) -> None:
        """Start dead workers again, count the living, and give up where nothing can come any more."""
        client, processes = self._connection.client, self._connection.processes
        if client.status != "running":
            raise EngineError("the connection to the dask scheduler was lost")
        if processes is not None:
            self._deaths += processes.replace_dead()
            if self._deaths > DEATHS * len(processes.processes):
                raise EngineError(f"{self._deaths} workers died, none finished a task: {processes.last_words()}")
        self._threads = sum(client.nthreads().values())
        now = time.monotonic()
        if self._threads:
            self._alone_since = None
        elif self._alone_since is None:
            self._alone_since = now
        elif now - self._alone_since > self._engine.patience:
            raise EngineError(f"no worker of the dask cluster for {self._engine.patience:g} s")

    def _wait_for_workers(self) -> None:
        """Wait for the requested number of workers; those started here come when they come."""
        wanted = self._engine.workers if self._connection.processes is None else 0
        deadline = time.monotonic() + self._engine.patience
        while len(self._connection.client.nthreads()) < wanted:
            if time.monotonic() > deadline:
                raise EngineError(f"expected {wanted} workers within {self._engine.patience:g} s")
            time.sleep(0.1)

    def _submit(self, index: int, task: Any) -> None:
        import cloudpickle

        future = self._connection.client.submit(_execute, *self._common, cloudpickle.dumps(task), pure=False)
        self._waiting[future] = index
        future.add_done_callback(self._fetch)

    def _fetch(self, future: Any) -> None:
        with contextlib.suppress(RuntimeError):  # the run has ended
            self._fetchers.submit(self._deliver, future)

    def _deliver(self, future: Any) -> None:
        """Put the result of `future` into the queue; to wait for that of a worker that has just died can take long."""
        try:
            self._finished.put((future, future.result(), None))
        except BaseException as error:
            self._finished.put((future, None, error))

    @staticmethod
    def _raise(error: BaseException) -> NoReturn:
        from distributed import CancelledError, KilledWorker

        if isinstance(error, KilledWorker):
            raise EngineError("a task was given up: every worker that took it died, short of memory perhaps") from error
        if isinstance(error, CancelledError):
            raise EngineError("the dask scheduler dropped a task: it was stopped or restarted") from error
        raise error

    def results(self, tasks: Iterator[tuple[int, Any]]) -> Iterator[tuple[int, Any]]:
        self._wait_for_workers()
        self._look()
        looked, exhausted = time.monotonic(), False
        while True:
            while not exhausted and len(self._waiting) < max(AT_FIRST, AHEAD * self._threads):
                following = next(tasks, None)
                if following is None:
                    exhausted = True
                else:
                    self._submit(*following)
            if not self._waiting:
                return
            if time.monotonic() - looked > POLL:
                self._look()
                looked = time.monotonic()
            try:
                future, result, error = self._finished.get(timeout=POLL)
            except queue.Empty:
                continue
            if error is not None:
                self._raise(error)
            self._deaths = 0
            yield self._waiting.pop(future), result


def choose(name: str, workers: int | None = None) -> Dask | None:
    """Return the engine ``serial`` (None), ``dask`` (workers on this computer) or ``dask:ADDRESS``."""
    kind, colon, address = name.partition(":")
    if kind == "dask" and not (colon and not address):
        return Dask(address or None, workers)
    if name != "serial":
        raise InputError(f"expected an engine serial, dask or dask:ADDRESS, found '{name}'")
    if workers is not None:
        raise InputError("a number of workers goes with the engine dask, found the engine serial")
    return None
