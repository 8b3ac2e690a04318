"""The other tasks, and what all tasks share.

Read: task (what a task must provide), features (tokenized examples), objectives (the losses), after
`finetuning/sequence_classification.py`. When you need it: token_classification, question_answering,
multiple_choice, multi_label_and_regression (the tasks), registry (all tasks by name).
"""
