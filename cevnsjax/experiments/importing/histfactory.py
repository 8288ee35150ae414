"""From a workspace of pyhf to an experiment of templates with the same likelihood.

    normfactor, lumi    a parameter in `factors`, without or with a Gaussian prior
    histosys, normsys   a variation, a pull α = 0 ± 1, with pyhf's codes 4p and 4, or 0 and 1
    staterror           a factor of each bin, 1 ± δ_b with δ_b² = Σ_s σ_sb²/(Σ_s counts_sb)² over its samples
    shapefactor         a factor of each bin
    shapesys            a factor γ_b of each bin, and a run of its own that counts τ_b = (counts_b/σ_b)² where γ_b τ_b
                        are expected: the Poisson constraint that pyhf has

Channels are runs. A sample has the same name in all channels where the same factors multiply it.
"""

import dataclasses
from collections.abc import Iterable, Mapping

import numpy as np

from ..._base.errors import InputError
from .described import Bins, Channel, Component, Described, OwnParameter, Variation, own_names
from .workspace import OF_BINS, Modifier, Region, Sample, Settings, Workspace

FORMS = ("smooth", "piecewise")
"""Codes 4p and 4 of pyhf, which are its default, and codes 0 and 1."""
PULL_BOUNDS, FACTOR_BOUNDS, BIN_BOUNDS = (-5.0, 5.0), (0.0, 10.0), (1e-10, 10.0)
"""Of pyhf where a measurement states none: of alpha, of a normfactor, of a staterror and a shapesys."""
FACTORS, PULLS = ("normfactor", "lumi"), ("histosys", "normsys")
ROUNDING = 1e-12
Groups = {"normfactor": "factor", "lumi": "lumi", "histosys": "pull", "normsys": "pull"}
"""What modifiers of one name may share a parameter."""


@dataclasses.dataclass(frozen=True)
class Uses:
    """All uses of a parameter: the channel, the sample and the modifier of each."""

    type: str
    places: tuple[tuple[Region, Sample, Modifier], ...]

    def say(self, name: str, expected: str, found: str) -> InputError:
        """Return the error that names the first use."""
        region, sample, modifier = self.places[0]
        where = f"channel {region.name}, sample {sample.name}, {modifier.type} {name}"
        return InputError(f"{where}: expected {expected}, found {found}")


def described(given: Workspace, name: str, origin: str, form: str) -> Described:
    """Return the experiment; raise InputError, which names channel, sample and modifier, for what no folder carries."""
    uses = _uses(given)
    parameters, samples = own_names(uses, "modifiers"), own_names(_sample_names(given), "samples")
    channels = own_names((region.name for region in given.regions), "channels")
    components = _component_names(given, samples, channels)
    named = _parameter_names(given, uses, parameters, components)
    plan = Plan(given, uses, named, components, channels, form)
    regions = tuple(plan.channel(region) for region in given.regions)
    auxiliary = tuple(plan.auxiliary(parameter) for parameter in uses if uses[parameter].type == "shapesys")
    declared = tuple(made for parameter in uses if (made := plan.parameter(parameter)) is not None)
    found = tuple(channel for channel in auxiliary if channel is not None)
    return Described(name, origin, (*regions, *found), declared)


def _uses(given: Workspace) -> dict[str, Uses]:
    """Return the uses of each parameter; raise InputError for one of two kinds, and for settings of none."""
    places: dict[str, list[tuple[Region, Sample, Modifier]]] = {}
    for region in given.regions:
        for sample in region.samples:
            for modifier in sample.modifiers:
                places.setdefault(modifier.name, []).append((region, sample, modifier))
    uses = {name: Uses(found[0][2].type, tuple(found)) for name, found in places.items()}
    for name, use in uses.items():
        groups = {Groups.get(modifier.type, modifier.type) for _, _, modifier in use.places}
        if len(groups) > 1:
            raise use.say(name, "one kind of parameter of a name", " and ".join(sorted(groups)))
        if use.type == "shapesys" and len(use.places) > 1:
            raise use.say(name, "a shapesys of a single sample, as in pyhf", f"{len(use.places)}")
    for name in (*given.settings, *([given.poi] if given.poi else [])):
        if name not in uses:
            raise InputError(f"measurement {given.measurement}: expected parameters of modifiers, found '{name}'")
    return uses


def _sample_names(given: Workspace) -> list[str]:
    return [sample.name for region in given.regions for sample in region.samples]


def _factors(sample: Sample) -> tuple[str, ...]:
    return tuple(modifier.name for modifier in sample.of_type(*FACTORS))


def _component_names(
    given: Workspace, names: Mapping[str, str], channels: Mapping[str, str]
) -> dict[tuple[str, str], str]:
    """Return the name of each sample of each channel: of its own where the factors differ from channel to channel."""
    made: dict[tuple[str, str], str] = {}
    factors: dict[str, set[frozenset[str]]] = {}
    for region in given.regions:
        for sample in region.samples:
            factors.setdefault(sample.name, set()).add(frozenset(_factors(sample)))
    for region in given.regions:
        for sample in region.samples:
            single = len(factors[sample.name]) == 1
            name = names[sample.name]
            made[region.name, sample.name] = name if single else f"{name}_{channels[region.name]}"
    return made


