"""What everything is built on: errors, words for shapes, constants, numerical tools, data files, levels, tables."""
