"""The models of the interaction, by the name that the command line uses; a variant follows after a colon."""

import dataclasses
from collections.abc import Callable, Sequence

from .._base import arguments
from .._base.errors import InputError, suggest
from .axial import axial_mediator
from .charge_radius import CONVENTIONS, charge_radius
from .combination import Combination, combine
from .dipole_portal import dipole_portal
from .exchange import check_suffix
from .interaction import Interaction
from .light_scalar import CONVENTIONS as SCALAR_CONVENTIONS
from .light_scalar import light_scalar
from .light_vector import CHARGES, light_vector
from .magnetic_moment import magnetic_moment
from .millicharge import ELECTRONS, millicharge
from .nsi import nsi
from .pseudoscalar import pseudoscalar_mediator
from .standard_model import standard_model
from .sterile_oscillation import sterile_oscillation
from .tensor import VARIANTS as TENSOR_VARIANTS
from .tensor import tensor_mediator


@dataclasses.dataclass(frozen=True)
class Model:
    """A model of the catalogue."""

    factory: Callable[..., Interaction]
    """Takes the variant, "" for the default, and the scheme of the couplings; of mediators also a suffix."""
    variants: tuple[str, ...]
    """Variants, the default first."""
    summary: str
    reference: str
    mediator: bool = False
    """Whether suffixes may distinguish several of its kind."""

    def __reduce__(self) -> tuple[Callable[[str], "Model"], tuple[str]]:
        """Return how another process obtains the same entry."""
        return _entry, (next(name for name, entry in MODELS.items() if entry is self),)


def _standard(variant: str, couplings: str) -> Interaction:
    """Return the Standard Model with options, comma-separated."""
    options = [option.strip() for option in variant.split(",")] if variant else []
    for option in options:
        if option not in STANDARD_OPTIONS:
            raise InputError(
                f"unknown option of the standard model '{option}'{suggest(option, STANDARD_OPTIONS)}; "
                f"known: {', '.join(STANDARD_OPTIONS)}"
            )
    return standard_model(couplings, *(option in options for option in STANDARD_OPTIONS))


def _entry(name: str) -> "Model":
    return MODELS[name]


def _without(name: str, factory: Callable[..., Interaction]) -> Callable[..., Interaction]:
    """Return the factory of a model that has no variants."""

    def made(variant: str, couplings: str, **suffix: str) -> Interaction:
        if variant:
            raise InputError(f"'{name}' has no variants, found '{variant}'")
        return factory(**suffix)

    return made


def _variants(factory: Callable[..., Interaction]) -> Callable[..., Interaction]:
    """Return the factory of a model whose variant is its only argument."""
    return lambda variant, couplings, **suffix: factory(*filter(None, [variant]), **suffix)


STANDARD_OPTIONS = ("recoil-term", "axial", "strange")
SUFFIXED = "; @2 for a second one"

MODELS: dict[str, Model] = {
    "standard-model": Model(
        _standard, STANDARD_OPTIONS, "exchange of a Z, of a W too with electrons", "arXiv:2303.09360 Eq. 1"
    ),
    "nsi": Model(_without("nsi", nsi), (), "contact interactions of vector type", "arXiv:2008.05022"),
    "light-vector": Model(
        _variants(light_vector),
        (*CHARGES, "u=1/3,d=1/3,e=-1,…"),
        f"a vector mediator with the charges of a U(1)'{SUFFIXED}",
        "arXiv:2202.11002",
        mediator=True,
    ),
    "light-scalar": Model(
        _variants(light_scalar),
        tuple(SCALAR_CONVENTIONS),
        f"a scalar mediator{SUFFIXED}",
        "arXiv:2202.11002",
        mediator=True,
    ),
    "axial": Model(
        _without("axial", axial_mediator),
        (),
        f"an axial-vector mediator{SUFFIXED}",
        "arXiv:1806.10604 (charges)",
        mediator=True,
    ),
    "pseudoscalar": Model(
        _without("pseudoscalar", pseudoscalar_mediator),
        (),
        f"a pseudoscalar mediator{SUFFIXED}",
        "arXiv:1612.04150",
        mediator=True,
    ),
    "tensor": Model(
        _variants(tensor_mediator),
        TENSOR_VARIANTS,
        f"a tensor interaction{SUFFIXED}",
        "arXiv:1612.04150",
        mediator=True,
    ),
    "charge-radius": Model(
        lambda variant, couplings: charge_radius(couplings, variant or "total"),
        CONVENTIONS,
        "charge radii of the neutrinos",
        "arXiv:2005.01645",
    ),
    "millicharge": Model(
        _variants(millicharge),
        ELECTRONS,
        "electric charges of the neutrinos",
        "arXiv:2005.01645, 2207.05036",
    ),
    "magnetic-moment": Model(
        _without("magnetic-moment", magnetic_moment),
        (),
        "magnetic moments of the neutrinos",
        "Phys. Rev. D 39, 3378 (1989)",
    ),
    "sterile-oscillation": Model(
        _without("sterile-oscillation", sterile_oscillation),
        (),
        "a sterile neutrino that the others oscillate into",
        "arXiv:1901.08330",
    ),
    "dipole-portal": Model(
        _without("dipole-portal", dipole_portal),
        (),
        "production of a heavy neutral lepton by a transition moment",
        "arXiv:1803.03262",
    ),
}
"""Models by name."""


@arguments.checked(name=arguments.text, couplings=arguments.text)
def model(name: str, couplings: str = "2022") -> Interaction:
    """Return the model of a catalogue name, ``nsi`` or ``light-vector:B-L``, with a scheme of couplings.

    A suffix makes a mediator another of its kind: ``light-vector:B-L@2`` has the parameters g_zp_2 and m_zp_2.
    """
    whole, at, suffix = name.partition("@")
    base, colon, variant = whole.partition(":")
    if base not in MODELS:
        owner = next((f"{known}:{base}" for known, entry in MODELS.items() if base in entry.variants), None)
        hint = suggest(base, MODELS) if owner is None else f" (did you mean '{owner}'?)"
        raise InputError(f"unknown interaction '{base}'{hint}; known: {', '.join(MODELS)}")
    if colon and not variant.strip():
        known = ", ".join(MODELS[base].variants)
        raise InputError(f"'{name}': expected a variant after the colon, known: {known or 'none'}")
    if not at:
        return MODELS[base].factory(variant, couplings)
    if not MODELS[base].mediator:
        mediators = ", ".join(known for known, entry in MODELS.items() if entry.mediator)
        raise InputError(f"'{name}': expected a mediator before the @, found '{base}'; mediators: {mediators}")
    if not suffix:
        raise InputError(f"'{name}': expected a suffix after the @, as in '{whole}@2', found none")
    check_suffix(f"'{name}', after the @", suffix)
    return MODELS[base].factory(variant, couplings, suffix=suffix)


def resolve_models(names: Sequence[str] | None, couplings: str = "2022", electrons: bool = False) -> Combination:
    """Return the combination of the models of several names."""
    return combine([model(name, couplings) for name in names or ()], couplings, electrons)
