"""From a likelihood to results: minimisation, profiles and intervals."""
