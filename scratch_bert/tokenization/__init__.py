"""From text to ids, in four steps: normalizer → wordpiece → vocabulary → tokenizer. No torch."""

from scratch_bert.tokenization.tokenizer import BertTokenizer

__all__ = ["BertTokenizer"]
