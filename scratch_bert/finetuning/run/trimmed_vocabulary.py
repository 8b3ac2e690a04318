"""Words that no example has do not learn: while a model is in training, it does without them.

Of 30,522 words a task's examples have some hundreds. The others' vectors get no gradient, and AdamW
does not move what never had one; but their zeros are made, measured and added in every step, which
is a large part of the time where texts are short. Without them the sum that gradients are clipped
by is rounded otherwise, and nothing else changes. Where weights decay, all words are needed.
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
class UsedWords:
    """Which words a model keeps in training.

    Attributes:
        used: their ids, in order; a word's place among them is its id in training.
        whole: (vocab, hidden), the vectors of all words, as they were.
    """

    used: Tensor
    whole: Tensor

    @classmethod
    def keep(cls, model: BertWithHead, *features: Features) -> Self:
        """Take from a model the words that no example has, but the padding."""
        table = model.bert.embeddings.word_embeddings
        rows = [row for each in features for example in each.rows for row in _rows(example)]
        pads = [each.pad for each in features]
        if table.padding_idx is not None:
            pads.append(table.padding_idx)
        used = torch.unique(torch.cat([torch.tensor(pads), *(row["input_ids"] for row in rows)]))
        words = cls(used, table.weight.detach())
        table.weight = nn.Parameter(words.whole[used.to(words.whole.device)])
        table.num_embeddings = len(used)
        if table.padding_idx is not None:
            table.padding_idx = int(torch.searchsorted(used, table.padding_idx))
        return words

    def renumbered(self, features: Features) -> Features:
        """Return the same examples for that model."""

        def row(of: Any) -> Any:
            if isinstance(of, list):
                return [row(choice) for choice in of]
            return {**of, "input_ids": torch.searchsorted(self.used, of["input_ids"])}

        pad = int(torch.searchsorted(self.used, features.pad))
        return replace(features, rows=[row(each) for each in features.rows], pad=pad)

    @contextmanager
    def all_there(self, model: BertWithHead) -> Iterator[None]:
        """While inside, the model's parameter has all words, to be saved."""
        table = model.bert.embeddings.word_embeddings
        learnt, whole = table.weight, self.whole.clone()
        whole[self.used.to(whole.device)] = learnt.detach()
        table.weight = nn.Parameter(whole)
        yield
        table.weight = learnt


def _rows(example: Any) -> list[Any]:
    return example if isinstance(example, list) else [example]
