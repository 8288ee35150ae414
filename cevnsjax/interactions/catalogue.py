"""The models of the interaction, by the name that the command line uses; a variant follows after a colon."""

import dataclasses
from collections.abc import Callable, Sequence

from .._errors import InputError, suggest
from .combination import Combination, combine
from .interaction import Interaction
from .standard_model import standard_model


@dataclasses.dataclass(frozen=True)
class Model:
    """One model of the catalogue."""

    factory: Callable[[str, str], Interaction]
    """Takes the variant, "" for the default, and the scheme of the couplings."""
    variants: tuple[str, ...]
    """Variants beside the default."""
    summary: str
    reference: str


MODELS: dict[str, Model] = {
    "standard-model": Model(
        lambda variant, couplings: standard_model(couplings), (), "exchange of a Z", "arXiv:2303.09360 Eq. 1"
    ),
}
"""Models by name."""


def model(name: str, couplings: str = "2022") -> Interaction:
    """Return the model of a catalogue name, ``nsi`` or ``light-vector:B-L``, with a scheme of couplings."""
    base, _, variant = name.partition(":")
    if base not in MODELS:
        raise InputError(f"unknown interaction '{base}'{suggest(base, MODELS)}; known: {', '.join(MODELS)}")
    return MODELS[base].factory(variant, couplings)


def resolve_models(names: Sequence[str] | None, couplings: str = "2022", electrons: bool = False) -> Combination:
    """Return the combination of the models of several names."""
    return combine([model(name, couplings) for name in names or ()], couplings, electrons)
