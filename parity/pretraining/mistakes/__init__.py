"""Known mistakes of pretraining, one file for each part that they break."""
