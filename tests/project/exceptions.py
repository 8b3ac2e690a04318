"""What still breaks a rule of structure.py. The list may only shrink, until it is empty."""

EXCEPTIONS = {"book_too_long": {"model/": 974}}
