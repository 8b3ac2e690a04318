"""Fill-mask: the words that a masked language model puts at [MASK] (HF `FillMaskPipeline`)."""

import warnings
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from scratch_bert.errors import TextError
from scratch_bert.inference.run.runner import ModelTask
from scratch_bert.model.heads import BertForMaskedLM
from scratch_bert.tokenization import BertTokenizer


class Filled(NamedTuple):
    """A word for a [MASK].

    Attributes:
        score: its probability among all words.
        token: its id.
        token_str: the word as text.
        sequence: the filled text; with [CLS] and [SEP] if there are several masks.
    """

    score: float
    token: int
    token_str: str
    sequence: str


class FillMask(ModelTask):
    """A masked language model and its tokenizer."""

    KIND = BertForMaskedLM

    def __call__(
        self, texts: Sequence[str], top_k: int = 5, targets: Sequence[str] | None = None
    ) -> list[list[list[Filled]]]:
        """Return the most probable words, best first, for each text and each [MASK] in it.

        Args:
            texts: any number of texts.
            top_k: number of words for each [MASK].
            targets: words to choose among; None means the whole vocabulary. An unknown word is
                replaced by its first piece, with a warning.

        Raises:
            TextError: a text has no [MASK], or is too long for the model.
            ValueError: no target is left.
        """
        rows = self.runner.encode(texts)
        mask = self.runner.tokenizer.mask_token_id
        for i, row in enumerate(rows):
            if mask not in row.ids:
                raise TextError(i, f"there is no {self.runner.tokenizer.mask_token} in it")
        chosen = None if targets is None else target_ids(self.runner.tokenizer, targets)

        def best_of(batch: dict[str, Tensor]) -> list[tuple[Tensor, Tensor]]:
            return self.best(batch, top_k, chosen)

        found = zip(rows, self.runner.run(rows, best_of), strict=True)
        return [self.filled(row.ids, *words) for row, words in found]

    def best(
        self, batch: dict[str, Tensor], top_k: int, targets: list[int] | None
    ) -> list[tuple[Tensor, Tensor]]:
        """Return each row's best scores and word ids, both (masks, k)."""
        at = mask_places(batch["input_ids"], self.runner.tokenizer.mask_token_id)  # (batch, seq)
        # "packed" scores [MASK] only, which saves work; fewer rows may change the last bits.
        if self.runner.is_packed:
            logits = self.runner.forward(batch, logits_at=at).logits
        else:
            logits = self.runner.forward(batch).logits[at]  # (masks, vocab), of all rows
        values, tokens = best_words(word_scores(logits), top_k, targets)
        # The rows have different numbers of masks.
        counts = at.sum(1).tolist()
        by_row = (torch.split(each.cpu(), counts) for each in (values, tokens))
        return list(zip(*by_row, strict=True))

    def filled(self, ids: list[int], values: Tensor, tokens: Tensor) -> list[list[Filled]]:
        """Put words into a text; their scores and ids are (masks, k)."""
        tokenizer = self.runner.tokenizer
        places = [i for i, token in enumerate(ids) if token == tokenizer.mask_token_id]
        found = []
        for place, scores, words in zip(places, values.tolist(), tokens.tolist(), strict=True):
            row = []
            for score, token in zip(scores, words, strict=True):
                # Each [MASK] is filled by itself; the other masks stay in the text.
                text = [*ids[:place], token, *ids[place + 1 :]]
                whole = filled_text(tokenizer, text, alone=len(places) == 1)
                row.append(Filled(score, token, str(tokenizer.decode([token])), whole))
            found.append(row)
        return found


def mask_places(input_ids: Tensor, mask_token_id: int) -> Tensor:
    """Return True at each [MASK]: (batch, seq) → (batch, seq)."""
    return input_ids.eq(mask_token_id)


def word_scores(logits: Tensor) -> Tensor:
    """Turn logits into probabilities over the whole vocabulary: (masks, vocab) → (masks, vocab)."""
    return logits.softmax(-1)


def best_words(scores: Tensor, k: int, targets: Sequence[int] | None) -> tuple[Tensor, Tensor]:
    """Return the k best scores and their word ids, both (masks, k).

    Targets keep their probabilities among all words, which do not sum to 1 (as in HF):

    >>> scores = torch.tensor([[0.1, 0.6, 0.3]])
    >>> best_words(scores, 2, None)
    (tensor([[0.6000, 0.3000]]), tensor([[1, 2]]))
    >>> best_words(scores, 2, targets=[0, 2])
    (tensor([[0.3000, 0.1000]]), tensor([[2, 0]]))
    """
    if targets is None:
        values, tokens = scores.topk(min(k, scores.size(-1)))
    else:
        values, tokens = scores[:, targets].topk(min(k, len(targets)))
        tokens = torch.tensor(targets, device=tokens.device)[tokens]  # from places to ids
    return values, tokens


def filled_text(tokenizer: BertTokenizer, ids: Sequence[int], *, alone: bool) -> str:
    """Decode a filled text; `alone` if it had a single [MASK]."""
    kept = [i for i in ids if i != tokenizer.pad_token_id]
    # [MASK] is a special token: skipping those would remove the other masks (as in HF).
    return str(tokenizer.decode(kept, skip_special_tokens=alone))


def target_ids(tokenizer: BertTokenizer, targets: Sequence[str]) -> list[int]:
    """Return the ids of targets, each once; an unknown word is replaced by its first piece.

    Raises:
        ValueError: no target is left.
    """
    vocabulary = tokenizer.get_vocab()
    found = []
    for target in targets:
        # Looked up before it is tokenized: "##s" is in the vocabulary, and would become "#".
        if target in vocabulary:
            found.append(vocabulary[target])
            continue
        pieces = tokenizer.tokenize(target)[:1]
        instead = f"its first piece, {pieces[0]}, is taken" if pieces else "it is left out"
        warnings.warn(f"{target!r} is not in the vocabulary; {instead}", stacklevel=3)
        found += tokenizer.convert_tokens_to_ids(pieces)
    if not found:
        raise ValueError("none of the targets is in the vocabulary, nor a piece of one")
    return list(set(found))  # in HF's order, a set's, which decides between equal scores
