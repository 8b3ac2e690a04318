"""Known mistakes of inference, one file for each task."""
