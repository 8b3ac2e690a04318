"""BERT's layers as a decoder: earlier tokens are cached, and an encoder's output is attended to.

Read: cross_attention, cache, language_model.
"""
