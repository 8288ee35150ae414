"""Where tasks run: the same results here and on workers, whatever dies."""

import os
import signal
import threading
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import jax
import numpy as np
import psutil
import pytest
from distributed import LocalCluster

import cevnsjax as cj
from cevnsjax._base.cores import cores
from cevnsjax._base.errors import EngineError
from cevnsjax.inference.engines import dask as engines
from cevnsjax.inference.engines.dask import Dask
from cevnsjax.inference.engines.engine import run
from cevnsjax.inference.problem.evaluate import Evaluator
from cevnsjax.inference.toys import work as toys

_compilations = []
jax.monitoring.register_event_duration_secs_listener(
    lambda event, duration_secs, **_: (
        _compilations.append(event) if event.endswith("backend_compile_duration") else None
    )
)


class ChiSquares:
    """χ² and gradient at rows of coordinates, with the process, what it compiled and how it is set up."""

    def __init__(self, problem):
        self.problem, self.evaluator = problem, None

    def __reduce__(self):
        return type(self), (self.problem,)

    def __call__(self, u):
        if self.evaluator is None:
            self.evaluator = Evaluator(self.problem)
        value, gradient = map(np.asarray, self.evaluator.value_and_gradient(u))
        config: Any = jax.config  # which gets its settings as JAX is imported
        setup = config.jax_enable_x64, jax.device_count(), os.getppid()
        return value, gradient, os.getpid(), len(_compilations), setup


class Deadly:
    """Kills the process it runs in at one of the tasks."""

    def __call__(self, task):
        if task == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return task


def slow_square(task):
    time.sleep(0.05)
    return task**2, os.getpid()


def refuse(task):
    if task == 2:
        raise cj.InputError(f"task {task} cannot be done")
    return task


@pytest.fixture(scope="module")
def cluster():
    """Two workers on this computer."""
    with Dask(workers=2) as engine:
        yield engine


@pytest.fixture(scope="module")
def chi_squares(likelihood):
    return ChiSquares(likelihood.problem(free=["sin2_theta_w"]))


@pytest.fixture(scope="module")
def blocks(chi_squares):
    random = np.random.default_rng(4)
    return [random.uniform(0.1, 0.4, (16, len(chi_squares.problem.names))) for _ in range(24)]


def test_serial_goes_in_order_and_asks_for_no_task_ahead():
    asked = []

    def tasks():
        for k in range(3):
            asked.append(k)
            yield k

    running = run(lambda task: task + 1, tasks())
    assert next(running) == (0, 1)
    assert asked == [0]
    assert list(running) == [(1, 2), (2, 3)]


def test_workers_give_what_this_process_gives_and_compile_once(cluster, chi_squares, blocks):
    here = dict(run(chi_squares, blocks))
    there = dict(run(chi_squares, blocks, cluster))
    assert sorted(there) == list(range(len(blocks)))
    for index, (value, gradient, *_) in here.items():
        np.testing.assert_array_equal(there[index][0], value)
        np.testing.assert_array_equal(there[index][1], gradient)
    again = dict(run(chi_squares, blocks, cluster))
    results = [*there.values(), *again.values()]
    assert os.getpid() not in {pid for *_, pid, _, _ in results}
    assert {setup for *_, setup in results} == {(True, 1, os.getpid())}
    for process in {pid for *_, pid, _, _ in results}:
        assert len({count for *_, pid, count, _ in results if pid == process}) == 1


def threads_of_xla(_):
    jax.numpy.ones(1).block_until_ready()
    names = [thread.read_text() for thread in Path("/proc/self/task").glob("*/comm")]
    return sum(name.startswith("tf_XLAEigen") for name in names)


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="threads are counted where there is /proc")
def test_workers_take_one_thread_each(cluster):
    assert set(dict(run(threads_of_xla, range(4), cluster)).values()) == {1}


