"""An experiment is a folder: its document and tables, the kinds that may stand in them, and their reader."""
