"""Metrics, baselines, predictions and plots of a fine-tuning."""
