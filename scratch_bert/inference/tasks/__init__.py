"""The other tasks, one file each, and the rules that turn logits into their answers."""
