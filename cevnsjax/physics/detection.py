"""What a detector makes of recoils: quenching factors, resolution and response matrices of the measurements."""

from collections.abc import Mapping
from typing import Any

from .._base import arguments
from .._base.errors import InputError
from .._base.typing import Array, Float
from ..detectors import quenching
from ..detectors.quenching import Quenching
from ..detectors.resolution import Smearing
from ..folding.fold import BIN_ORDER
from ..measuring.measurement import Measurement
from ..nuclei.nuclide import reference_isotope
from .given import Numbers, check_values, completed, fixed, in_shape, measurement_of, numbers

PER_KEV = 1e-3
"""A keV in MeV."""


def _check_detector(name: str, value: Any) -> None:
    if not isinstance(value, str | Measurement):
        raise InputError(f"{name}: expected a measurement or its name, found {arguments.shown(value)}")


CHECKS: dict[str, arguments.Check] = {"detector": _check_detector, "values": check_values}


def _curves(measurement: Measurement) -> tuple[Quenching, Smearing]:
    curves = measurement.counted().detector.curves()
    if curves is None:
        raise InputError(f"detector: expected one with a quenching and a resolution, found that of {measurement.name}")
    return curves


@arguments.checked(**CHECKS)
def quenching_factor(
    recoil: Numbers, detector: str | Measurement, values: Mapping[str, Numbers] | None = None
) -> Float[Array, "..."]:
    """Return the quenching factor E_ee/T of the detector of a measurement.

    Args:
        recoil: recoil energies T [keV], a number or an array.
        detector: a measurement, its name, or the path of a description.
        values: parameters of the measurement, ``{"quenching_shape_0": 1.0}``; others at their defaults.

    Returns:
        An array of the shape of `recoil`, 1 where electrons recoil; it has derivatives by `recoil` and the values.

    Raises:
        InputError: for unknown names, values beyond their bounds, and a detector that is not described by a quenching
            (templates, photo-electrons in proportion to the recoil energy).

    >>> import cevnsjax as cj
    >>> f"{cj.physics.quenching_factor(10.0, 'coherent-csi-2021'):.4f}"
    '0.0882'

    """
    measurement = measurement_of("detector", detector)
    curve, _ = _curves(measurement)
    params, t = completed(measurement.parameters(), values), numbers("recoil", recoil)
    energy = in_shape(t, (1, -1))
    return in_shape(curve(PER_KEV * energy, params) / energy, t.shape)


@arguments.checked(element=arguments.text)
def lindhard_factor(recoil: Numbers, element: str, k: Numbers | None = None) -> Float[Array, "..."]:
    """Return Lindhard's quenching factor k g(ε) / (1 + k g(ε)) of a material (Lewin, Smith, Astropart. Phys. 6, 87).

    Args:
        recoil: recoil energies [keV], a number or an array.
        element: symbol, ``Ge``.
        k: a number; by default Lindhard's 0.133 Z^(2/3) A^(-1/2), with A of the most abundant isotope.

    Raises:
        InputError: for an unknown element, numbers that are not positive.

    >>> import cevnsjax as cj
    >>> f"{cj.physics.lindhard_factor(1.0, 'Ge', 0.157):.4f}"
    '0.1710'

    """
    nucleus = reference_isotope(element.lower())
    z, a = nucleus.protons, nucleus.protons + nucleus.neutrons
    chosen = numbers("k", 0.133 * z ** (2.0 / 3.0) * a**-0.5 if k is None else k)
    if chosen.ndim:
        raise InputError(f"k: expected a single number (jax.vmap takes many), found an array of shape {chosen.shape}")
    t = numbers("recoil", recoil)
    return in_shape(quenching.lindhard_factor(PER_KEV * in_shape(t, (-1,)), z, chosen), t.shape)


@arguments.checked(**CHECKS)
def resolution_matrix(
    reconstructed: Numbers, energy: Numbers, detector: str | Measurement, values: Mapping[str, Numbers] | None = None
) -> Float[Array, "reconstructed energy"]:
    """Return the density of the reconstructed energy for each electron-equivalent energy.

    Args:
        reconstructed: reconstructed energies, a list or an array (n,), in the unit of the first axis of the
            measurement, photo-electrons or keV.
        energy: electron-equivalent energies [keV], a list or an array (m,).
        detector: a measurement, its name, or the path of a description.
        values: parameters of the measurement; others at their defaults.

    Returns:
        An array (n, m), per photo-electron or per keV: each column integrates to 1. It has derivatives by the values.

    Raises:
        InputError: for unknown names, values beyond their bounds, energies that are not lists, and a detector that is
            not described by a resolution.

    >>> import cevnsjax as cj
    >>> matrix = cj.physics.resolution_matrix([10.0, 20.0], [1.0], "coherent-csi-2021")
    >>> [f"{value:.5f}" for value in matrix[:, 0]]
    ['0.08609', '0.02387']

    """
    measurement = measurement_of("detector", detector)
    _, smearing = _curves(measurement)
    params = completed(measurement.parameters(), values)
    return smearing.density(
        _listed("reconstructed", numbers("reconstructed", reconstructed, None)),
        _listed("energy", numbers("energy", energy)),
        params,
    )


@arguments.checked(**CHECKS)
def response_matrix(
    recoil: Numbers, detector: str | Measurement, values: Mapping[str, Numbers] | None = None
) -> Float[Array, "bin recoil"]:
    """Return the probability that a recoil of each energy is counted in each bin of the first axis.

    Quenching, resolution and efficiency together, other axes summed without their efficiencies: the response that is
    folded. Where templates describe the detector (``xenonnt-8b`` and the other measurements of ⁸B neutrinos) it holds
    the exposure in t·y too, as they do.

    Args:
        recoil: recoil energies [keV], a list or an array (m,).
        detector: a measurement, its name, or the path of a description.
        values: parameters of the measurement; others at their defaults.

    Returns:
        An array (bin, m) that has derivatives by the values.

    Raises:
        InputError: for unknown names, values beyond their bounds, energies that are no list or that JAX traces.

    >>> import cevnsjax as cj
    >>> matrix = cj.physics.response_matrix([5.0, 10.0, 20.0], "coherent-csi-2021")
    >>> matrix.shape, [f"{value:.4f}" for value in matrix.sum(axis=0)]
    ((9, 3), ['0.0249', '0.3924', '0.9549'])

    """
    measurement = measurement_of("detector", detector)
    params, t = completed(measurement.parameters(), values), fixed("recoil", recoil)
    _listed("recoil", t)
    selection = measurement.counted().detector.selection(PER_KEV * t[None], BIN_ORDER)
    return selection(params)[:, 0]


def _listed(name: str, values: Float[Array, "..."]) -> Float[Array, " value"]:
    if values.ndim != 1:
        raise InputError(f"{name}: expected a list of numbers, found an array of shape {values.shape}")
    return values
