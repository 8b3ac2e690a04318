"""Pretraining: sentence pairs with masked tokens, and the two losses.

From documents: pairs → [CLS] first [SEP] second [SEP] → draws, hide → a batch → the objective, in
the loop of training/. dynamic/ and run/ join these steps.

Read: pairs, masking, objective. When you need it: dynamic/ (resampled every epoch), static/ (made
once, before training, as Google does), corpus/ (text of any size), run/ (a whole pretraining).
"""
