"""A likelihood as an ONNX model: χ² and the expected numbers as functions of the parameters, for any program.

The input ``parameters`` is the vector of what moves in the fit, in the order of the metadata; the outputs are ``chi2``,
constraints included, and for each measurement its expected numbers, with the axes of the data. All is in double
precision. jax2onnx (an optional library) translates what JAX has traced. onnxruntime lacks some functions in double
precision (erf and its kin), and others are less exact there: so the model is run and compared before it is written.
"""

import contextlib
import importlib
import io
import json
import re
import warnings
from collections.abc import Generator, Iterator
from typing import Any

import jax
import numpy as np
from jax.extend.core import jaxpr_as_fun

from .._base.errors import InputError
from .._base.typing import Float
from .checking import Check, check
from .target import Target

FORM = "onnx"
LIBRARIES = ("jax2onnx", "onnx", "onnxruntime")
INPUT, CHI2 = "parameters", "chi2"
QUIET = 3
"""Level of onnxruntime's log at which it prints errors alone."""


def _library(name: str) -> Any:
    try:
        with _quiet():
            return importlib.import_module(name)
    except ImportError:
        raise InputError(f"{FORM}: expected {name}, which is not installed: pip install 'cevnsjax[export]'") from None


def check_libraries() -> None:
    """Raise InputError, before anything is computed, if a library is missing that writes or runs ONNX models."""
    for name in LIBRARIES:
        _library(name)


def make(target: Target) -> tuple[bytes, Check]:
    """Return the model, and how it compares with the engine."""
    model = model_bytes(target)
    return model, check(FORM, target, lambda rows: evaluate_rows(model, rows))


@contextlib.contextmanager
def _quiet() -> Generator[None, None, None]:
    """Keep what other libraries print on their way, and what they warn of, to themselves."""
    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        warnings.simplefilter("ignore")
        yield


def output_names(target: Target) -> list[str]:
    """Return the names of the outputs: χ², then the expected numbers of each measurement."""
    return [CHI2, *(f"expected {measurement.name}" for measurement in target.measurements)]


def model_bytes(target: Target) -> bytes:
    """Return the model; raise InputError for what jax2onnx cannot translate."""
    shape = jax.ShapeDtypeStruct((len(target.names),), np.float64)
    # Traced first: some functions of JAX's are otherwise translated as a whole, into what has no double precision.
    traced: Any = jaxpr_as_fun(jax.make_jaxpr(target.evaluate)(shape))
    try:
        with _quiet():
            model: Any = _library("jax2onnx").to_onnx(
                lambda values: tuple(traced(values)), [shape], enable_double_precision=True
            )
    except Exception as error:  # whatever it has no translation for
        raise InputError(f"{FORM}: expected functions that jax2onnx translates, found: {error}") from None
    _name(model, output_names(target))
    _trim(model.graph)
    _describe(model, target)
    return bytes(model.SerializeToString())


def _name(model: Any, outputs: list[str]) -> None:
    """Give input and outputs their names, by nodes that pass them on."""
    graph, helper = model.graph, _library("onnx").helper
    first = graph.input[0]
    graph.node.insert(0, helper.make_node("Identity", [INPUT], [first.name]))
    first.name = INPUT
    for output, name in zip(graph.output, outputs, strict=True):
        graph.node.append(helper.make_node("Identity", [output.name], [name]))
        output.name = name


def _trim(graph: Any) -> None:
    """Remove arrays that no node reads: onnxruntime warns of each."""
    read = set(_read(graph))
    kept = [array for array in graph.initializer if array.name in read]
    del graph.initializer[:]
    graph.initializer.extend(kept)


def _read(graph: Any) -> Iterator[str]:
    """Yield the names that the nodes of a graph read, those of the graphs within them too."""
    for node in graph.node:
        yield from node.input
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs):
                yield from _read(inner)
    yield from (output.name for output in graph.output)


def _describe(model: Any, target: Target) -> None:
    about = target.about()
    model.producer_name, model.producer_version = "cevnsjax", about["version"]
    model.doc_string = f"chi2 and expected numbers of {target.title}"
    for name, value in about.items():
        entry = model.metadata_props.add()
        entry.key, entry.value = name, value if isinstance(value, str) else json.dumps(value)


def evaluate_rows(
    model: bytes, rows: Float[np.ndarray, "point parameter"]
) -> tuple[Float[np.ndarray, "point ..."], ...]:
    """Return the outputs of a model at each row by onnxruntime; raise InputError for what that cannot run."""
    onnxruntime = _library("onnxruntime")
    options = onnxruntime.SessionOptions()
    options.log_severity_level, options.intra_op_num_threads = QUIET, 1
    try:
        session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        found = [session.run(None, {INPUT: row}) for row in rows]
    except Exception as error:  # its own exceptions have no class in common
        raise InputError(_refusal(str(error))) from None
    return tuple(np.stack(each) for each in zip(*found, strict=True))


def _refusal(reason: str) -> str:
    """Return why onnxruntime does not run a model."""
    missing = re.search(r"implementation for (\w+)\(", reason)
    if missing is None:
        return f"{FORM}: expected a model that onnxruntime can run, found: {reason}"
    return (
        f"{FORM}: expected functions that onnxruntime has in double precision, found {missing[1]}: "
        "fix the parameter that moves it"
    )
