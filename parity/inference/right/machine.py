"""A model and its tokenizer, whoever's: texts → rows of ids → what the model makes of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn


class Row(NamedTuple):
    """A text or a pair as the model reads it.

    Attributes:
        ids: its tokens.
        types: 0 for the first text, 1 for the second.
        offsets: where each token is in its text.
        special: whether each was added.
        texts: which text each is of; None for what was added.
    """

    ids: tuple[int, ...]
    types: tuple[int, ...]
    offsets: tuple[tuple[int, int], ...]
    special: tuple[int, ...]
    texts: tuple[int | None, ...]


@dataclass(frozen=True)
class Reading:
    """How rows are given to the model.

    Attributes:
        together: all in one batch, padded; else each by itself.
        attends: whether an attention mask says what padding is.
        types: whether the second text has token types of its own.
        left: whether padding comes first.
        length: how long a row is at least, with its padding.
    """

    together: bool = False
    attends: bool = True
    types: bool = True
    left: bool = False
    length: int = 0


ALONE = Reading()


class Seen(NamedTuple):
    """What the model makes of a row.

    Attributes:
        row: which.
        output: tensors by HF's names, padding included.
        place: where the row is among the padding.
    """

    row: Row
    output: Mapping[str, Tensor]
    place: slice

    def tokens(self, name: str) -> Tensor:
        """Return what is of the row's own tokens: (seq, …)."""
        return self.output[name][self.place]


class Machine:
    """A model and its tokenizer.

    Args:
        folder: the checkpoint.
        model: with HF's arguments and outputs.
        tokenizer: called as HF's is.
        options: of the model's call.

    Attributes:
        folder: as given.
        tokenizer: as given.
        config: the model's.
    """

    def __init__(
        self, folder: Path, model: nn.Module, tokenizer: Any, options: Mapping[str, Any]
    ) -> None:
        self.folder = folder
        self.tokenizer = tokenizer
        self.config: Any = model.config
        self._model = model
        self._options = options
        self._known: dict[tuple[Any, ...], list[Seen]] = {}

    def encode(
        self, texts: Sequence[str], pairs: Sequence[str] | None = None, **options: Any
    ) -> list[Row]:
        """Tokenize; options are those of HF's call."""
        made = self.tokenizer(
            list(texts),
            None if pairs is None else list(pairs),
            return_offsets_mapping=True,
            return_special_tokens_mask=True,
            **options,
        )
        names = ("input_ids", "token_type_ids", "offset_mapping", "special_tokens_mask")
        columns = zip(*(made[name] for name in names), strict=True)
        return [
            Row(tuple(ids), tuple(types), tuple(offsets), tuple(special), tuple(texts))
            for i, (ids, types, offsets, special) in enumerate(columns)
            for texts in [made.sequence_ids(i)]
        ]

    def run(self, rows: Sequence[Row], reading: Reading) -> list[Seen]:
        """Run the model over rows; what it made once is kept."""
        key = (reading, *(row[:2] for row in rows))
        if key not in self._known:
            batches = [list(rows)] if reading.together else [[row] for row in rows]
            self._known[key] = [
                seen for batch in batches if batch for seen in self._batch(batch, reading)
            ]
        known = self._known[key]
        return [Seen(row, *seen[1:]) for row, seen in zip(rows, known, strict=True)]

    @torch.inference_mode()
    def _batch(self, rows: Sequence[Row], reading: Reading) -> list[Seen]:
        length = max(reading.length, *(len(row.ids) for row in rows))
        places = [
            slice(length - len(row.ids), length) if reading.left else slice(len(row.ids))
            for row in rows
        ]
        shape = (len(rows), length)
        batch = {
            "input_ids": torch.full(shape, self.tokenizer.pad_token_id),
            "token_type_ids": torch.zeros(shape, dtype=torch.long),
            "attention_mask": torch.full(shape, int(not reading.attends)),
        }
        for i, (row, place) in enumerate(zip(rows, places, strict=True)):
            batch["input_ids"][i, place] = torch.tensor(row.ids)
            batch["attention_mask"][i, place] = 1
            if reading.types:
                batch["token_type_ids"][i, place] = torch.tensor(row.types)
        output = self._model(**batch, **self._options)
        made = {
            name: torch.stack(value, 1) if isinstance(value, tuple) else value
            for name, value in _items(output)
            if isinstance(value, (Tensor, tuple))
        }
        return [
            Seen(row, {name: tensor[i] for name, tensor in made.items()}, place)
            for i, (row, place) in enumerate(zip(rows, places, strict=True))
        ]


def _items(output: Any) -> Any:
    return (output if isinstance(output, Mapping) else vars(output)).items()
