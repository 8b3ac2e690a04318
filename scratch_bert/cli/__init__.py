"""The command line: one file per command; `main.py` lists them, `common.py` is what they share."""
