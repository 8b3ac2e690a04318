"""The other tasks, and what all tasks share.

`task` is the protocol, `features` are tokenized examples, `objectives` are the losses. The task to
read first is `finetuning/sequence_classification.py`.
"""
