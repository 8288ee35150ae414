"""What the validations share."""

import cevnsjax as cj


def edges(fit: cj.FitResult, name: str, prefix: str, levels: dict[str, float]) -> dict[str, float]:
    """Return the distances of the edges of the intervals from the best fit, up and down."""
    distances = {}
    for key, level in levels.items():
        low, high = fit.interval(name, level).around(fit.values[name])
        distances |= {f"{prefix}_up{key}": high - fit.values[name], f"{prefix}_down{key}": fit.values[name] - low}
    return distances
