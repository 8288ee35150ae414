"""An experiment of measured numbers: what predicts each, their errors, and what correlates them."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..detectors.numbers import NumbersDetector, recoils_above
from ..folding.fold import fold
from ..interactions.combination import combine
from ..measuring.measurement import Measurement, Scattering
from ..measuring.terms.correlated import correlated_numbers
from ..measuring.terms.gaussian import GaussianNumbers
from ..measuring.terms.term import Term
from ..nuclei.choice import FormFactorChoice, form_factors
from ..parameters.parameter import Parameter
from ..parameters.strengths import Strength
from ..stages.products import Placed
from ..stages.stacked import Stacked
from ..stages.stage import Stage
from .counting import read_tables, scattering_of, setting_of, unseen_tables
from .document import Document
from .kinds import read
from .kinds.measured import Number, SignalNumber
from .nuisances import declared_parameters, signal_strength

CORRELATED = ("covariance", "correlation")
"""Entries of ``[measured]`` that are no numbers."""
ROUNDED = 1e-9
"""How far the diagonal of a correlation may be from 1."""
Signal = tuple[Scattering, Strength, tuple[Parameter, ...]]
Numbers = Sequence[Number | SignalNumber]


def measured_numbers(data: Document, header: Mapping[str, Any], form_factor: FormFactorChoice) -> Measurement:
    """Return an experiment of measured numbers, those that its signal predicts and others."""
    keys = [key for key in data.names("measured") if key not in CORRELATED]
    if not keys:
        raise data.fail("measured", "a table for each number", "none")
    tables = [data.attempt(lambda key=key: read(data, "measured", f"measured.{key}")) for key in keys]
    data.stop_at_problems()
    read_all = [table for table in tables if table is not None]
    scattered = [table for table in read_all if hasattr(table.of, "sees")]
    signal = _signal(data, form_factor, any(table.of.sees for table in scattered)) if scattered else None
    if signal is None:
        form_factors(form_factor).of(())  # a density of the user's is of no use
    given = [
        data.attempt(lambda table=table: table.build(*(signal[:1] if signal and table in scattered else ())))
        for table in read_all
    ]
    data.stop_at_problems()
    return _measurement(data, header, keys, [number for number in given if number is not None], signal)


def _signal(data: Document, form_factor: FormFactorChoice, seen: bool) -> Signal:
    """Return the scattering of the folder, which a detector sees or none, its strength and what scales it."""
    tables = read_tables(data) if seen else unseen_tables(data)
    for name in ("backgrounds", "shapes", "data"):
        if data.holds(name):
            raise data.fail(name, "no such table beside measured numbers", "one")
    setting = setting_of(data, tables, form_factor)
    if seen:
        scattering, setting, _ = scattering_of(data, tables.detector, setting)
    else:
        scattering = Scattering(setting.source, setting.target, recoils_above(0.0, len(setting.source.flavours)))
    return scattering, *signal_strength(data, tables.signal, setting, scattering)


def _measurement(
    data: Document, header: Mapping[str, Any], keys: Sequence[str], numbers: Numbers, signal: Signal | None
) -> Measurement:
    """Return the measurement of all numbers."""
    alone = [number for number in numbers if isinstance(number, Number)]
    declared = {p.name: p for number in alone for p in number.parameters}
    parts: dict[str, Any] = {
        **header,
        "labels": tuple(number.label for number in numbers),
        "prediction": _prediction(numbers),
        "term": _term(data, keys, numbers),
        "related": tuple({name: None for number in alone for name in number.related}),
    }
    if signal is None:
        made = Measurement(**parts, declared=tuple(declared.values()))
        _check_finite(data, keys, _predicted(made))
        return made
    scattering, strength, scales = signal
    declared |= {parameter.name: parameter for parameter in scales}
    seen, own = dataclasses.replace(scattering, detector=_detector(numbers)), tuple(declared.values())
    made = Measurement(**parts, scattering=seen, strengths=(strength,), declared=own)
    made = dataclasses.replace(made, declared=declared_parameters(data, made))
    return _with_ratios(data, made, numbers, _check_finite(data, keys, _predicted(made)))


def _with_ratios(data: Document, made: Measurement, numbers: Numbers, expected: np.ndarray) -> Measurement:
    """Return the measurement with the factors that make each ratio 1 where it is now what is `expected`."""
    scattering = made.counted()
    detector = scattering.detector
    assert isinstance(detector, NumbersDetector)
    factors = list(detector.factors)
    for k, place in enumerate(detector.places):
        number = numbers[place]
        if not isinstance(number, SignalNumber) or number.factor is not None:
            continue
        if expected[place] <= 0:
            raise data.fail("binning.energy", "bins that the signal reaches", "no signal in any of them")
        factors[k] = 1.0 / float(expected[place])
    whole = dataclasses.replace(detector, factors=tuple(factors))
    return dataclasses.replace(made, scattering=dataclasses.replace(scattering, detector=whole))


def _detector(numbers: Numbers) -> NumbersDetector:
    """Return what counts the signal of the numbers that it predicts, ratios with a factor of 1."""
    counted = {k: number for k, number in enumerate(numbers) if isinstance(number, SignalNumber)}
    factors = (1.0 if number.factor is None else number.factor for number in counted.values())
    detectors = tuple(number.detector for number in counted.values())
    return NumbersDetector(detectors, tuple(factors), tuple(counted), len(numbers))


def _prediction(numbers: Numbers) -> Stage | None:
    """Return the prediction of the numbers that are not of the signal, 0 for the others; None if there are none."""
    alone = {k: number.prediction for k, number in enumerate(numbers) if isinstance(number, Number)}
    if not alone:
        return None
    if len(alone) == len(numbers):
        return next(iter(alone.values())) if len(alone) == 1 else Stacked(tuple(alone.values()), 0)
    return Placed(tuple(alone.values()), (1.0,) * len(alone), tuple(alone), len(numbers))


def _predicted(measurement: Measurement) -> np.ndarray:
    """Return the numbers that the Standard Model predicts, all parameters at their defaults."""
    interaction = combine()
    params = {p.name: p.default for p in (*interaction.parameters(), *measurement.parameters())}
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.sum([np.asarray(part) for part in fold(measurement, interaction).contributions(params)], axis=0)


def _check_finite(data: Document, keys: Sequence[str], expected: np.ndarray) -> np.ndarray:
    """Return what is `expected` of each number; raise DataError if one is not finite."""
    for key, number in zip(keys, expected, strict=True):
        if not np.isfinite(number):
            raise data.fail(f"measured.{key}", "a finite prediction", "none with these numbers")
    return expected


def _term(data: Document, keys: Sequence[str], numbers: Numbers) -> Term:
    """Return the term of the numbers: with the errors of each, and a covariance or a correlation if there is one."""
    values = np.array([number.value for number in numbers])
    errors = np.array([number.error for number in numbers])
    if all(data.has(f"measured.{entry}") for entry in CORRELATED):
        raise data.fail("measured.correlation", "a covariance or a correlation", "both")
    entry = next((entry for entry in CORRELATED if data.has(f"measured.{entry}")), None)
    if entry is None:
        return GaussianNumbers(values, errors)
    matrix = data.values(f"measured.{entry}", "1")
    if entry == "correlation":
        matrix = _checked_correlation(data, matrix, len(keys)) * np.outer(errors, errors)
    added = [np.diag(errors**2)] if entry == "covariance" else []
    with data.at(f"measured.{entry}"):
        return correlated_numbers(entry, values, matrix, *added)


def _checked_correlation(data: Document, matrix: np.ndarray, count: int) -> np.ndarray:
    """Return a correlation; raise DataError for one of another shape, or without 1 on its diagonal."""
    if matrix.shape != (count, count):
        raise data.fail("measured.correlation", f"{count} x {count} numbers", matrix.shape)
    if np.abs(np.diag(matrix) - 1.0).max() > ROUNDED:
        raise data.fail("measured.correlation", "1 on its diagonal", np.diag(matrix).tolist())
    return matrix
