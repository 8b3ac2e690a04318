"""What the reference answers: its pipelines where it has one, else its model and a rule."""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from parity import reference
from parity.inference.candidate import plain
from parity.inference.cases import CASES
from parity.inference.checkpoints import TASKS, folder_of
from parity.oracles import answer_spans

_PIPELINES = {
    "fill-mask": "fill-mask",
    "classify": "text-classification",
    "tag": "token-classification",
}


@cache
def expected(check: str, number: int, dtype: torch.dtype) -> list[Any]:
    """Return the reference's answers in the case of this number."""
    case = CASES[check][number]
    if check in _PIPELINES:
        with reference.quiet():
            return plain(_piped(check, case.given, _pipeline(check, case.folder, dtype)))
    folder = folder_of(case.folder)
    model = reference.load(TASKS[check].architecture, folder, attention="sdpa", dtype=dtype)
    sides = model, reference.tokenizer(folder)
    if check == "next":
        return [*_next_sentences(*sides, **case.given)]
    if check == "embed":
        longest = json.loads((folder / "sentence_bert_config.json").read_text(encoding="utf-8"))
        return [*_embedded(*sides, longest["max_seq_length"], **case.given)]
    given = dict(case.given)
    asked = zip(given.pop("questions"), given.pop("contexts"), strict=True)
    return [answer_spans.answer(*sides, *both, **given) for both in asked]


@cache
def _pipeline(check: str, folder: str, dtype: torch.dtype) -> Any:
    pipeline = reference.pipeline(_PIPELINES[check], folder_of(folder))
    pipeline.model.to(dtype)
    return pipeline


def _piped(check: str, given: dict[str, Any], pipeline: Any) -> Any:
    """Call a pipeline as HF's users do."""
    texts = given["texts"]
    if check == "fill-mask":
        return pipeline(texts, top_k=given["top_k"], targets=given["targets"])
    if check == "tag":
        strategy, ignored = given["aggregation"], given["ignore_labels"]
        return pipeline(texts, aggregation_strategy=strategy, ignore_labels=ignored)
    if given["pairs"] is not None:
        both = zip(texts, given["pairs"], strict=True)
        texts = [{"text": text, "text_pair": pair} for text, pair in both]
    return pipeline(texts, top_k=given["top_k"], truncation=True)


@torch.inference_mode()
def _next_sentences(
    model: Any, tokenizer: Any, texts: list[str], pairs: list[str]
) -> Iterator[dict[str, Any]]:
    """Label 0 of HF's class is that the second text follows."""
    for both in zip(texts, pairs, strict=True):
        logits = model(**tokenizer(*both, return_tensors="pt")).logits[0].numpy()
        scores = np.exp(logits - logits.max())
        scores, best = scores / scores.sum(), int(scores.argmax())
        yield {"label": ("IsNext", "NotNext")[best], "score": float(scores[best])}


@torch.inference_mode()
def _embedded(
    model: Any, tokenizer: Any, longest: int, texts: list[str], pooling: str, normalize: bool
) -> Iterator[list[float]]:
    """Do what sentence-transformers' modules Transformer, Pooling and Normalize do."""
    for text in texts:
        row = tokenizer(text, truncation=True, max_length=longest, return_tensors="pt")
        states = model(**row).last_hidden_state[0]
        vector = states.mean(0) if pooling == "mean" else states[0]
        yield (F.normalize(vector, dim=-1) if normalize else vector).tolist()
