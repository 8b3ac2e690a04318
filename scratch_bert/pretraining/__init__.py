"""Pretraining: sentence pairs with masked tokens, and the two losses.

Read: pairs, masking, objective. When you need it: dynamic/ (resampled every epoch), static/ (made
once, before training, as Google does), corpus/ (text of any size), run/ (a whole pretraining).
"""
