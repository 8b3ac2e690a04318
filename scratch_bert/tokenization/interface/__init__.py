"""`BertTokenizer` and the rest of HuggingFace's tokenizer interface.

Read: tokenizer, inputs, layout, truncation, encoding, padding; that is the order of a call. When
you need it: added_tokens (such as [MASK], found in text), add_tokens, special_tokens, token_table
and tokenizer_base (ids to tokens to text), decoding, collation, batch_encoding, pieces.
"""
