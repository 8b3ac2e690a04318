"""Known mistakes of fine-tuning, by what they break."""
