"""`BertTokenizer` and the rest of HuggingFace's tokenizer interface."""
