"""A checkpoint's name → a BERT to look into, with the head of masked words where it has one."""

import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from scratch_bert.inference.run.runner import Loaded, Runner
from scratch_bert.model.bert import BertModel
from scratch_bert.model.heads import (
    BertForMaskedLM,
    BertLMPredictionHead,
    BertWithHead,
    BertWithVocabulary,
)
from scratch_bert.tokenization import BertTokenizer
from scratch_bert.weights.checkpoints import Checkpoint

R = TypeVar("R")
Bert = str | Path | Loaded


def load(checkpoint: Bert) -> Loaded:
    """Load a model and its tokenizer.

    Args:
        checkpoint: a folder, a hub id, or a built-in one; a model and its tokenizer stay as they
            are.

    Returns:
        A `BertForMaskedLM` where the checkpoint has such a head, else a `BertModel`.

    Raises:
        CheckpointError: it cannot be loaded.
    """
    if isinstance(checkpoint, tuple):
        return checkpoint
    found = Checkpoint.of(checkpoint)
    tokenizer = BertTokenizer.from_pretrained(found)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".* drawn afresh")  # left out below
        model = BertForMaskedLM.from_pretrained(found)
    assert model.load_report is not None
    return model.bert if model.load_report.missing else model, tokenizer


def exact(task: Callable[..., R], checkpoint: Bert) -> R:
    """Make a task of this checkpoint's encoder that gives each text the bits HF gives it.

    Args:
        task: takes a model and its tokenizer, and the options of `Runner`.
        checkpoint: its name, or a model and its tokenizer.
    """
    model, tokenizer = load(checkpoint)
    encoder = model.bert if isinstance(model, BertWithHead) else model
    device = next(model.parameters()).device
    return task((encoder, tokenizer), attention="eager", batch_tokens=1, device=device)


def runner_of(checkpoint: Bert) -> Runner:
    """Return what runs a checkpoint's encoder over texts."""
    return exact(partial(Runner, BertModel), checkpoint)


def word_head_of(checkpoint: Loaded) -> BertLMPredictionHead | None:
    """Return the head that scores words, if there is one."""
    model, _ = checkpoint
    if not isinstance(model, BertWithVocabulary):
        return None
    head = model.cls["predictions"]
    assert isinstance(head, BertLMPredictionHead)
    return head
