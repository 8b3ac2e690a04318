"""Tables and texts on a terminal, for all inspections.

Read: tables, texts.
"""
