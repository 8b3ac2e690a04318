"""A whole fine-tuning in one folder.

Read: recipe, finetune, evaluation. When you need it: trimmed_vocabulary (faster training).
"""
