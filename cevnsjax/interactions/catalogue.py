"""The models of the interaction, by the name that the command line uses; a variant follows after a colon.

Each is imported where it is made: the list of them needs no JAX.
"""

import dataclasses
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING

from .._base import arguments
from .._base.errors import InputError, suggest

if TYPE_CHECKING:
    from .combination import Combination
    from .interaction import Interaction


@dataclasses.dataclass(frozen=True)
class Model:
    """A model of the catalogue."""

    factory: str
    """``MODULE.FUNCTION`` of this room."""
    summary: str
    reference: str
    parameters: tuple[str, ...]
    """Names of its parameters, in the default variant."""
    variants: tuple[str, ...] = ()
    """Variants, the default first."""
    takes: tuple[str, ...] = ()
    """Arguments of the factory, of ``couplings`` (the scheme) and ``variant``, which is left out for the default."""
    mediator: bool = False
    """Whether suffixes may distinguish several of its kind: the factory takes ``suffix``."""

    def make(self, variant: str, couplings: str, **suffix: str) -> "Interaction":
        """Return the model in a variant, "" for the default."""
        module, _, function = self.factory.partition(".")
        given = {"couplings": couplings} | ({"variant": variant} if variant else {})
        made = getattr(import_module(f".{module}", __package__), function)
        return made(*(given[name] for name in self.takes if name in given), **suffix)


def _pairs(stem: str) -> tuple[str, ...]:
    return tuple(f"{stem}_{pair}" for pair in ("ee", "mumu", "tautau", "emu", "etau", "mutau"))


SUFFIXED = "; @2 for a second one"

MODELS: dict[str, Model] = {
    "standard-model": Model(
        "standard_model.standard_model_with",
        "exchange of a Z, of a W too with electrons",
        "arXiv:2303.09360 Eq. 1",
        ("sin2_theta_w",),
        ("recoil-term", "axial", "strange"),
        ("couplings", "variant"),
    ),
    "nsi": Model(
        "nsi.nsi",
        "contact interactions of vector type",
        "arXiv:2008.05022",
        tuple(
            name
            for particle in "ude"
            for name in (
                *(f"{pair}_{particle}" for pair in _pairs("eps")),
                *(f"{pair}_{particle}_phase" for pair in _pairs("eps")[3:]),
            )
        ),
    ),
    "light-vector": Model(
        "light_vector.light_vector",
        f"a vector mediator with the charges of a U(1)'{SUFFIXED}",
        "arXiv:2202.11002",
        ("g_zp", "m_zp"),
        (
            "universal",
            "B-L",
            "B-3Le",
            "B-3Lmu",
            "B-2Le-Lmu",
            "B-Le-2Lmu",
            "By+Lmu+Ltau",
            "Le-Lmu",
            "Le-Ltau",
            "Lmu-Ltau",
            "u=1/3,d=1/3,e=-1,…",
        ),
        ("variant",),
        mediator=True,
    ),
    "light-scalar": Model(
        "light_scalar.light_scalar",
        f"a scalar mediator{SUFFIXED}",
        "arXiv:2202.11002",
        ("g_phi", "m_phi"),
        ("17.3", "15.1/14"),
        ("variant",),
        mediator=True,
    ),
    "axial": Model(
        "axial.axial_mediator",
        f"an axial-vector mediator{SUFFIXED}",
        "arXiv:1806.10604 (charges)",
        ("g_axial", "m_axial"),
        mediator=True,
    ),
    "pseudoscalar": Model(
        "pseudoscalar.pseudoscalar_mediator",
        f"a pseudoscalar mediator{SUFFIXED}",
        "arXiv:1612.04150",
        ("g_pseudoscalar", "m_pseudoscalar"),
        mediator=True,
    ),
    "tensor": Model(
        "tensor.tensor_mediator",
        f"a tensor interaction{SUFFIXED}",
        "arXiv:1612.04150",
        ("g_tensor", "m_tensor"),
        ("coherent", "spin"),
        ("variant",),
        mediator=True,
    ),
    "charge-radius": Model(
        "charge_radius.charge_radius",
        "charge radii of the neutrinos",
        "arXiv:2005.01645",
        _pairs("charge_radius"),
        ("total", "beyond-sm"),
        ("couplings", "variant"),
    ),
    "millicharge": Model(
        "millicharge.millicharge",
        "electric charges of the neutrinos",
        "arXiv:2005.01645, 2207.05036",
        _pairs("millicharge"),
        ("equivalent-photon", "free-electron"),
        ("variant",),
    ),
    "magnetic-moment": Model(
        "magnetic_moment.magnetic_moment",
        "magnetic moments of the neutrinos",
        "Phys. Rev. D 39, 3378 (1989)",
        tuple(f"magnetic_moment_{flavour}" for flavour in ("e", "mu", "tau", "emu", "etau", "mutau")),
    ),
    "sterile-oscillation": Model(
        "sterile_oscillation.sterile_oscillation",
        "a sterile neutrino that the others oscillate into",
        "arXiv:1901.08330",
        ("u2_e4", "u2_mu4", "u2_tau4", "delta_m2_41"),
    ),
    "dipole-portal": Model(
        "dipole_portal.dipole_portal",
        "production of a heavy neutral lepton by a transition moment",
        "arXiv:1803.03262",
        ("dipole_moment_e", "dipole_moment_mu", "dipole_moment_tau", "m_hnl"),
    ),
}
"""Models by name."""


@arguments.checked(name=arguments.text, couplings=arguments.text)
def model(name: str, couplings: str = "2022") -> "Interaction":
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
    if variant and not MODELS[base].variants:
        raise InputError(f"'{base}' has no variants, found '{variant}'")
    if not at:
        return MODELS[base].make(variant, couplings)
    if not MODELS[base].mediator:
        mediators = ", ".join(known for known, entry in MODELS.items() if entry.mediator)
        raise InputError(f"'{name}': expected a mediator before the @, found '{base}'; mediators: {mediators}")
    if not suffix:
        raise InputError(f"'{name}': expected a suffix after the @, as in '{whole}@2', found none")
    from .exchange import check_suffix

    check_suffix(f"'{name}', after the @", suffix)
    return MODELS[base].make(variant, couplings, suffix=suffix)


def resolve_models(names: Sequence[str] | None, couplings: str = "2022", electrons: bool = False) -> "Combination":
    """Return the combination of the models of several names."""
    from .combination import combine

    return combine([model(name, couplings) for name in names or ()], couplings, electrons)
