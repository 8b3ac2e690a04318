"""Results of a fine-tuning.

Read: metrics_files, baseline. When you need it: squad_metrics, plots.
"""
