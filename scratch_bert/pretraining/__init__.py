"""From text to a pretrained BERT: documents → pairs → masking → examples."""
