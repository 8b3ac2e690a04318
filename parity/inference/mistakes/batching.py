"""Batching mistakes, whatever the task, and mistakes of cutting and joining texts."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from parity.suite.mistake import KnownMistakes
from scratch_bert.inference.run.batches import batches
from scratch_bert.inference.run.runner import Runner
from scratch_bert.tokenization.interface.encoding import Encoding

BOTH = "tokenizer(text, pair): [CLS] text [SEP] pair [SEP]"

Right = Callable[..., Any]
Batch = dict[str, Tensor]
Texts = Sequence[str | tuple[str, str]]


class Changed:
    """A row of a batch in which some columns have other values.

    Args:
        row: as the tokenizer makes it.
        columns: the values, by name.
    """

    def __init__(self, row: Encoding, **columns: list[Any]) -> None:
        self._row, self._columns = row, columns

    def __getattr__(self, name: str) -> Any:
        return self._columns[name] if name in self._columns else getattr(self._row, name)

    def __len__(self) -> int:
        return len(self.ids)


def all_in_one(_: Right, lengths: Sequence[int], tokens: int) -> list[list[int]]:  # noqa: ARG001
    """Put all rows into one batch."""
    return [[*range(len(lengths))]]


def attention_mask_is_lost(right: Right, runner: Runner, batch: Batch, **options: Any) -> Any:
    """Let the model see padding."""
    mask = torch.ones_like(batch["attention_mask"])
    return right(runner, {**batch, "attention_mask": mask}, **options)


def padding_comes_first(right: Right, runner: Runner, rows: Sequence[Encoding]) -> Batch:
    """Pad on the left."""
    lengths = [len(row) for row in rows]
    for row in rows:
        row.pad(max(lengths), "left")
    batch: Batch = right(runner, rows)
    for row, length in zip(rows, lengths, strict=True):
        row.pad(length, "right")
    return batch


def token_types_are_zero(right: Right, runner: Runner, batch: Batch, **options: Any) -> Any:
    """Forget which text a token is of."""
    types = torch.zeros_like(batch["input_ids"])
    return right(runner, {**batch, "token_type_ids": types}, **options)


def pair_is_joined(
    right: Right, runner: Runner, texts: Texts, max_length: int | None = None
) -> list[Encoding]:
    """Give a pair as one text."""
    texts = [text if isinstance(text, str) else " ".join(text) for text in texts]
    return right(runner, texts, max_length)


def last_sep_is_cut_off(
    _: Right, runner: Runner, texts: Texts, max_length: int | None = None
) -> list[Changed]:
    """Cut rows, [SEP] and all, in place of texts."""
    names = ("ids", "type_ids", "attention_mask")
    return [
        Changed(row, **{name: getattr(row, name)[:max_length] for name in names})
        for row in runner.tokenizer(list(texts)).encodings
    ]


def batching_mistakes(check: str, prefix: str, *, pairs: bool = False) -> KnownMistakes:
    """Return what can be wrong with a batch, and what is right though it looks otherwise.

    Args:
        check: the task.
        prefix: of the mistakes' names.
        pairs: whether a row of the task is a pair of texts.
    """
    known = KnownMistakes(check, "texts of several lengths at once")
    if pairs:
        known(
            f"{prefix}-types-zero",
            Runner.forward,
            "give the model the tokenizer's token_type_ids, too",
            description="the second text has token types of 0, as the first one",
            detected_by="pairs of texts",
            seen="model(input_ids, attention_mask)",
        )(token_types_are_zero)
    known(
        f"{prefix}-without-mask",
        Runner.forward,
        "give the model the tokenizer's attention_mask, too",
        description="texts are padded to one length, and no attention mask says so",
        seen="model(input_ids) of a padded batch",
        together=(batches, all_in_one),
    )(attention_mask_is_lost)
    known(
        f"{prefix}-padded-left",
        Runner.batch,
        'padding_side="right"',
        description="padding comes first, so that the text's positions do not begin at 0",
        seen="a tokenizer set up for a language model that writes",
        together=(batches, all_in_one),
    )(padding_comes_first)
    known(
        f"{prefix}-padded",
        batches,
        "",
        description="texts are padded to one length, with an attention mask",
        equivalent="what is masked has no part in what is not",
    )(all_in_one)
    return known
