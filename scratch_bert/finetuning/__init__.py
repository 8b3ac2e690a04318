"""Fine-tuning: a pretrained BERT learns a task from a table of labeled examples.

Read: sequence_classification. When you need it: tasks/ (the other five tasks), tables/ (rows, and
which of them are held out), run/ (a whole fine-tuning in one folder), results/ (metrics, baselines,
plots), examples/ (small tables to try each task).
"""
