"""From text to a pretrained BERT: documents → stretches → pairs → masking → examples."""
