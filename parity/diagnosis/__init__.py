"""Finds the cause of a divergence: makes known mistakes in the reference and compares the numbers.

A mistake of the model is added in `mistakes/`, in the file of the part that it breaks; `catalogue`
lists all of them.
"""
