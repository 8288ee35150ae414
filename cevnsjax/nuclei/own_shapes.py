"""The form factors that some nuclides of a target have of their own: which, of what radius, known up to where."""

import math

import equinox as eqx

from .._base.constants import HBAR_C
from .._base.errors import InputError
from .._base.module import Module
from .choice import Shape
from .conventions import CONVENTIONS
from .nuclear_input import ROUNDING, NuclearInput
from .nuclide import Nuclide, reference_isotope


def package_radius(nucleus: Nuclide, particle: str) -> float:
    """Return the rms radius [fm] that the package has of the protons or neutrons of a nuclide."""
    return nucleus.proton_radius if particle == "p" else nucleus.neutron_radius


def _added(shape: NuclearInput, nucleus: Nuclide) -> float:
    """Return what the physical mean square radius has more than that of a distribution [fm²]."""
    return float(CONVENTIONS[shape.convention].added(nucleus.neutrons / nucleus.protons))


class OwnShapes(Module):
    """Form factors by the keys of `choice`: those of nuclides before those of elements."""

    shapes: dict[str, Shape] = eqx.field(default_factory=dict)
    written: str = eqx.field(static=True, default="")
    """All form factors of the target as the command line has them, with the names of files."""

    def key(self, nucleus: Nuclide, particle: str) -> str | None:
        """Return the key of the form factor of the protons or neutrons of a nuclide, None if they have none."""
        names = (nucleus.name, nucleus.element.capitalize())
        keys = (key for name in names for key in (f"{name}:{particle}", name))
        return next((key for key in keys if key in self.shapes), None)

    def distribution(self, nucleus: Nuclide, particle: str) -> NuclearInput | None:
        """Return the distribution of the user's, None if there is none."""
        key = self.key(nucleus, particle)
        shape = None if key is None else self.shapes[key]
        return shape if isinstance(shape, NuclearInput) else None

    def radius(self, nucleus: Nuclide, particle: str) -> float:
        """Return the default of the physical rms radius [fm]: that of the distribution, if there is one.

        Where an element has one, it is of its most abundant isotope, from which the others keep their distance.
        """
        shape, reference = self.distribution(nucleus, particle), reference_isotope(nucleus.element)
        if shape is None:
            return package_radius(nucleus, particle)
        if nucleus != reference and not str(self.key(nucleus, particle)).startswith(nucleus.name):
            distance = package_radius(nucleus, particle) - package_radius(reference, particle)
            return self.radius(reference, particle) + distance
        return math.sqrt(float(shape.rms_radius) ** 2 + _added(shape, nucleus))

    def offset(self, nucleus: Nuclide, particle: str) -> float:
        """Return the radius of a nuclide less that of its element [fm], which is that of the most abundant isotope."""
        return self.radius(nucleus, particle) - self.radius(reference_isotope(nucleus.element), particle)

    def largest_radius(self, nucleus: Nuclide, particle: str, momentum: float) -> float:
        """Return the radius of the element [fm] up to which F is known at a momentum transfer [MeV].

        Raise InputError if it is not even known at the default.
        """
        shape, q = self.distribution(nucleus, particle), momentum / HBAR_C
        if shape is None or not math.isfinite(float(shape.reach)) or q == 0.0:
            return math.inf
        radius, added = self.radius(nucleus, particle), _added(shape, nucleus)
        needed = q * math.sqrt(radius**2 - added) / float(shape.rms_radius)
        if needed > float(shape.reach) * (1.0 + ROUNDING):
            raise InputError(
                f"form factor {self.key(nucleus, particle)}: expected one that is known up to {needed:.4g} 1/fm, the "
                f"largest momentum transfer ({momentum:.4g} MeV), found one up to {float(shape.reach):.4g} 1/fm"
            )
        return math.sqrt(shape.largest_radius(q) ** 2 + added) - self.offset(nucleus, particle)
