"""Examples that are made once, before training, by the original's recipe and by HF's run_mlm.

Read: masking, examples. When you need it: huggingface_examples (run_mlm's).
"""
