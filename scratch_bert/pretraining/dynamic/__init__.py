"""Sentence pairs and masks that are drawn again in every epoch."""
