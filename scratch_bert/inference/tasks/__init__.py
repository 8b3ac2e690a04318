"""The other tasks, and the rules that turn logits into their answers."""
