"""From text to rows of token ids; without torch.

Read: normalizer, splitter, wordpiece, pipeline. When you need it: interface/ (`BertTokenizer`, with
HuggingFace's interface), files/ (settings of a checkpoint), fast/ (the same ids by looking words
up), unicode/ (character classes).

These modules end with the pieces of a text. `BertTokenizer` then adds [CLS] and [SEP], numbers the
segments (`token_type_ids`), and pads the rows of a batch, where its `attention_mask` is 0.
"""

from scratch_bert.tokenization.files.settings import AddedToken, TokenizerSettings
from scratch_bert.tokenization.interface.tokenizer import BertTokenizer

__all__ = ["AddedToken", "BertTokenizer", "TokenizerSettings"]
