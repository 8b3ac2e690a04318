"""Mistakes that are put together from parts, each measured from the candidate's values.

The catalogue holds mistakes that were met before. Here a stage's formula is taken apart: which
tensors go in, with which weights, over which axis, how heads are cut and joined, and what a mask
does. The parts that give the candidate's values on one probe are then tried on all.
"""