def test_a_killed_worker_costs_its_tasks_only(cluster):
    found, processes, killed = {}, set(), None
    for index, (value, process) in run(slow_square, range(60), cluster):
        found[index] = value
        processes.add(process)
        if killed is None and len(found) > 5:
            killed = process
            os.kill(killed, signal.SIGKILL)
    assert found == {k: k**2 for k in range(60)}
    assert not psutil.pid_exists(killed) or psutil.Process(killed).status() == psutil.STATUS_ZOMBIE
    deadline = time.monotonic() + 60
    while len({process for _, process in dict(run(slow_square, range(8), cluster)).values()}) < 2:
        assert time.monotonic() < deadline, "the killed worker was not replaced"


def test_a_scan_whose_worker_is_killed_is_the_scan_in_this_process(cluster, likelihood, tmp_path):
    """The workers find the same numbers to the last bit, and the stores are the same files."""
    grid, stores, killed = {"sin2_theta_w": "0.15:0.35:40"}, [tmp_path / "here.zarr", tmp_path / "there.zarr"], []

    def kill_one(done, total):
        if done >= 4 and not killed:
            (pid,) = set(dict(run(lambda _: os.getpid(), range(1), cluster)).values())
            killed.append(pid)
            os.kill(pid, signal.SIGKILL)

    here = likelihood.scan(grid, stores[0], chunk=2)
    there = likelihood.scan(grid, stores[1], chunk=2, engine=cluster, progress=kill_one)
    assert killed
    assert there.not_converged == 0
    np.testing.assert_array_equal(there.chi2, here.chi2)
    files = [
        {file.relative_to(store): file.read_bytes() for file in store.rglob("*") if file.is_file()} for store in stores
    ]
    assert files[0] == files[1]


def test_toys_are_the_same_on_workers(cluster, likelihood):
    problem = likelihood.problem(free=["sin2_theta_w"])
    truth = problem.coordinates(likelihood.parameters.complete())
    work = toys.Work(problem, ((0,),), np.empty((0, len(truth))), np.arange(len(truth)) < 1, seed=5)
    blocks = toys.tasks(truth, 700)
    here, there = (dict(run(work, blocks, engine)) for engine in (None, cluster))
    assert sorted(there) == [0, 1]
    for number, block in here.items():
        for name, values in block.items():
            np.testing.assert_array_equal(there[number][name], values)


def test_a_task_that_kills_every_worker_is_given_up(cluster):
    with pytest.raises(EngineError, match="died"):
        list(run(Deadly(), range(6), cluster))


def test_the_error_of_a_task_comes_back_and_the_workers_stay(cluster):
    with pytest.raises(cj.InputError, match="task 2 cannot be done"):
        list(run(refuse, range(40), cluster))
    assert dict(run(abs, [-1, -2], cluster)) == {0: 1, 1: 2}


def test_a_run_that_is_left_drops_its_tasks(cluster):
    running = run(slow_square, range(1000), cluster)
    assert isinstance(running, Generator)
    next(running)
    running.close()
    started = time.monotonic()
    assert dict(run(abs, [-3], cluster)) == {0: 3}
    assert time.monotonic() - started < 10


def test_no_task_is_no_result(cluster):
    assert list(run(abs, [], cluster)) == []


@pytest.fixture
def scheduler():
    """A scheduler of somebody else, with one worker."""
    with LocalCluster(
        n_workers=1,
        threads_per_worker=1,
        processes=False,
        protocol="tcp",
        host="127.0.0.1",
        dashboard_address=None,
        silence_logs=50,
    ) as plain:
        yield plain


def test_a_scheduler_by_address_and_by_file(scheduler, tmp_path):
    file = tmp_path / "scheduler.json"
    file.write_text(f'{{"address": "{scheduler.scheduler_address}"}}')
    for where in (scheduler.scheduler_address, str(file)):
        with Dask(where) as engine:
            assert dict(run(abs, [-1, -2], engine)) == {0: 1, 1: 2}


def test_workers_here_take_nothing_from_others(cluster):
    """Their scheduler asks for a certificate that this process alone has."""
    cluster.connect()
    address = cluster._connection.client.scheduler.address
    assert address.startswith("tls://")
    with pytest.raises(EngineError, match="asks for certificates"):
        Dask(address).connect()
    with pytest.raises(EngineError, match="no dask scheduler answers"):
        Dask(address.replace("tls", "tcp"), timeout=1.0).connect()
    assert dict(run(abs, [-1], cluster)) == {0: 1}


