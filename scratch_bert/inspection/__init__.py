"""What a trained BERT does inside."""
