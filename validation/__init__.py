"""The published numbers beside ours, and a record of the numbers that the code gives."""
