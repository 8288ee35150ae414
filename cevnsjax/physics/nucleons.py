"""What neutrinos and electrons see of nucleons and nuclei: couplings, form factors, weak charges."""

from typing import Any, NamedTuple

import numpy as np

from .._base import arguments
from .._base.constants import HBAR_C
from .._base.errors import InputError, suggest
from .._base.typing import Array, Float, Scalar
from ..interactions import couplings as schemes
from ..interactions import weak_charge as charges
from ..interactions.couplings import DEFAULT_SIN2
from ..interactions.running import running_sin2
from ..nuclei.choice import FORM_FACTOR_NAMES, SHELL_MODEL
from ..nuclei.form_factors import FORM_FACTORS
from ..nuclei.nuclide import nuclide as find_nuclide
from ..nuclei.radii import isotope_radius
from ..nuclei.shell_model import calculated, shell_model_charges
from ..sources.source import check_flavour, lepton_of
from .given import Numbers, in_shape, numbers, traced

PARTICLES = ("neutron", "proton")


class NeutrinoCouplings(NamedTuple):
    """Couplings of the neutrinos of a flavour at zero momentum transfer; those that move have the shape of sin²θ_W."""

    proton: Float[Array, "..."]
    """g_V^p."""
    neutron: Scalar
    """g_V^n."""
    electron: Float[Array, "..."]
    """g_V^e."""
    proton_axial: Scalar
    """g_A^p, of a proton of quarks at tree level."""
    neutron_axial: Scalar
    """g_A^n."""
    electron_axial: Scalar
    """g_A^e, its sign that of neutrinos."""


@arguments.checked(flavour=check_flavour, scheme=arguments.text)
def couplings(flavour: str, scheme: str = "2022", sin2_theta_w: Numbers = DEFAULT_SIN2) -> NeutrinoCouplings:
    """Return the couplings of a neutrino to protons, neutrons and electrons, at zero momentum transfer.

    Args:
        flavour: ``nu_e`` to ``nu_tau_bar``; radiative corrections depend on the charged lepton.
        scheme: ``tree``, ``2020`` (arXiv:2005.01645), ``2022`` (arXiv:2205.09484) or ``2024`` (arXiv:2402.16709, whose
            charge radii then move with the momentum transfer).
        sin2_theta_w: sin²θ_W at zero momentum transfer, a number or an array.

    Raises:
        InputError: for an unknown flavour or scheme, or numbers that are not between 0 and 1.

    >>> import cevnsjax as cj
    >>> found = cj.physics.couplings("nu_e", "2022")
    >>> f"{found.proton:.4f}", f"{found.neutron:.4f}"  # 0.0382 and -0.5117 in arXiv:2303.09360
    ('0.0382', '-0.5117')

    """
    if scheme not in schemes.SCHEMES:
        known = ", ".join(schemes.SCHEMES)
        raise InputError(f"scheme: expected one of {known}, found '{scheme}'{suggest(scheme, schemes.SCHEMES)}")
    chosen, lepton, sin2 = schemes.couplings(scheme), lepton_of(flavour), _sin2(sin2_theta_w)
    return NeutrinoCouplings(
        proton=in_shape(chosen.proton(lepton, sin2), sin2.shape),
        neutron=chosen.neutron,
        electron=in_shape(chosen.electron(lepton, sin2), sin2.shape),
        proton_axial=chosen.proton_axial,
        neutron_axial=chosen.neutron_axial,
        electron_axial=chosen.electron_axial[lepton],
    )


def _sin2(value: Numbers) -> Float[Array, "..."]:
    sin2 = numbers("sin2_theta_w", value)
    if not traced(sin2) and (sin2 > 1.0).any():
        raise InputError(f"sin2_theta_w: expected numbers from 0 to 1, found {sin2.max():g}")
    return sin2


def _check_particle(name: str, value: Any) -> None:
    if value not in PARTICLES:
        raise InputError(f"{name}: expected one of {', '.join(PARTICLES)}, found {arguments.shown(value)}")


