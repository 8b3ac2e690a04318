"""Known mistakes of fine-tuning, one file for each part that they break."""
