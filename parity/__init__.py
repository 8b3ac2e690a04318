"""Is this BERT the same as HuggingFace's, and if not, where?

Read in this order: stages (what is compared) → trace (how a model is tapped) → compare (two
tensors) → diff (two models) → report. `reference.py` alone knows transformers and tokenizers,
`scratch.py` alone knows scratch_bert.
"""
