"""One function a shipped measurement that a folder describes, made from the registry."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from .._base import arguments
from ..measuring.measurement import Measurement
from ..nuclei.choice import FormFactorChoice, check_form_factor
from .catalogue import CATALOGUE, DEFAULT_FORM_FACTOR
from .loading import from_folder

Binning = Mapping[str, Sequence[float | int] | np.ndarray]


def _factory(name: str) -> Callable[..., Measurement]:
    """Return the function that makes a shipped measurement, which takes a form factor if there is one to choose."""
    entry = CATALOGUE[name]
    default = entry.variants[0]

    def with_form_factor(
        variant: str = default, form_factor: FormFactorChoice = DEFAULT_FORM_FACTOR, binning: Binning | None = None
    ) -> Measurement:
        return from_folder(entry, variant, form_factor, binning)

    def without(variant: str = default, binning: Binning | None = None) -> Measurement:
        return from_folder(entry, variant, binning=binning)

    make: Callable[..., Measurement] = with_form_factor if entry.form_factor else without
    checks = {"variant": arguments.text} | ({"form_factor": check_form_factor} if entry.form_factor else {})
    for attribute in ("__name__", "__qualname__"):
        setattr(make, attribute, name.replace("-", "_"))
    choices = {"variant": ", ".join(f"``{variant}``" for variant in entry.variants)}
    if entry.form_factor:
        choices["form_factor"] = "a name, or form factors of your own by nuclide (docs/nuclei.md)"
    choices["binning"] = "other edges than published by the name of an axis, within the published range"
    listed = "".join(f"        {argument}: {text}.\n" for argument, text in choices.items())
    make.__doc__ = f"Return the measurement {name}: {entry.summary}.\n\n    Args:\n{listed}\n    "
    return arguments.checked(**checks)(make)


apv_cs = _factory("apv-cs")
apv_pb = _factory("apv-pb")
coherent_csi_2017 = _factory("coherent-csi-2017")
coherent_csi_2021 = _factory("coherent-csi-2021")
coherent_ge_mini_2024 = _factory("coherent-ge-mini-2024")
coherent_lar_2020 = _factory("coherent-lar-2020")
conus_2024 = _factory("conus-2024")
conus_plus_2025 = _factory("conus-plus-2025")
crex = _factory("crex")
csre_cs = _factory("csre-cs")
dresden_ii = _factory("dresden-ii")
dresden_ii_off = _factory("dresden-ii-off")
lz_8b = _factory("lz-8b")
lz_er = _factory("lz-er")
pandax4t_8b = _factory("pandax4t-8b")
pandax4t_er = _factory("pandax4t-er")
prex_ii = _factory("prex-ii")
texono_2025 = _factory("texono-2025")
xenonnt_8b = _factory("xenonnt-8b")
xenonnt_er = _factory("xenonnt-er")
