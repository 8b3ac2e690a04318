"""Judges a fine-tuning: loss, labels, dropout of the head, whole epochs beside the Trainer."""
