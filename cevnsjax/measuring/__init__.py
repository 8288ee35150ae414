"""What a measurement is: what is expected, component by component, and the term of what was observed."""
