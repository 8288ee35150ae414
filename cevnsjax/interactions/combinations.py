"""Which models go together."""

from .._errors import InputError
from .charge_radius import ChargeRadius
from .interaction import FLAVOURS, Interaction, check_parameters
from .standard_model import StandardModel


def check_combination(interactions: tuple[Interaction, ...]) -> None:
    """Refuse models that count an effect twice, or that do not know of each other what they need to.

    Models that share a parameter are two forms of one effect: charge radii in two conventions, millicharges on free
    electrons and by equivalent photons, two vector mediators of one mass. A total charge radius must be told the
    couplings that it goes with: how much of it they hold differs between the schemes.
    """
    check_parameters(interactions)
    models = [model for model in interactions if isinstance(model, StandardModel)]
    for radius in interactions:
        if not isinstance(radius, ChargeRadius) or radius.convention != "total":
            continue
        for model in models:
            held = tuple(model.couplings.charge_radii[flavour] for flavour in FLAVOURS)
            if held != radius.standard:
                raise InputError(
                    f"'{radius.name}' takes the Standard Model to hold the charge radii {_digits(radius.standard)}, "
                    f"its couplings hold {_digits(held)} 1e-32 cm²: expected the same scheme for both"
                )


def _digits(values: tuple[float, ...]) -> str:
    """Return numbers for a message."""
    return ", ".join(f"{value:.4f}" for value in values)
