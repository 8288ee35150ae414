"""The parts of the page, by subject: what is compared in NAME.toml, ours in NAME.py."""
