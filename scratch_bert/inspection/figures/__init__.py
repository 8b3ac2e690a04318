"""Inspections as pictures and pages, with matplotlib.

Read: draw, then the file of one kind of inspection: flow, embedding_sum, attentions, states,
evolution. When you need it: common
(sizes, colors, labels, files), page (pictures), attention_page (every head's attention).
"""
