"""What each layer makes of a text's tokens (HF's pipeline "feature-extraction", of all layers)."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from scratch_bert.inference.run.runner import Loaded, Runner, unpadded
from scratch_bert.model.bert import BertModel


class TextStates(NamedTuple):
    """A text inside BERT.

    Attributes:
        tokens: [CLS], pieces of words, [SEP].
        states: (layers + 1, tokens, hidden), the embeddings first and the last layer last.
    """

    tokens: list[str]
    states: Tensor


class HiddenStates:
    """A model and its tokenizer.

    Args:
        name: a folder, a hub id, or a built-in checkpoint; or a `BertModel` and its tokenizer.
        options: `attention`, `batch_tokens`, `device` and `dtype`, as of `Runner`.
    """

    def __init__(self, name: str | Path | Loaded, **options: Any) -> None:
        self.runner = Runner(BertModel, name, add_pooling_layer=False, **options)

    def __call__(self, texts: Sequence[str | tuple[str, str]]) -> list[TextStates]:
        """Return the states of texts, or of pairs of them.

        Raises:
            TextError: a text has more tokens than the model has positions.
        """
        rows = self.runner.encode(texts)
        found = self.runner.run(rows, self._states)
        return [TextStates(row.tokens, states) for row, states in zip(rows, found, strict=True)]

    def _states(self, batch: dict[str, Tensor]) -> list[Tensor]:
        output = self.runner.forward(batch, output_hidden_states=True)
        states = torch.stack(output.hidden_states, 2)  # (batch, seq, layers + 1, hidden)
        return [each.transpose(0, 1) for each in unpadded(states, batch)]
