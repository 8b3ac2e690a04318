"""A trimmed vocabulary: in training the model has only the words of its examples.

A task's examples have some hundreds of 30,522 words. The other words' vectors have a gradient of
zero, and AdamW does not move them; but every step computes, measures and adds these zeros, which is
a large part of the time if texts are short. Without them the gradient's norm is rounded in another
way, and nothing else changes. With weight decay all words change, so all are needed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Self

import torch
from torch import Tensor, nn

from scratch_bert.finetuning.tasks.features import Features
from scratch_bert.model.heads import BertWithHead


@dataclass(frozen=True)
class TrimmedVocabulary:
    """The words that a model has in training.

    Attributes:
        used: (used), ids of these words, sorted; the index of a word here is its id in training.
        whole: (vocab, hidden), the vectors of all words before training.
    """

    used: Tensor
    whole: Tensor

    @classmethod
    def trim(cls, model: BertWithHead, *features: Features) -> Self:
        """Remove the words from a model that are neither in the features nor padding."""
        table = model.bert.embeddings.word_embeddings
        rows = [row for each in features for example in each.rows for row in _rows(example)]
        pads = [each.pad for each in features]
        if table.padding_idx is not None:
            pads.append(table.padding_idx)
        used = torch.unique(torch.cat([torch.tensor(pads), *(row["input_ids"] for row in rows)]))
        whole = table.weight.detach()
        table.weight = nn.Parameter(whole[used.to(whole.device)])
        table.num_embeddings = len(used)
        if table.padding_idx is not None:
            table.padding_idx = int(torch.searchsorted(used, table.padding_idx))
        return cls(used, whole)

    def renumber(self, features: Features) -> Features:
        """Return the features with the ids that words have in training."""

        def row(of: Any) -> Any:
            if isinstance(of, list):
                return [row(choice) for choice in of]
            return {**of, "input_ids": torch.searchsorted(self.used, of["input_ids"])}

        pad = int(torch.searchsorted(self.used, features.pad))
        return replace(features, rows=[row(each) for each in features.rows], pad=pad)

    @contextmanager
    def restored(self, model: BertWithHead) -> Iterator[None]:
        """Give the model all words inside the context, to save it."""
        table = model.bert.embeddings.word_embeddings
        trained, whole = table.weight, self.whole.clone()
        whole[self.used.to(whole.device)] = trained.detach()
        table.weight = nn.Parameter(whole)
        yield
        table.weight = trained


def _rows(example: Any) -> list[Any]:
    return example if isinstance(example, list) else [example]
