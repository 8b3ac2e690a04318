"""Known mistakes of the model, one file for each part that they break."""
