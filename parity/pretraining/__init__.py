"""Judges a pretraining: masking, sentence pairs, initial weights, loss, steps, whole runs."""
