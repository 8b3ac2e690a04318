"""Mistakes that tokenizers make, each in the place of a function of scratch_bert's.

The running Python's Unicode data is one of the mistakes; that is what it is for here.
"""
