"""Judges inference: answers, labels, entities and vectors beside HuggingFace's pipelines."""
