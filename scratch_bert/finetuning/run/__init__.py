"""A whole fine-tuning in one folder: rows, model, training, evaluation."""
