"""The parts of the page, one a subject: what is compared in NAME.toml, ours in NAME.py."""
