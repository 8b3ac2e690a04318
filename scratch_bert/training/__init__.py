"""How a BERT is trained, whatever the task: batches, loss, gradients, one step after the other.

Read: step, optimizer, schedule, shuffle, loop. When you need it: run/ (settings, checkpoints,
curves, early stopping), distributed/ (several processes).
"""
