"""A model run over many texts.

Read: runner. When you need it: batches (texts of unlike lengths), scores (logits to probabilities).
"""
