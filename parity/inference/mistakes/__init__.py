"""Known mistakes of inference, by what they break; `catalogue.py` lists them."""
