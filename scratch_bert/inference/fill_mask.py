"""Which words a masked language model puts where [MASK] stands (HF `FillMaskPipeline`)."""

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
        token: its id (HF `token`).
        token_str: as text.
        sequence: the text with it in place; where there are several masks, with [CLS] and [SEP].
    """

    score: float
    token: int
    token_str: str
    sequence: str


class FillMask(ModelTask):
    """A model and its tokenizer."""

    KIND = BertForMaskedLM

    def __call__(
        self, texts: Sequence[str], top_k: int = 5, targets: Sequence[str] | None = None
    ) -> list[list[list[Filled]]]:
        """Return for each text and each [MASK] in it the most probable words, the best first.

        Args:
            texts: any number.
            top_k: words for each [MASK].
            targets: choose among these. What is no word of the vocabulary becomes its first piece,
                with a warning.

        Raises:
            TextError: there is no [MASK] in a text, or it is too long for the model.
            ValueError: nothing is left of the targets.
        """
        rows = self.runner.encode(texts)
        mask = self.runner.tokenizer.mask_token_id
        for i, row in enumerate(rows):
            if mask not in row.ids:
                raise TextError(i, f"there is no {self.runner.tokenizer.mask_token} in it")
        chosen = None if targets is None else target_ids(self.runner.tokenizer, targets)

        def best(batch: dict[str, Tensor]) -> list[tuple[Tensor, Tensor]]:
            return self.best(batch, top_k, chosen)

        found = zip(rows, self.runner.run(rows, best), strict=True)
        return [self.filled(row.ids, *words) for row, words in found]

    def best(
        self, batch: dict[str, Tensor], top_k: int, targets: list[int] | None
    ) -> list[tuple[Tensor, Tensor]]:
        """Score a batch: for each row the best scores and words of each mask, (masks, k) both."""
        at = mask_places(batch["input_ids"], self.runner.tokenizer.mask_token_id)  # (batch, seq)
        if self.runner.is_packed:  # the vocabulary is a large part of the work
            logits = self.runner.forward(batch, logits_at=at).logits
        else:  # a product of fewer rows may have other last bits
            logits = self.runner.forward(batch).logits[at]
        values, tokens = best_words(word_scores(logits), top_k, targets)
        counts = at.sum(1).tolist()
        of_rows = (torch.split(each.cpu(), counts) for each in (values, tokens))
        return list(zip(*of_rows, strict=True))

    def filled(self, ids: list[int], values: Tensor, tokens: Tensor) -> list[list[Filled]]:
        """Write the words of each mask of a text, with their scores, (masks, k) both."""
        tokenizer = self.runner.tokenizer
        places = [i for i, token in enumerate(ids) if token == tokenizer.mask_token_id]
        found = []
        for place, scores, words in zip(places, values.tolist(), tokens.tolist(), strict=True):
            row = []
            for score, token in zip(scores, words, strict=True):
                text = [*ids[:place], token, *ids[place + 1 :]]
                whole = filled_text(tokenizer, text, alone=len(places) == 1)
                row.append(Filled(score, token, str(tokenizer.decode([token])), whole))
            found.append(row)
        return found


def mask_places(input_ids: Tensor, mask_token_id: int) -> Tensor:
    """Return where [MASK] stands: (batch, seq) → (batch, seq), True there."""
    return input_ids.eq(mask_token_id)


def word_scores(logits: Tensor) -> Tensor:
    """Make probabilities of logits: (masks, vocab) → (masks, vocab)."""
    return logits.softmax(-1)


def best_words(scores: Tensor, k: int, targets: Sequence[int] | None) -> tuple[Tensor, Tensor]:
    """Return the k best scores and their words, of all or of the targets: (masks, k) both."""
    if targets is None:
        values, tokens = scores.topk(min(k, scores.size(-1)))
    else:
        values, tokens = scores[:, targets].topk(min(k, len(targets)))
        tokens = torch.tensor(targets, device=tokens.device)[tokens]
    return values, tokens


def filled_text(tokenizer: BertTokenizer, ids: Sequence[int], *, alone: bool) -> str:
    """Write a text with a word in place of a [MASK], that was alone in it or not."""
    kept = [i for i in ids if i != tokenizer.pad_token_id]
    # HF: other masks would be skipped, too, so nothing is where there are any
    return str(tokenizer.decode(kept, skip_special_tokens=alone))


def target_ids(tokenizer: BertTokenizer, targets: Sequence[str]) -> list[int]:
    """Return the ids of targets, each once; a target that is no word becomes its first piece.

    Raises:
        ValueError: nothing is left of the targets.
    """
    vocabulary = tokenizer.get_vocab()
    found = []
    for target in targets:
        if target in vocabulary:
            found.append(vocabulary[target])
            continue
        pieces = tokenizer.tokenize(target)[:1]
        instead = f"its first piece, {pieces[0]}, is taken" if pieces else "it is left out"
        warnings.warn(f"{target!r} is not in the vocabulary; {instead}", stacklevel=3)
        found += tokenizer.convert_tokens_to_ids(pieces)
    if not found:
        raise ValueError("none of the targets is in the vocabulary, nor a piece of one")
    return list(set(found))  # HF's order, in which ties come
