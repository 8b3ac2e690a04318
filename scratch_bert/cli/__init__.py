"""The commands; `main.py` lists them, `common.py` is what they share."""
