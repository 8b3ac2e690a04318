"""From text to rows of ids, in the order to read: normalizer → splitter → wordpiece → pipeline →
truncation → encoding → padding → tokenizer. No torch.
"""

from scratch_bert.tokenization.settings import AddedToken, TokenizerSettings
from scratch_bert.tokenization.tokenizer import BertTokenizer

__all__ = ["AddedToken", "BertTokenizer", "TokenizerSettings"]
