"""A whole pretraining in one folder: corpus, model, training, evaluation.

Read: pretrain, evaluation. When you need it: model_size.
"""
