"""From a checkpoint's name to tensors in a model, and back to files.

Read: names, files, load. When you need it: config_file, initialization, checkpoints, builtin.
"""
