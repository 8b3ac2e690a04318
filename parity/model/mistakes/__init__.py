"""Known mistakes of the model, by the part that they break; `catalogue.py` lists them."""