def _parameter_names(
    given: Workspace,
    uses: Mapping[str, Uses],
    names: Mapping[str, str],
    components: Mapping[tuple[str, str], str],
) -> dict[str, str]:
    """Return what each parameter is called: another name where it has that of a strength which it is not."""
    strengths, made = {f"{component}_norm" for component in components.values()}, dict[str, str]()
    for parameter, use in uses.items():
        own = names[parameter]
        everywhere = _is_strength(given, own, parameter, components)
        if own in strengths and not (everywhere and (use.type in FACTORS or _width(use, own, components))):
            own = f"{use.type}_{own}"
        made[parameter] = own
    return made


def _is_strength(given: Workspace, own: str, parameter: str, components: Mapping[tuple[str, str], str]) -> bool:
    """Return whether a parameter moves a component wherever that is, so that it may be its strength."""
    return all(
        any(modifier.name == parameter for modifier in sample.modifiers)
        for region in given.regions
        for sample in region.samples
        if f"{components[region.name, sample.name]}_norm" == own
    )


def _width(use: Uses, own: str, components: Mapping[tuple[str, str], str]) -> float | None:
    """Return the width of a strength x = 1 + w α that is written as a histosys, as exports of this program are.

    None if it is no such histosys: of the component alone, its only one, the same share of each bin up and down.
    """
    widths = []
    for region, sample, modifier in use.places:
        if f"{components[region.name, sample.name]}_norm" != own or len(sample.of_type("histosys")) > 1:
            return None
        if modifier.type != "histosys" or modifier.up is None or modifier.down is None or not sample.counts.any():
            return None
        largest = int(np.argmax(sample.counts))
        width = float(modifier.up[largest] / sample.counts[largest] - 1.0)
        scale = ROUNDING * sample.counts[largest]
        up, down = (1.0 + width) * sample.counts, (1.0 - width) * sample.counts
        if not (np.allclose(modifier.up, up, 0.0, scale) and np.allclose(modifier.down, down, 0.0, scale)):
            return None
        widths.append(width)
    alike = len(set(components[region.name, sample.name] for region, sample, _ in use.places)) == 1
    return widths[0] if alike and max(widths) - min(widths) < ROUNDING and widths[0] > 0 else None


