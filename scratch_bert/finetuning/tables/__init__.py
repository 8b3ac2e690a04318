"""Rows of a table or dataset: read, checked by row and column, split."""
