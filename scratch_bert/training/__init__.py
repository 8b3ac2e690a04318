"""Training, for any task: batches, loss, gradients, one optimizer step after the other.

Read: step, optimizer, schedule, shuffle, loop. When you need it: run/ (settings, phases, layer
decay, checkpoints, curves, early stopping), distributed/ (several processes).
"""
