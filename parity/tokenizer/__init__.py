"""Judges a tokenizer: texts, calls, decoding, files, one text and one call at a time."""
