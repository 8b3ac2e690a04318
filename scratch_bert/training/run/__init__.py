"""What a training run needs besides the loop.

Read: settings, phases, batches. When you need it: checkpoints (to resume), progress, curves,
early_stopping, layer_decay (lower layers learn more slowly, or not at all).
"""
