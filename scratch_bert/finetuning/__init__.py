"""A pretrained BERT learns a task from a table of labeled examples.

Read: sequence_classification. When you need it: tasks/ (the other tasks), tables/ (where rows come
from), run/ (a whole fine-tuning), results/ (metrics, baselines, plots).
"""
