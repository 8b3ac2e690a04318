"""Sentence pairs and masks that are drawn again in every epoch.

Read: pairs, masking. When you need it: examples (both as batches).
"""
