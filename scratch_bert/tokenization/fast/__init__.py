"""The same ids by looking words up, several times as fast.

Read: path. When you need it: caches (what is looked up), offsets (where pieces were in the text).
"""
