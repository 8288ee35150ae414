"""What is kept on disk between processes: read only whole, written only where it can be, and it changes nothing."""

import dataclasses
import os

import jax
import numpy as np
import pytest

import cevnsjax as cj
from cevnsjax._base import cache
from cevnsjax._base.cache import Entry
from cevnsjax._base.clock import Clock
from cevnsjax._base.identity import text_of_structure, text_of_value
from cevnsjax._base.module import Module
from cevnsjax.folding.fold import fold
from cevnsjax.inference.problem import kept as programs
from cevnsjax.inference.problem.evaluate import Evaluator
from cevnsjax.inference.problem.programs import Evaluation
from cevnsjax.joint.likelihood import Likelihood
from cevnsjax.measuring.terms.poisson import PoissonCounts
from cevnsjax.stages import kept as stages
from cevnsjax.stages.stage import Constant, OnAxes


@pytest.fixture
def folder(monkeypatch, tmp_path):
    """A folder that is the cache, for entries of the package alone."""
    monkeypatch.setattr(cache, "cache_folder", lambda: str(tmp_path))
    return tmp_path


def never(*_):
    raise AssertionError("expected what is kept")


def test_entries(folder):
    entry = Entry("kind", "a name", b"bytes")
    assert entry.read() is None
    entry.write(b"content" * 99)
    assert Entry("kind", "a name", b"bytes").read() == b"content" * 99
    others = [Entry("kind", "a nam", b"ebytes"), Entry("kind", "a name"), Entry("other", "a name", b"bytes")]
    assert [other.read() for other in others] == [None] * 3
    (path,) = folder.iterdir()
    whole = path.read_bytes()
    for damaged in (b"", whole[:-1], whole[:40] + bytes([whole[40] ^ 1]) + whole[41:]):
        path.write_bytes(damaged)
        assert entry.read() is None
    entry.write(b"again")
    assert entry.read() == b"again"
    assert list(folder.iterdir()) == [path]


def test_entries_where_nothing_can_be_written(monkeypatch, tmp_path):
    monkeypatch.setattr(cache, "cache_folder", lambda: str(tmp_path / "missing"))
    entry = Entry("kind", "a name")
    entry.write(b"content")
    assert entry.read() is None
    monkeypatch.setattr(cache, "cache_folder", lambda: None)
    assert not Entry.on()
    Entry("kind", "a name").write(b"content")
    assert os.listdir(tmp_path) == []


class Mine(Module):
    """A module from outside of the package."""

    value: np.ndarray


def test_text_says_what_a_tree_is():
    trees = [
        Constant(np.zeros(3)),
        OnAxes(Constant(np.zeros(3)), (3, 1)),
        OnAxes(Constant(np.zeros(3)), (1, 3)),
        (Constant(np.zeros(3)), None),
        {"a": 1.0, "b": [2.0]},
        {"a": 1.0, "c": [2.0]},
        PoissonCounts(np.ones(2)),
    ]
    texts = [text_of_structure(jax.tree.structure(tree)) for tree in trees]
    assert None not in texts
    assert len(set(texts)) == len(texts)
    assert text_of_structure(jax.tree.structure(Constant(np.ones(7)))) == texts[0]
    assert text_of_structure(jax.tree.structure((Mine(np.zeros(3)),))) is None
    assert text_of_value(frozenset("ab")) == text_of_value(frozenset("ba"))
    assert text_of_value((1, True)) != text_of_value((1.0, True))
    assert [text_of_value(value) for value in (never, lambda: 0, Mine, (np.zeros(2),))] == [None] * 4


def test_a_program_is_traced_once(folder, monkeypatch):
    problem = Likelihood("apv-cs").problem(free=["sin2_theta_w"])
    rows = np.linspace(0.2, 0.3, 3)[:, None]

    def evaluated():
        monkeypatch.setattr("cevnsjax.inference.problem.programs._programs", {})
        objective = Evaluation(problem, jax.devices()[:1]).at(rows, np.zeros(3, int))
        return objective(rows, np.arange(3))

    first = evaluated()
    (path,) = folder.iterdir()
    assert path.name.startswith("program-")
    monkeypatch.setattr(programs.Entry, "write", never)
    second = evaluated()
    monkeypatch.setattr(cache, "cache_folder", lambda: None)
    without = evaluated()
    for one, again, alone in zip(first, second, without, strict=True):
        np.testing.assert_array_equal(one, again)
        np.testing.assert_array_equal(one, alone)
    np.testing.assert_allclose(first[0], Evaluator(problem).chi2(rows), rtol=1e-12)


def test_a_short_response_is_chosen_once(folder, monkeypatch):
    monkeypatch.setattr(stages, "WORTH_KEEPING", 0.0)
    measurement = cj.measurements.coherent_ge_mini_2024()
    likelihood = Likelihood([measurement])
    whole, free = fold(measurement, cj.standard_model()), {"lindhard_k_ge", "sin2_theta_w"}

    def short(**values):
        return jax.tree.flatten(whole.specialise(free, likelihood.parameters.complete(values)))

    leaves, structure = short()
    (path,) = folder.iterdir()
    assert path.name.startswith("stage-")
    content = path.read_bytes()
    monkeypatch.setattr("cevnsjax.detectors.energy.EnergyResponse._shortened", never)
    again, same = short()
    assert structure == same
    for one, other in zip(leaves, again, strict=True):
        np.testing.assert_array_equal(one, other)
    path.write_bytes(content[:-1])
    with pytest.raises(AssertionError, match="expected what is kept"):
        short()
    with pytest.raises(AssertionError, match="expected what is kept"):  # of other values another entry
        short(lindhard_k_ge=0.16)


def test_an_entry_holds_stages_and_arrays_alone(folder):
    stage = Constant(np.arange(3.0))

    @dataclasses.dataclass
    class Evil:
        def __reduce__(self):
            return os.system, ("touch evil",)

    entry = stages._entry([stage], set(), {})
    assert entry is not None
    entry.write(stages.pickle.dumps(Evil()))
    assert stages.kept([stage], set(), {}, lambda: stage) is stage
    assert not os.path.exists("evil")


def test_the_parts_of_a_clock_add_up(monkeypatch):
    now = 100.0
    monkeypatch.setattr("cevnsjax._base.clock.time.perf_counter", lambda: now)
    clock = Clock()
    with clock.during("run"):
        pass
    assert clock.completed({"run": 3.0, "modes": 1.0}) == {"run": 3.0, "modes": 1.0}  # of no command
    clock.begin(97.0)
    clock.switch("fold")
    now = 101.0
    with clock.during("run"):
        now = 103.0
        with clock.during("compile"):
            now = 107.0
        now = 108.0
    now = 108.5
    parts = {"import": 3.0, "fold": 1.5, "compile": 4.0, "run": 3.0, "report": 0.0, "total": 11.5}
    assert clock.completed({"run": 3.0, "modes": 1.0}) == parts | {"modes": 1.0}
