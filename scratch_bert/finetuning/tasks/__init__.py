"""The other tasks, one file each, and what all of them share.

`task` is the protocol, `features` are tokenized examples, `objectives` are the losses. The task to
read first is `finetuning/sequence_classification.py`.
"""
