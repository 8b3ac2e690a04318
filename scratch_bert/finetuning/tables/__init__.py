"""Rows of a table or dataset: read, checked, and divided into training data and validation set.

Read: rows, labels, split. When you need it: source (where the rows are), files, annotated_files
(file formats).
"""