@dataclasses.dataclass(frozen=True)
class Plan:
    """A workspace with the names that its parts have in the experiment."""

    given: Workspace
    uses: Mapping[str, Uses]
    named: Mapping[str, str]
    """Name of each parameter."""
    components: Mapping[tuple[str, str], str]
    """Name of each sample of each channel."""
    channels: Mapping[str, str]
    form: str

    def settings(self, parameter: str) -> Settings:
        """Return what the measurement says of a parameter, nothing by default."""
        return self.given.settings.get(parameter, Settings())

    # Parameters

    def parameter(self, parameter: str) -> OwnParameter | None:
        """Return the entry of a parameter, None of bins, which are of channels, and of a pull 0 ± 1 as usual."""
        use, settings = self.uses[parameter], self.settings(parameter)
        if use.type in OF_BINS:
            return None
        self._check_single(parameter, settings)
        pull = use.type in PULLS
        if pull and settings == Settings() and self._strength(parameter) is None:
            return None
        centre, sigma = settings.single("auxdata", 0.0 if pull else 1.0), settings.single("sigmas", 1.0)
        low, high = settings.single("bounds", PULL_BOUNDS if pull else FACTOR_BOUNDS)
        start = settings.single("inits", 0.0 if pull else 1.0)
        width = self._strength(parameter) if pull else None
        offset, scale = (0.0, 1.0) if width is None else (1.0, width)
        prior = (use.type != "normfactor") and not settings.fixed
        free = settings.fixed or (parameter == self.given.poi and not prior)
        numbers = {"value": centre if prior else start, **({"width": sigma} if prior else {}), "low": low, "high": high}
        moved = {key: scale * value + (0.0 if key == "width" else offset) for key, value in numbers.items()}
        text = f"{use.type} {parameter}"
        return OwnParameter(self.named[parameter], "free" if free else "nuisance", moved, text)

    def _strength(self, parameter: str) -> float | None:
        """Return the width of a pull that is the strength of a component, None of any other."""
        return _width(self.uses[parameter], self.named[parameter], self.components)

    def _check_single(self, parameter: str, settings: Settings) -> None:
        """Raise InputError for settings that its kind does not have, or has not so many of."""
        use = self.uses[parameter]
        for entry in ("inits", "bounds", "auxdata", "sigmas"):
            if (values := getattr(settings, entry)) is None:
                continue
            if len(values) != 1:
                raise use.say(parameter, f"one number, or pair of bounds, in '{entry}'", f"{len(values)}")
            if use.type == "normfactor" and entry in ("auxdata", "sigmas"):
                raise use.say(parameter, f"no '{entry}', as it has no constraint", "some")
        if use.type == "lumi" and settings.sigmas is None:
            raise use.say(parameter, "'sigmas' of it in the measurement", "none")
        if settings.sigmas is not None and settings.sigmas[0] <= 0:
            raise use.say(parameter, "positive 'sigmas'", f"{settings.sigmas[0]:g}")

    # Factors of bins

    def of_bins(self, parameter: str, region: Region) -> OwnParameter | None:
        """Return the factors of the bins of a channel, None if they are fixed at 1."""
        use, settings = self.uses[parameter], self.settings(parameter)
        if settings.auxdata is not None or settings.sigmas is not None:
            raise use.say(parameter, "the constraint that its uncertainties give", "'auxdata' or 'sigmas' of its own")
        if settings.fixed:
            if any(value != 1.0 for value in settings.inits or ()):
                raise use.say(parameter, "factors of bins that are fixed at 1", "others")
            return None
        bounds = set(settings.bounds or (FACTOR_BOUNDS if use.type == "shapefactor" else BIN_BOUNDS,))
        if len(bounds) > 1 or min(bounds)[0] < 0:
            raise use.say(parameter, "the same bounds of 0 or more for all bins", "others")
        low, high = bounds.pop()
        numbers, text = {"low": low, "high": high}, f"{use.type} {parameter}"
        return OwnParameter(self.levels(parameter, region), "bins", numbers, text, self._bins(parameter, region))

    def _bins(self, parameter: str, region: Region) -> dict[str, Bins]:
        """Return the widths of the bins, or which of them move where not all do."""
        found = [(s, m) for r, s, m in self.uses[parameter].places if r is region]
        if self.uses[parameter].type == "staterror":
            return {"width": _relative(found)}
        if self.uses[parameter].type == "shapesys" and not (moves := _auxiliary(*found[0]) > 0).all():
            return {"moves": moves.astype(float)}
        return {}

    def levels(self, parameter: str, region: Region) -> str:
        """Return the name of the factors of a channel: of its own where others have a staterror of that name."""
        use, name = self.uses[parameter], self.named[parameter]
        several = use.type == "staterror" and len({r.name for r, _, _ in use.places}) > 1
        return f"{name}_{self.channels[region.name]}" if several else name

    def auxiliary(self, parameter: str) -> Channel | None:
        """Return the channel that counts what constrains a shapesys, None if nothing of it moves."""
        ((region, sample, modifier),) = self.uses[parameter].places
        counts, made = _auxiliary(sample, modifier), self.of_bins(parameter, region)
        if made is None or not counts.any():
            return None
        name = f"{made.name}_auxiliary"
        text = f"What constrains the shapesys {parameter}: (counts/error)^2 events, each bin times its factor."
        axes = {"bin": np.arange(len(counts) + 1.0)}
        return Channel(name, axes, counts, (Component(name, counts, levels=(made.name,)),), (made,), text)

    # Channels

    def channel(self, region: Region) -> Channel:
        """Return a channel."""
        names = dict.fromkeys(m.name for sample in region.samples for m in sample.of_type(*OF_BINS))
        own = {name: made for name in names if (made := self.of_bins(name, region)) is not None}
        components = tuple(self._component(region, sample, own) for sample in region.samples)
        axes = {"bin": np.arange(len(region.observed) + 1.0)}
        text = f"The channel {region.name}"
        return Channel(self.channels[region.name], axes, region.observed, components, tuple(own.values()), text)

    def _component(self, region: Region, sample: Sample, of_bins: Mapping[str, OwnParameter]) -> Component:
        name = self.components[region.name, sample.name]
        factors = (self.named[factor] for factor in _factors(sample))
        levels = (of_bins[modifier.name].name for modifier in sample.of_type(*OF_BINS) if modifier.name in of_bins)
        pulls = (m for m in sample.of_type(*PULLS) if self.named[m.name] != f"{name}_norm")
        return Component(
            name,
            sample.counts,
            tuple(factor for factor in factors if factor != f"{name}_norm"),
            tuple(levels),
            tuple(self._variation(modifier) for modifier in pulls),
        )

    def _variation(self, modifier: Modifier) -> Variation:
        assert modifier.up is not None
        assert modifier.down is not None
        return Variation(self.named[modifier.name], modifier.type, modifier.up, modifier.down, self.form)


def _relative(found: Iterable[tuple[Sample, Modifier]]) -> Bins:
    """Return the relative statistical error of the sum of samples in each bin, 0 where nothing is expected."""
    pairs = list(found)
    total = np.sum([sample.counts for sample, _ in pairs], axis=0)
    errors = np.sqrt(np.sum([_errors(modifier) ** 2 for _, modifier in pairs], axis=0))
    return np.where(total > 0, errors, 0.0) / np.where(total > 0, total, 1.0)


def _auxiliary(sample: Sample, modifier: Modifier) -> Bins:
    """Return how many events constrain each bin of a shapesys, 0 where pyhf fixes it."""
    errors = _errors(modifier)
    known = (sample.counts > 0) & (errors > 0)
    return np.where(known, sample.counts / np.where(known, errors, 1.0), 0.0) ** 2


def _errors(modifier: Modifier) -> Bins:
    assert modifier.errors is not None
    return modifier.errors
