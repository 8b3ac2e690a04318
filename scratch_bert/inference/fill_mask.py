"""Which words a masked language model puts where [MASK] stands (HF `FillMaskPipeline`)."""

from pathlib import Path
from typing import NamedTuple

import torch

from scratch_bert.heads import BertForMaskedLM
from scratch_bert.tokenization import BertTokenizer


class Filled(NamedTuple):
    """A word for a [MASK].

    Attributes:
        score: its probability among all words.
        token: its id (HF `token`).
        token_str: as text.
        sequence: the text with it in place; other masks stay.
    """

    score: float
    token: int
    token_str: str
    sequence: str


class FillMask:
    """A model and its tokenizer.

    Args:
        name: a folder, a hub id, or a built-in checkpoint.
    """

    def __init__(self, name: str | Path) -> None:
        self.tokenizer = BertTokenizer.from_pretrained(name)
        self.model = BertForMaskedLM.from_pretrained(name)

    @torch.inference_mode()
    def __call__(self, text: str, top_k: int = 5) -> list[list[Filled]]:
        """Return the most probable words for each [MASK] of a text, the best first.

        Raises:
            ValueError: there is no [MASK] in it, or it is too long for the model.
        """
        tokenizer, config = self.tokenizer, self.model.config
        ids = tokenizer(text, return_tensors="pt")["input_ids"]
        at = ids == tokenizer.mask_token_id
        if not at.any():
            raise ValueError(f"there is no {tokenizer.mask_token} in {text!r}")
        if ids.size(1) > config.max_position_embeddings:
            limit = config.max_position_embeddings
            raise ValueError(f"the text has {ids.size(1)} tokens, and the model takes {limit}")
        logits = self.model(ids, attention="sdpa").logits[at]
        scores = logits.softmax(-1).topk(min(top_k, logits.size(-1)))
        found = []
        for place, values, tokens in zip(at[0].nonzero(), *scores, strict=True):
            words = []
            for value, token in zip(values.tolist(), tokens.tolist(), strict=True):
                filled = ids[0].clone()
                filled[place] = token
                whole = str(tokenizer.decode(filled[1:-1].tolist()))  # without [CLS] and [SEP]
                words.append(Filled(value, token, str(tokenizer.decode([token])), whole))
            found.append(words)
        return found
