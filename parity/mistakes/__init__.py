"""The known mistakes, part by part; `parity/faults.py` is all of them."""
