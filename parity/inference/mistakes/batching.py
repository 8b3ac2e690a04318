"""Batching mistakes, whatever the task."""

from collections.abc import Sequence
from typing import Any

from parity.core.mistake import Mistake
from parity.inference.right.machine import Machine, Reading, Row
from parity.suite.mistake import instead

BOTH = "tokenizer(text, pair): [CLS] text [SEP] pair [SEP]"


def of_batches(check: str, prefix: str) -> tuple[Mistake, ...]:
    """Return what can be wrong with a batch, and what is right though it looks otherwise.

    Args:
        check: the task.
        prefix: of the mistakes' names.
    """
    detected_by = "texts of several lengths at once"
    return (
        instead(
            check,
            f"{prefix}-without-mask",
            "texts are padded to one length, and no attention mask says so",
            "give the model the tokenizer's attention_mask, too",
            detected_by=detected_by,
            seen="model(input_ids) of a padded batch",
            reading=Reading(together=True, attends=False),
        ),
        instead(
            check,
            f"{prefix}-padded-left",
            "padding comes first, so that the text's positions do not begin at 0",
            'padding_side="right"',
            detected_by=detected_by,
            seen="a tokenizer set up for a language model that writes",
            reading=Reading(together=True, left=True),
        ),
        instead(
            check,
            f"{prefix}-padded",
            "texts are padded to one length, with an attention mask",
            "",
            detected_by=detected_by,
            equivalent="what is masked has no part in what is not",
            reading=Reading(together=True),
        ),
    )


def of_types(check: str, prefix: str) -> Mistake:
    """Return the mistake of giving both texts one type."""
    return instead(
        check,
        f"{prefix}-types-zero",
        "the second text has token types of 0, as the first one",
        "give the model the tokenizer's token_type_ids, too",
        detected_by="pairs of texts",
        seen="model(input_ids, attention_mask)",
        reading=Reading(types=False),
    )


def joined(
    machine: Machine, texts: Sequence[str], pairs: Sequence[str] | None, **options: Any
) -> list[Row]:
    """Give a pair as one text."""
    if pairs is not None:
        texts = [f"{text} {pair}" for text, pair in zip(texts, pairs, strict=True)]
    return machine.encode(texts, **options)
