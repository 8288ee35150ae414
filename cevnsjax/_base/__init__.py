"""What everything stands on: errors, words for shapes, constants, numerical tools, data files, levels, tables."""