@arguments.checked(nuclide=arguments.text, particle=_check_particle, model=arguments.text)
def form_factor(
    q: Numbers, nuclide: str, particle: str = "neutron", radius: Numbers | None = None, model: str = "helm"
) -> Float[Array, "..."]:
    """Return F(q), with F(0) = 1 but for the shell model, of the neutrons or the protons of a nucleus.

    Args:
        q: momentum transfer [1/fm], a number or an array.
        nuclide: such as ``133Cs``.
        particle: ``neutron`` or ``proton``.
        radius: rms radius [fm], nucleon size included; by default that of the nuclide. It may be an array that
            broadcasts against `q`.
        model: ``helm`` (arXiv:2303.09360 Eq. 5), ``symmetrised-fermi`` (Eq. 3), ``klein-nystrand``
            (Phys. Rev. C 60, 014903), ``unity``, or ``shell-model`` (arXiv:2007.08529), which has no radius.

    Returns:
        An array of the shape of `q` and `radius` together; it has derivatives by both.

    Raises:
        InputError: for unknown names, a negative q, a radius that is not from 2.2 to 12 fm.

    >>> import cevnsjax as cj
    >>> f"{cj.physics.form_factor(0.5, '133Cs'):.5f}", f"{cj.physics.form_factor(0.5, '133Cs', radius=5.5):.5f}"
    ('0.27834', '0.20798')

    """
    if model not in FORM_FACTOR_NAMES:
        known = ", ".join(FORM_FACTOR_NAMES)
        raise InputError(f"model: expected one of {known}, found '{model}'{suggest(model, FORM_FACTOR_NAMES)}")
    nucleus, transfer = find_nuclide(nuclide), _transfer(q)
    at = HBAR_C * in_shape(transfer, transfer.shape or (1,))
    if model == SHELL_MODEL:
        if radius is not None or nuclide not in calculated():
            what = f"a radius with '{model}'" if radius is not None else f"'{nuclide}'"
            raise InputError(f"model: expected no radius and one of {', '.join(calculated())}, found {what}")
        number = nucleus.protons if particle == "proton" else nucleus.neutrons
        return in_shape(shell_model_charges(nucleus, at)[PARTICLES[::-1].index(particle)] / number, transfer.shape)
    known = isotope_radius(particle[0], nuclide)
    rms = numbers("radius", known.default if radius is None else radius)
    if not traced(rms):
        for end in (rms.min(), rms.max()):
            known.check(float(end))
    values = FORM_FACTORS[model](at, rms)
    return in_shape(values, values.shape if transfer.shape or rms.shape else ())


def _transfer(q: Numbers) -> Float[Array, "..."]:
    transfer = numbers("q", q, None)
    if not traced(transfer) and (transfer < 0.0).any():
        raise InputError(f"q: expected momentum transfers of 0 or more, found {transfer.min():g}")
    return transfer


@arguments.checked(nuclide=arguments.text)
def weak_charge(nuclide: str, sin2_theta_w: Numbers = DEFAULT_SIN2) -> Float[Array, "..."]:
    """Return the weak charge Q_W of a nucleus as electrons see it (arXiv:2303.09360 section IV, arXiv:1303.5522).

    Args:
        nuclide: such as ``133Cs``.
        sin2_theta_w: sin²θ_W at zero momentum transfer, a number or an array.

    Returns:
        An array of the shape of `sin2_theta_w`; it has derivatives by that.

    Raises:
        InputError: for an unknown nuclide, or numbers that are not between 0 and 1.

    >>> import cevnsjax as cj
    >>> f"{cj.physics.weak_charge('133Cs'):.2f}"
    '-73.22'

    """
    nucleus, sin2 = find_nuclide(nuclide), _sin2(sin2_theta_w)
    return in_shape(charges.weak_charge(nucleus.protons, nucleus.neutrons, sin2), sin2.shape)


def running_sin2_theta_w(q: Numbers, sin2_theta_w: Numbers = DEFAULT_SIN2) -> Float[Array, "..."]:
    """Return sin²θ_W at momentum transfers, one loop in the MS-bar scheme (hep-ph/0409169, first term).

    Args:
        q: momentum transfer [GeV], a number or an array.
        sin2_theta_w: sin²θ_W at zero momentum transfer, a number or an array that broadcasts against `q`.

    Returns:
        An array of the shape of both together; it has derivatives by both.

    Raises:
        InputError: for a negative momentum transfer, or sin²θ_W that is not between 0 and 1.

    >>> import cevnsjax as cj
    >>> [f"{value:.5f}" for value in cj.physics.running_sin2_theta_w([0.0024, 0.158, 10.0])]
    ['0.23860', '0.23852', '0.23376']

    """
    transfer, sin2 = _transfer(q), _sin2(sin2_theta_w)
    values = running_sin2(transfer, sin2)
    return in_shape(values, np.broadcast_shapes(transfer.shape, sin2.shape))
