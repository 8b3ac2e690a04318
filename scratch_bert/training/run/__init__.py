"""What a training run needs besides the loop: settings, checkpoints, curves, early stopping."""
