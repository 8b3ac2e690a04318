"""Neutral mutants: standard changes of one place in a source, and what the judge says of each."""
