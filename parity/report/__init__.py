"""A report in the form somebody wants it: terminal, json."""
