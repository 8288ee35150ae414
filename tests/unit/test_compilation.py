"""What is compiled, and that a change of values compiles nothing."""

import json
import os

import jax
import numpy as np
import pytest

from cevnsjax._base.cache import cache_folder
from cevnsjax._base.compilation import watch


def test_watch_counts_what_is_compiled():
    function = jax.jit(lambda x: 3.0 * x + 1.0)
    with watch() as first:
        function(np.ones(3))
    with watch() as second:
        function(np.zeros(3))
    with watch() as other_shape:
        function(np.ones(4))
    assert (first.programs, second.programs, other_shape.programs) == (1, 0, 1)
    assert first.compile > 0.0
    assert first.trace > 0.0
    assert second.compile == 0.0


@pytest.mark.usefixtures("angle_fit")  # compiles the program
def test_other_values_do_not_compile_a_fit_again(likelihood):
    asked = {"free": ["sin2_theta_w"]}
    with watch() as compiled:
        moved = likelihood.fit(**asked, values={"r_n_cs": 5.3})
        data = likelihood.asimov({"sin2_theta_w": 0.25}).fit(**asked)
        likelihood.fit(**asked, constrain={"cevns_norm": (1.1, 0.2)})
    assert compiled.programs == 0
    assert data.values["sin2_theta_w"] == pytest.approx(0.25, abs=1e-6)
    assert moved.chi2 != data.chi2


@pytest.mark.parametrize(
    ("free", "values", "others"),
    [
        (["sin2_theta_w"], {"r_n_cs": 4.9}, {"r_n_cs": 5.2}),
        (["r_n_cs"], {"sin2_theta_w": 0.23}, {"sin2_theta_w": 0.24}),
    ],
    ids=["sin2", "radius"],
)
def test_other_values_do_not_compile_an_evaluation_again(likelihood, free, values, others):
    """The radius is interpolated between fewer recoil energies, to an error that differs with the fixed values."""
    tie = {"r_n_i": "r_n_cs"}
    first = likelihood.evaluator(free=free, values=values, tie=tie)
    u = np.array([*(likelihood.parameters[name].default for name in free), 1.0, 1.0, 1.0, 1.0])
    before = first.chi2(u)
    with watch() as compiled:
        after = likelihood.evaluator(free=free, values=others, tie=tie).chi2(u)
    assert compiled.programs == 0
    assert float(after) != float(before)
    everything = {name: likelihood.parameters[name].default for name in free} | others
    expected = likelihood.chi2(everything | {"r_n_i": everything.get("r_n_cs", 5.09)})
    assert float(after) == pytest.approx(expected, rel=1e-9)


def test_explains_what_is_folded_and_what_is_compiled(likelihood, monkeypatch):
    monkeypatch.setattr("cevnsjax.inference.problem.programs._programs", {})  # as in a process that has begun
    fixed = {"sin2_theta_w": 0.235, "brn_norm": 1.0, "nin_norm": 1.0, "ss_norm": 1.0}
    explained = likelihood.explain(free=["r_n_cs"], values=fixed, tie={"r_n_i": "r_n_cs"})
    assert explained.coordinates == ("r_n_cs", "cevns_norm")
    signal, *backgrounds = explained.measurements["coherent-csi-2021"]
    assert signal.live == ("r_n_cs", "r_n_i")
    assert {"sin2_theta_w", "quenching_a"} <= set(signal.folded)
    assert signal.factors == ("cevns_norm",)
    assert not set(signal.live) & {*signal.folded, *signal.arguments}
    assert {"ReducedSpectrum", "array"} <= {stage.kind for stage in signal.stages}
    (error,) = [stage.error for stage in signal.stages if stage.error is not None]
    assert 0.0 < error < 1e-9  # LARGEST_ERROR
    shape = likelihood.folded[0].observed.shape
    for background in backgrounds:
        assert background.live == ()
        assert [(stage.kind, stage.shapes) for stage in background.stages] == [("array", (shape,))]

    assert explained.operations > 50
    assert explained.flops > 99.0  # at least one operation in each of the 99 bins
    assert explained.size > 8 * 99 * 4  # observed counts, three backgrounds
    assert explained.compiled.programs == 1
    assert explained.compiled.compile > explained.compiled.lower > 0.0
    assert explained.cache == cache_folder() == os.environ["JAX_COMPILATION_CACHE_DIR"]  # that of these tests

    content = json.loads(json.dumps(explained.as_dict(), allow_nan=False))
    assert content["measurements"]["coherent-csi-2021"]["cevns"]["stages"][0]["path"] == "cevns"
    assert content["compiled"]["programs"] == 1
