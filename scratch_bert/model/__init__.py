"""BERT itself: ids in, a vector per token out, and the heads on top.

Read: embeddings, attention, activations, feed_forward, encoder, pooler, outputs, bert, heads,
task_heads. When you need it: interface/ (load, save, options of a forward pass), packed/ (no
padding), decoder/ (a cache, cross-attention, language modeling).
"""
