"""HuggingFace, and nothing else here knows it: the only file that imports it."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import tokenizers
import torch
import transformers
from torch import Tensor, nn

VERSIONS = {"transformers": transformers.__version__, "tokenizers": tokenizers.__version__}


def load(
    architecture: str,
    folder: Path,
    *,
    attention: str,
    dtype: torch.dtype | None = None,
    device: str = "cpu",
    **options: object,
) -> nn.Module:
    """Load a checkpoint into the reference's class of that name, in evaluation mode.

    Args:
        architecture: a class of transformers, such as "BertForPreTraining".
        folder: the checkpoint.
        attention: "eager" or "sdpa".
        dtype: None takes the checkpoint's.
        device: where to put it.
        options: further arguments of the class, such as `add_pooling_layer`.
    """
    with quiet():
        model = getattr(transformers, architecture).from_pretrained(
            folder, dtype=dtype or "auto", attn_implementation=attention, **options
        )
    return model.to(device)


def build(architecture: str, config: Mapping[str, Any], attention: str = "eager") -> nn.Module:
    """Construct the reference's class with fresh weights from torch's generator."""
    with quiet():
        model = getattr(transformers, architecture)(transformers.BertConfig(**config))
        model.set_attn_implementation(attention)
    return model


def forward(model: nn.Module, batch: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    """Run a batch; the outputs by HF's names."""
    return model(**batch)


def encode(
    folder: Path, texts: Sequence[str], pairs: Sequence[str] | None, max_length: int
) -> dict[str, list[list[int]]]:
    """Tokenize with the reference's fast tokenizer, truncated and padded to the longest."""
    tokenizer, seconds = _tokenizer(folder), None if pairs is None else list(pairs)
    encoded = tokenizer(
        list(texts), seconds, padding="longest", truncation=True, max_length=max_length
    )
    return {name: encoded[name] for name in ("input_ids", "token_type_ids", "attention_mask")}


def lengths(folder: Path, texts: Sequence[str], pairs: Sequence[str] | None) -> list[int]:
    """How many tokens each text, or pair, has before it is truncated."""
    tokenizer, seconds = _tokenizer(folder), None if pairs is None else list(pairs)
    with quiet():
        rows = tokenizer(list(texts), seconds, padding=False, truncation=False)["input_ids"]
    return [len(row) for row in rows]


@cache
def _tokenizer(folder: Path) -> Any:
    with quiet():
        return transformers.AutoTokenizer.from_pretrained(folder)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep transformers' progress bars and load reports off the terminal."""
    logger = logging.getLogger("transformers")
    level = logger.level
    logger.setLevel(logging.ERROR)
    had_bars = transformers.utils.logging.is_progress_bar_enabled()
    transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        logger.setLevel(level)
        if had_bars:
            transformers.utils.logging.enable_progress_bar()  # type: ignore[no-untyped-call]
