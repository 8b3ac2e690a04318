"""What the reference answers: its pipelines where it has one, else its model and plain code."""

from functools import cache
from typing import Any

import torch

from parity import reference
from parity.inference.candidate import plain
from parity.inference.cases import CASES
from parity.inference.checkpoints import folder_of
from parity.inference.right.machine import Machine
from parity.inference.right.tasks import TASKS

_PIPELINES = {
    "fill-mask": "fill-mask",
    "classify": "text-classification",
    "tag": "token-classification",
}


@cache
def machine(check: str, folder: str, dtype: torch.dtype) -> Machine:
    """Load the reference's model and tokenizer."""
    task, place = TASKS[check], folder_of(folder)
    model = reference.load(task.architecture, place, attention="sdpa", dtype=dtype)
    return Machine(place, model, reference.tokenizer(place), task.options)


@cache
def expected(check: str, number: int, dtype: torch.dtype) -> list[Any]:
    """Return the reference's answers in the case of this number."""
    case = CASES[check][number]
    if check not in _PIPELINES:
        given = machine(check, case.folder, dtype)
        return TASKS[check].answers(given, TASKS[check].right, case.given)
    with reference.quiet():
        return plain(_piped(check, case.given, _pipeline(check, case.folder, dtype)))


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
