"""What the checks of pretraining, fine-tuning and inference share."""
