"""Character classes from a fixed Unicode table, independent of the Python version."""
