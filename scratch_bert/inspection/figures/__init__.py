"""Inspections as pictures and pages, with matplotlib.

Read: draw, then the file of one kind of inspection, such as states. When you need it: common
(sizes, colors, labels, files), page (pictures), attention_page (every head's attention).
"""
