"""The other tasks, and what all tasks share.

`registry` lists the tasks, `task` is their protocol, `features` are tokenized examples,
`objectives` are the losses. The task to read first is `finetuning/sequence_classification.py`.
"""
