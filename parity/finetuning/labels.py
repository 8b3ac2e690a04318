"""Are words' tags, and answers in windows of a text, labels of the tokens that HuggingFace labels?

The tokens are those of the reference's tokenizer; the labels those of its run_ner.py and run_qa.py.
"""

import tempfile
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import torch

from parity import reference
from parity.core.compare import Comparison, Status, compare
from parity.core.mistake import Mistake
from parity.core.outcome import Outcome, accounted
from parity.core.tolerance import BIT_FOR_BIT
from parity.finetuning import texts
from parity.finetuning.candidate import FinetuningCandidate
from parity.finetuning.mistakes import answer_windows, word_tags
from parity.finetuning.mistakes.answer_windows import Window, windows
from parity.finetuning.mistakes.word_tags import Encoded, align
from parity.suite.candidate import Asked

Row = dict[str, list[int]]

_METHODS = {"align": FinetuningCandidate.align, "windows": FinetuningCandidate.windows}


def check_align(candidate: Asked) -> Outcome:
    """Label the tokens of some sentences.

    Raises:
        CandidateCrashedError: the candidate raised.
    """
    given = {"sentences": texts.SENTENCES, "tags": texts.TAGS, "labels": texts.LABELS}
    return _judge("align", candidate, _aligned, word_tags.MISTAKES, **given)


def check_windows(candidate: Asked) -> Outcome:
    """Cut some texts into windows, and look for the answers.

    Raises:
        CandidateCrashedError: the candidate raised.
    """
    given = {"questions": texts.QUESTIONS, "contexts": texts.CONTEXTS, "answers": texts.ANSWERS}
    given["stride"] = texts.STRIDE
    return _judge("windows", candidate, _windows, answer_windows.MISTAKES, **given)


def _judge(
    what: str,
    candidate: Asked,
    made: Callable[[Mistake | None], list[Row]],
    known: Iterable[Mistake],
    **given: Any,
) -> Outcome:
    outcome, theirs = Outcome(what), made(None)
    with tempfile.TemporaryDirectory() as name:
        texts.write_tokenizer(Path(name))
        ours = candidate.ask(_METHODS[what], folder=name, max_length=texts.MAX_LENGTH, **given)
    outcome.rows = _rows(what, ours, theirs)
    if outcome.different:
        outcome.explain(known, lambda mistake: _same(ours, made(mistake)))
    return outcome


def _rows(check: str, ours: Sequence[Row], theirs: Sequence[Row]) -> list[Comparison]:
    if len(ours) != len(theirs):
        note = f"{len(ours)} rows were returned, expected {len(theirs)}"
        return [Comparison("rows", Status.VALUE, note=note, probe=check)]
    found = list[Comparison]()
    for number, (mine, right) in enumerate(zip(ours, theirs, strict=True)):
        found += accounted(f"row {number}", mine, right, ignored=mine)
        for name in (name for name in right if name in mine):
            pair = torch.tensor(mine[name]), torch.tensor(right[name])
            found.append(compare(name, *pair, BIT_FOR_BIT, probe=f"row {number}"))
    return found


def _same(ours: Sequence[Row], theirs: Sequence[Row]) -> bool:
    return len(ours) == len(theirs) and all(
        {name: mine.get(name) for name in right} == right
        for mine, right in zip(ours, theirs, strict=True)
    )


@cache
def _aligned(mistake: Mistake | None) -> list[Row]:
    parts = mistake.parts if mistake else {}
    return [
        align(_encoded, words, tags, texts.LABELS, texts.MAX_LENGTH, **parts)
        for words, tags in zip(texts.SENTENCES, texts.TAGS, strict=True)
    ]


@cache
def _windows(mistake: Mistake | None) -> list[Row]:
    parts = mistake.parts if mistake else {}
    asked = zip(texts.QUESTIONS, texts.CONTEXTS, texts.ANSWERS, strict=True)
    return [
        row
        for each in asked
        for row in windows(_cut, *each, texts.MAX_LENGTH, texts.STRIDE, **parts)
    ]


@cache
def _tokenizer() -> Any:
    with tempfile.TemporaryDirectory() as name:
        texts.write_tokenizer(Path(name))
        return reference.tokenizer(Path(name))


def _encoded(sentence: Sequence[str], most: int | None) -> Encoded:
    cut = {} if most is None else {"truncation": True, "max_length": most}
    made = reference.call(_tokenizer(), [list(sentence)], {"is_split_into_words": True, **cut})
    return Encoded(made["input_ids"], made.word_ids())


def _cut(question: str, context: str, most: int, stride: int) -> list[Window]:
    options = {"truncation": "only_second", "max_length": most, "stride": stride}
    told = {"return_overflowing_tokens": True, "return_offsets_mapping": True}
    made = reference.call(_tokenizer(), [[question], [context]], {**options, **told})
    columns = (made["input_ids"], made["token_type_ids"], made["offset_mapping"])
    return [
        Window(*row, made.sequence_ids(number))
        for number, row in enumerate(zip(*columns, strict=True))
    ]
