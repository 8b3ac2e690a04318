"""A whole pretraining in one folder: corpus, model, training, evaluation."""
