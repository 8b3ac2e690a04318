"""Are words' tags, and answers in windows of a text, labels of the tokens that HuggingFace labels?

The tokens are those of the reference's tokenizer; the labels those of its run_ner.py and run_qa.py.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from parity import reference
from parity.core.compare import Comparison, Status, compare
from parity.core.outcome import Outcome, accounted
from parity.core.tolerance import BIT_FOR_BIT
from parity.finetuning import texts
from parity.finetuning.candidate import FinetuningCandidate
from parity.oracles.answer_windows import answer_windows
from parity.oracles.word_tags import label_tokens
from parity.suite.candidate import SuiteCandidate

Row = dict[str, list[int]]


_METHODS = {"align": FinetuningCandidate.align, "windows": FinetuningCandidate.windows}


def check_align(candidate: SuiteCandidate) -> Outcome:
    """Label the tokens of some sentences.

    Raises:
        CandidateCrashedError: the candidate raised.
    """
    with tempfile.TemporaryDirectory() as folder:
        texts.write_tokenizer(Path(folder))
        tokenizer = reference.tokenizer(Path(folder))
        right = [
            label_tokens(tokenizer, *each, texts.LABELS, texts.MAX_LENGTH)
            for each in zip(texts.SENTENCES, texts.TAGS, strict=True)
        ]
        given = {"sentences": texts.SENTENCES, "tags": texts.TAGS, "labels": texts.LABELS}
        return _judge("align", candidate, right, folder=folder, **given)


def check_windows(candidate: SuiteCandidate) -> Outcome:
    """Cut some texts into windows, and look for the answers.

    Raises:
        CandidateCrashedError: the candidate raised.
    """
    given = {"questions": texts.QUESTIONS, "contexts": texts.CONTEXTS, "answers": texts.ANSWERS}
    with tempfile.TemporaryDirectory() as folder:
        texts.write_tokenizer(Path(folder))
        tokenizer = reference.tokenizer(Path(folder))
        right = [
            row
            for each in zip(texts.QUESTIONS, texts.CONTEXTS, texts.ANSWERS, strict=True)
            for row in answer_windows(tokenizer, *each, texts.MAX_LENGTH, texts.STRIDE)
        ]
        return _judge("windows", candidate, right, folder=folder, stride=texts.STRIDE, **given)


def _judge(what: str, candidate: SuiteCandidate, right: list[Row], **given: Any) -> Outcome:
    given["max_length"] = texts.MAX_LENGTH
    outcome, ours = Outcome(what), candidate.ask(_METHODS[what], **given)
    outcome.rows = _rows(what, ours, right)
    if outcome.different:
        from parity.finetuning.mistaken import explain

        def fits(wrong: SuiteCandidate) -> bool:
            made = wrong.ask(_METHODS[what], **given)
            theirs = [{name: row[name] for name in right[0]} for row in made]
            return all(row.passed for row in _rows(what, ours, theirs))

        explain(outcome, fits)
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
