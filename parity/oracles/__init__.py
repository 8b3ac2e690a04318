"""What HuggingFace does not offer: small reference code, without any of scratch_bert's."""
