"""Finds the cause of a divergence: makes known mistakes in the reference, compares the numbers."""
