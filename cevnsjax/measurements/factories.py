"""One function a shipped measurement that a folder describes, made from the registry."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from .._base import arguments
from ..measuring.measurement import Measurement
from .catalogue import CATALOGUE, DEFAULT_FORM_FACTOR
from .loading import from_folder

Binning = Mapping[str, Sequence[float] | np.ndarray]


def _factory(name: str) -> Callable[..., Measurement]:
    """Return the function that makes a shipped measurement."""
    entry = CATALOGUE[name]

    @arguments.checked(variant=arguments.text, form_factor=arguments.text)
    def make(
        variant: str = entry.variants[0], form_factor: str = DEFAULT_FORM_FACTOR, binning: Binning | None = None
    ) -> Measurement:
        return from_folder(entry.folder, variant, form_factor, binning)

    make.__name__ = make.__qualname__ = name.replace("-", "_")
    make.__doc__ = f"""Return the measurement {name}: {entry.summary}.

    Args:
        variant: {", ".join(f"``{variant}``" for variant in entry.variants)}.
        form_factor: a name of `FORM_FACTORS`.
        binning: other edges than published by the name of an axis, within the published range.

    """
    return make


coherent_csi_2021 = _factory("coherent-csi-2021")
