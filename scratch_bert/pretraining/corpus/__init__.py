"""From text of any size to documents of token ids on disk."""
