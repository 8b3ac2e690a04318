"""What a trained BERT is used for."""
