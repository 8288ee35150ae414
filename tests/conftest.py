"""Fixtures shared by all tests."""

import gc
import math
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
os.environ["CEVNSJAX_CACHE"] = "off"
os.environ.setdefault("MPLBACKEND", "agg")

from compiler_flags import quick_to_compile
from kept_programs import kept_programs

# Most of the time goes into compiling programs that run once: quick to compile counts here, not quick to run.
os.environ["XLA_FLAGS"] = os.environ.get("XLA_FLAGS") or quick_to_compile()
os.environ.update(kept_programs())

import jaxtyping
import pytest

# Tracing makes millions of small objects that live on: with Python's own thresholds, the search for cycles among them
# takes a tenth of the time.
gc.set_threshold(50_000, 20, 10)


def pytest_addoption(parser):
    parser.addoption("--slow", action="store_true", help="run the studies that take minutes, too")
    parser.addoption("--proofs", action="store_true", help="run the proofs of docs/reliability.md, too")
    parser.addoption("--proof-size", type=int, default=30, metavar="N", help="toys of the proofs that are costly")


ROOMS_OF_ARRAYS = [
    *(f"cevnsjax.{room}" for room in "_base.numerics detectors folding inference interactions measuring".split()),
    *(f"cevnsjax.{room}" for room in "nuclei parameters physics sources stages".split()),
]
"""What has shapes in its annotations; ty checks all others."""
SHARE_OF_TYPED = 0.4
"""Share of the workers that check types: they begin with all tests that want it, which come first."""


def checks_types(config):
    """Return whether this process checks calls of the package against its annotations, shapes included.

    What does so is in the way of every call even where it is switched off: not all workers have it.
    """
    if not hasattr(config, "workerinput"):
        return not config.getoption("numprocesses", 0)  # with workers, this process runs no test
    worker, count = int(config.workerinput["workerid"].removeprefix("gw")), config.workerinput["workercount"]
    return worker < math.ceil(SHARE_OF_TYPED * count)


def pytest_configure(config):
    if checks_types(config):
        jaxtyping.install_import_hook(ROOMS_OF_ARRAYS, "beartype.beartype")
    config.addinivalue_line("markers", "quick: what a developer runs after each change, three minutes of it")
    config.addinivalue_line("markers", "smoke: the first day of a user, run on other Pythons and dependencies")
    config.addinivalue_line("markers", "slow: a study of minutes, run with --slow")
    config.addinivalue_line("markers", "proof: a proof of docs/reliability.md, run with --proofs")


QUICK = ("unit", "reference")
"""Folders of the tests that `-m quick` runs, but for these files, which take a quarter of a minute or more."""
LONG = (
    "test_cluster_recipes test_coherent_lar_2020 test_derivatives test_described test_engines test_exports "
    "test_gradients test_live_response test_minimisers test_minuit test_nuclear_input test_own_form_factors "
    "test_physics_functions test_pieces test_posterior_tools test_priors test_projection test_published_figures "
    "test_reactor_germanium test_recoils test_samplers test_saving test_scan test_terms test_unbinned "
    "test_vector_interactions test_xenon_er"
).split()


TYPED = ("unit",)
"""Folders in whose tests types are checked; those checks take as long as everything else.

The other tests, and the long ones of these, run the package as users do, without them.
"""


def is_typed(item):
    """Return whether types are checked in a test."""
    return item.path.parent.name in TYPED and item.path.stem not in LONG


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    for item in items:
        if item.path.parent.name in QUICK and item.path.stem not in LONG:
            item.add_marker("quick")
    left_out = {
        marker for marker, option in {"slow": "--slow", "proof": "--proofs"}.items() if not config.getoption(option)
    }
    chosen = [item for item in items if left_out.isdisjoint(item.keywords)]
    config.hook.pytest_deselected(items=[item for item in items if not left_out.isdisjoint(item.keywords)])
    items[:] = sorted(chosen, key=lambda item: not is_typed(item))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item):
    jaxtyping.config.update("jaxtyping_disable", not is_typed(item))


def pytest_terminal_summary(terminalreporter):
    """Print the figures that the proofs found."""
    reports = [one for outcome in ("passed", "failed") for one in terminalreporter.stats.get(outcome, [])]
    found = [text for one in reports for name, text in one.user_properties if name == "figure"]
    if found:
        terminalreporter.section("figures")
        for text in found:
            terminalreporter.write_line(text)


@pytest.fixture
def figure(record_property):
    """Record a line for docs/reliability.md, printed when all tests are done."""
    return lambda text: record_property("figure", text)


@pytest.fixture(scope="session")
def csi():
    """COHERENT CsI 2021 with the flat pulls."""
    import cevnsjax as cj

    return cj.measurements.coherent_csi_2021()


@pytest.fixture(scope="session")
def likelihood(csi):
    """The likelihood of COHERENT CsI 2021 in the Standard Model."""
    import cevnsjax as cj

    return cj.Likelihood([csi])


@pytest.fixture(scope="session")
def angle_fit(likelihood):
    """The fit of the weak mixing angle."""
    return likelihood.fit(free=["sin2_theta_w"])


@pytest.fixture(scope="session")
def both_fit(likelihood):
    """The fit of the weak mixing angle and of one neutron radius."""
    return likelihood.fit(free=["sin2_theta_w", "r_n_cs"], tie={"r_n_i": "r_n_cs"})


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    """Run the command line in an empty folder; return exit code, standard output and standard error."""
    from cevnsjax import cli

    monkeypatch.chdir(tmp_path)

    def command(*arguments):
        monkeypatch.setattr(sys, "argv", ["cevnsjax", *arguments])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        captured = capsys.readouterr()
        return stop.value.code, captured.out, captured.err

    return command
