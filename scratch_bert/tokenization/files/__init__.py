"""A tokenizer's settings, read from and written to the files of a checkpoint."""
