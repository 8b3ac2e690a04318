"""From text to rows of ids. No torch.

In the order to read: normalizer, splitter, wordpiece, pipeline, truncation, encoding, padding,
tokenizer; then fast_path, which does the same by looking up.
"""

from scratch_bert.tokenization.settings import AddedToken, TokenizerSettings
from scratch_bert.tokenization.tokenizer import BertTokenizer

__all__ = ["AddedToken", "BertTokenizer", "TokenizerSettings"]
