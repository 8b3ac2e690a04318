"""Inference in plain code, in which the known mistakes are made."""
