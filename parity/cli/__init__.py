"""The commands; `main.py` lists them, `options.py` is what they share."""
