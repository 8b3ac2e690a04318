"""The command line: one file per command; `main.py` lists them, `options.py` is what they share."""
