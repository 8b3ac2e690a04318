"""scratch_bert as a candidate: model, tokenizer, pretraining, fine-tuning, inference."""
