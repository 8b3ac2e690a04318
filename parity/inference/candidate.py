"""Anybody's inference as the judge sees it.

A candidate is `path/to/file.py:NAME` or `package.module:NAME`; NAME is a class with any of

    def fill_mask(self, folder: Path, texts, top_k: int, targets: list[str] | None): ...
        # for each text, as HF's pipeline: a list of dicts with score, token, token_str and
        # sequence; where there are several [MASK]s, a list of such lists
    def classify(self, folder, texts, pairs: list[str] | None, top_k: int | None): ...
        # for each text, or text and its pair, a list of dicts with label and score; an empty pair
        # is none; what is longer than the tokenizer's model_max_length is cut
    def tag(self, folder, texts, aggregation: str, ignore_labels: list[str]): ...
        # none: dicts with entity, score, index, word, start, end; simple, first, average, max:
        # with entity_group, score, word, start, end
    def answer(self, folder, questions, contexts, n_best, max_answer_length, max_length, stride,
               null_threshold: float | None): ...
        # for each question a list of dicts with score, start, end and answer: that which the rules
        # of HF's run_qa choose, then the others, the best first; no answer is "" from 0 to 0
    def next_sentence(self, folder, texts, pairs): ...
        # for each a dict with label, "IsNext" or "NotNext", and score
    def embed(self, folder, texts, pooling: str, normalize: bool): ...
        # for each text a vector; pooling, "mean" or "cls", and normalize are as modules.json has
        # them; what is longer than max_seq_length of sentence_bert_config.json is cut

Each gets the folder of a checkpoint: config.json, model.safetensors, vocab.txt and
tokenizer_config.json. Dicts may be named tuples or dataclasses, numbers may be numpy's or torch's.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

from parity.core.errors import CandidateError
from parity.suite.candidate import LocalCandidate


class InferenceCandidate(LocalCandidate):
    """A candidate in this process."""

    METHODS = ("fill_mask", "classify", "tag", "answer", "next_sentence", "embed")

    def call(self, method: str, folder: str, **given: Any) -> Any:
        """Call the candidate's method of this name.

        Raises:
            CandidateError: it returns something else than lists, dicts, texts and numbers.
        """
        made = getattr(self._maker, method)(Path(folder), **given)
        return plain(made, f"{self.name}: {method}")


def plain(value: Any, where: str = "") -> Any:
    """Make lists, dicts, texts and numbers of a value.

    Args:
        value: what somebody's code returned.
        where: which code, for a message.

    Raises:
        CandidateError: it is something else.
    """
    if value is None or type(value) in (str, bool, int, float):
        return value
    if hasattr(value, "tolist"):  # torch's and numpy's
        return value.tolist()
    if hasattr(value, "_asdict"):
        value = value._asdict()
    elif is_dataclass(value) and not isinstance(value, type):
        value = asdict(value)
    if isinstance(value, Mapping):
        return {str(name): plain(each, where) for name, each in value.items()}
    if isinstance(value, Iterable):
        return [plain(each, where) for each in value]
    kind = type(value).__name__
    raise CandidateError(f"{where} returned a {kind}, expected lists, dicts, texts and numbers")
