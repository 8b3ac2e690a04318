"""The same ids by looking words up, several times as fast; `path.py` is the entry."""
