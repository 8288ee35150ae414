"""Differential cross sections, and recoil spectra of any source on any target."""

from collections.abc import Mapping

import numpy as np

from .._base import arguments
from .._base.errors import InputError
from .._base.typing import Array, Float
from ..folding import cross_section
from ..folding.rates import differential_rate
from ..folding.scatterers import Scatterers, electrons, nuclei
from ..interactions.combination import Combination, check_models, combine
from ..interactions.interaction import TARGETS, Interaction
from ..measuring.measurement import Measurement
from ..nuclei.nuclide import isotopes, nuclide, nuclides
from ..nuclei.target import Target, target_of
from ..parameters.parameter import Parameter
from ..sources.source import Source, check_flavour
from .given import Numbers, check_values, completed, fixed, in_shape, measurement_of, numbers
from .neutrinos import check_source, is_by_nature, neutrino_source

PER_KEV = 1e-3
"""What is per MeV, per keV."""
KILOGRAM = 1.0


def _check_recoils(name: str, value: object) -> None:
    if value not in TARGETS:
        raise InputError(f"{name}: expected one of {', '.join(TARGETS)}, found {arguments.shown(value)}")


def _recoiling(target: Target, interaction: Combination, recoils: str) -> Scatterers:
    """Return what of a target recoils."""
    return nuclei(target, interaction) if recoils == "nucleus" else electrons(target, interaction)


def _single(name: str, recoils: str, form_factor: str) -> Target:
    """Return the target of one nucleus, or one atom, of that name: nuclide, or element if electrons recoil."""
    of_atom = recoils == "electron" and name not in nuclides()
    nucleus = isotopes(name.lower())[0] if of_atom else nuclide(name)
    return Target((nucleus,), np.ones(1), form_factor)


@arguments.checked(
    target=arguments.text,
    flavour=check_flavour,
    interaction=check_models,
    values=check_values,
    form_factor=arguments.text,
    recoils=_check_recoils,
)
def differential_cross_section(
    energy: Numbers,
    recoil: Numbers,
    target: str,
    flavour: str = "nu_e",
    interaction: Combination | Interaction | None = None,
    values: Mapping[str, Numbers] | None = None,
    form_factor: str = "helm",
    recoils: str = "nucleus",
) -> Float[Array, "..."]:
    """Return dσ/dT (E, T) [cm²/keV] of a neutrino on a nucleus, or on the electrons of an atom.

    The cross section that is folded (arXiv:2303.09360 Eq. 1 and the pages of the models), 0 where the recoil is not
    possible. It has derivatives by values, energy and recoil (`jax.grad`), and `jax.vmap` maps over them. A model of
    oscillations changes the flavours that arrive, not this.

    Args:
        energy: neutrino energy E [MeV], a number or an array.
        recoil: recoil energy T [keV], a number or an array that broadcasts against `energy`.
        target: nuclide, ``133Cs``; of electrons also an element, ``Xe``.
        flavour: ``nu_e``, ``nu_e_bar``, ``nu_mu``, … as it arrives.
        interaction: models beside the Standard Model, such as ``cj.model("light-vector:B-L")``, or `cj.combine` of
            several; the Standard Model with other couplings is ``cj.standard_model("tree")``.
        values: parameters in the units of ``cevnsjax parameters``, ``{"r_n_cs": 5.0}``; others at their defaults.
        form_factor: a name of ``--form-factor``.
        recoils: what recoils, ``nucleus`` or ``electron`` (per atom: bound electrons as in arXiv:2207.05036).

    Returns:
        An array of the shape that `energy` and `recoil` have together, of JAX if anything given is of JAX.

    Raises:
        InputError: for unknown names, values beyond their bounds, energies that are not positive.

    >>> import cevnsjax as cj
    >>> sections = cj.physics.differential_cross_section([10.0, 30.0], [[0.1], [10.0]], "133Cs", "nu_mu")
    >>> [[f"{value:.3e}" for value in row] for row in sections]
    [['2.851e-39', '3.018e-39'], ['0.000e+00', '5.393e-40']]

    """
    interaction, chosen = combine(interaction), _single(target, recoils, form_factor)
    params = completed((*interaction.parameters(), *chosen.parameters()), values, interaction.check)
    e, t = numbers("energy", energy), numbers("recoil", recoil)
    try:
        shape = np.broadcast_shapes(e.shape, t.shape)
    except ValueError:
        raise InputError(f"recoil: expected a shape that goes with {e.shape} of energy, found {t.shape}") from None
    scatterers = _recoiling(chosen, interaction, recoils)
    e, t = (in_shape(x, x.shape or (1,)) for x in (e, t))
    section = cross_section.differential_cross_section(scatterers, flavour, e, PER_KEV * t, params)
    return in_shape(PER_KEV * section, shape)


