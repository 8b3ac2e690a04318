"""Known mistakes of pretraining, by what they break."""