def test_a_scheduler_that_stops_ends_the_run_with_one_line(scheduler, caplog):
    with Dask(scheduler.scheduler_address) as engine:
        running = run(slow_square, range(1000), engine)
        next(running)
        scheduler.close()
        with pytest.raises(EngineError, match=r"scheduler dropped a task|connection to the dask scheduler was lost"):
            list(running)
    assert not [record for record in caplog.records if record.name == "distributed.client"]


def test_waits_for_as_many_workers_as_asked_and_no_longer(scheduler):
    with (
        Dask(scheduler.scheduler_address, workers=50, patience=0.5) as engine,
        pytest.raises(EngineError, match=r"expected 50 workers within 0\.5 s"),
    ):
        list(run(abs, [1], engine))


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("nowhere", "expected the address of a dask scheduler like tcp://host:8786, found 'nowhere'"),
        ("tcp://host:port", "expected the address"),
        ("tcp://:8786", "expected the address"),
        ("missing.json", "'missing.json' is not the file of a dask scheduler"),
    ],
)
def test_a_wrong_address_is_refused_at_once(address, message):
    with pytest.raises(EngineError) as caught:
        Dask(address)
    assert message in str(caught.value)


def test_a_scheduler_that_does_not_answer_is_one_line():
    with pytest.raises(EngineError) as caught:
        Dask("tcp://127.0.0.1:1", timeout=0.5).connect()
    assert str(caught.value) == "no dask scheduler answers at tcp://127.0.0.1:1 within 0.5 s"


def test_an_engine_that_cannot_be_reached_stops_a_scan_before_it_writes(likelihood, tmp_path):
    with pytest.raises(EngineError, match="no dask scheduler answers"):
        likelihood.scan(
            {"sin2_theta_w": "0.15:0.35:8"}, tmp_path / "scan.zarr", engine=Dask("tcp://127.0.0.1:1", timeout=0.2)
        )
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "workers", "message"),
    [
        ("dusk", None, "expected an engine serial, dask or dask:ADDRESS, found 'dusk'"),
        ("dask:", None, "expected an engine serial, dask or dask:ADDRESS, found 'dask:'"),
        ("dask:host", None, "expected the address of a dask scheduler like tcp://host:8786, found 'host'"),
        ("dask", 0, "expected at least one worker, found 0"),
        ("serial", 2, "a number of workers goes with the engine dask, found the engine serial"),
    ],
)
def test_a_wrong_choice_of_engine_is_one_line(name, workers, message):
    with pytest.raises(cj.InputError) as caught:
        engines.choose(name, workers)
    assert str(caught.value) == message


def test_choices_of_engines():
    assert engines.choose("serial") is None
    three, all_cores, there = (engines.choose(*asked) for asked in (("dask", 3), ("dask",), ("dask:tls://host:8786",)))
    assert three is not None
    assert three.workers == 3
    assert all_cores is not None
    assert all_cores.workers == cores()
    assert there is not None
    assert there.address == "tls://host:8786"


def test_no_workers_are_refused():
    with pytest.raises(cj.InputError, match="at least one worker"):
        Dask(workers=0)


def test_a_worker_of_other_versions_is_refused():
    with pytest.raises(EngineError, match=r"jaxlib .*, expected 0\.0\.1"):
        engines._execute("digest", b"", engines._versions() | {"jaxlib": "0.0.1"}, False, b"")


class Overlapping:
    """Notes how many threads are inside at once."""

    def __init__(self):
        self.inside = 0

    def __call__(self, task):
        self.inside += 1
        time.sleep(0.05)
        found, self.inside = self.inside, self.inside - 1
        return found


def test_the_first_task_of_a_work_runs_alone():
    import cloudpickle

    found = []
    arguments = "a digest", cloudpickle.dumps(Overlapping()), engines._versions(), False, cloudpickle.dumps(0)
    threads = [threading.Thread(target=lambda: found.append(engines._execute(*arguments))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found[0] == 1
    assert len(found) == 4
