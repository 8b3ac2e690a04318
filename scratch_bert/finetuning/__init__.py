"""A trained BERT learns a task from a table of examples."""
