"""Judges a pretraining: masking, sentence pairs, initial weights, loss, steps, whole runs.

A known mistake is made in scratch_bert's pretraining (`mistaken`). Checks import mistakes, and with
them scratch_bert's code, only where something is wrong.
"""