@arguments.checked(
    source=check_source,
    target=arguments.optional(arguments.text),
    interaction=check_models,
    values=check_values,
    form_factor=arguments.optional(arguments.text),
    recoils=arguments.optional(_check_recoils),
)
def recoil_spectrum(
    recoil: Numbers,
    source: str | Source | Measurement,
    target: str | None = None,
    interaction: Combination | Interaction | None = None,
    values: Mapping[str, Numbers] | None = None,
    form_factor: str | None = None,
    recoils: str | None = None,
) -> Float[Array, "..."]:
    """Return dR/dT [1/keV/kg/day] of a source on a target, all flavours and nuclides together, before any detector.

    The recoil spectrum that is folded, at energies of your choice: Σ N_i Φ_l ∫ φ_l(E) dσ/dT dE per mass and live time
    (`docs/physics.md` states what a day is of each measurement). It has derivatives by the values (`jax.grad`), and
    `jax.vmap` maps over these.

    Args:
        recoil: recoil energies T [keV], a number or an array.
        source: what `neutrino_source` takes: ``solar:b8``, the name of a measurement, a source of your own.
        target: formula of a substance, ``CsI``, ``Xe``, ``76Ge``; by default that of the measurement.
        interaction: models, as in `differential_cross_section`; with a model of oscillations the source has a distance.
        values: parameters of the models and radii; others at their defaults.
        form_factor: a name of ``--form-factor``, by default Helm's or that of the measurement.
        recoils: ``nucleus`` or ``electron``, by default what the measurement counts.

    Raises:
        InputError: for unknown names, values beyond their bounds, a source whose live time is not known, energies that
            are not positive or that JAX traces.

    >>> import cevnsjax as cj
    >>> [f"{rate:.3e}" for rate in cj.physics.recoil_spectrum([1.0, 10.0], "coherent-csi-2021")]
    ['4.738e-02', '1.227e-02']
    >>> f"{365.25e3 * cj.physics.recoil_spectrum(1.0, 'solar:b8', 'Xe'):.1f}"  # 1/keV/t/year
    '250.9'

    """
    interaction, t = combine(interaction), fixed("recoil", recoil)
    neutrinos, chosen, what, radii = _experiment(source, target, form_factor, recoils)
    params = completed((*interaction.parameters(), *radii), values, interaction.check)
    scatterers = _recoiling(chosen, interaction, what)
    name = source if isinstance(source, str) else "source"
    rate = differential_rate(neutrinos, chosen, interaction, scatterers, PER_KEV * t.ravel(), params, name)
    return in_shape(rate.sum(axis=(0, 1)), t.shape)


def _experiment(
    source: str | Source | Measurement, formula: str | None, form_factor: str | None, recoils: str | None
) -> tuple[Source, Target, str, tuple[Parameter, ...]]:
    """Return the source, the target, what of it recoils, and its radii as parameters."""
    if formula is not None:
        target = target_of(formula, KILOGRAM, "helm" if form_factor is None else form_factor)
        return neutrino_source(source), target, recoils or "nucleus", target.parameters()
    if isinstance(source, Source) or is_by_nature(source):
        raise InputError("target: expected the formula of a substance, such as 'CsI', found none")
    measurement = measurement_of("source", source, form_factor)
    scattering = measurement.counted()
    target, radii = scattering.target, {parameter.name for parameter in scattering.target.parameters()}
    known = tuple(parameter for parameter in measurement.parameters() if parameter.name in radii)
    return scattering.source, target, recoils or scattering.recoils, known
