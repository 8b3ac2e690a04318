"""A tag for each word, as in named-entity recognition (paper: section 5.3; HF's run_ner.py).

words   Unaffable Anna       sleeps
tokens  Una ##ffa ##ble Anna sleeps
labels  O   -     -     B-PER O      a word's first piece has its tag, the others are ignored
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, NamedTuple, Self

import torch
from seqeval.metrics import accuracy_score, f1_score, precision_score, recall_score
from torch import Tensor

from scratch_bert.finetuning.sequence_classification import balanced_weights
from scratch_bert.finetuning.tables.labels import check_known, check_several, sorted_labels
from scratch_bert.finetuning.tables.rows import Row
from scratch_bert.finetuning.tasks.features import Features, encoded
from scratch_bert.finetuning.tasks.objectives import Classes
from scratch_bert.finetuning.tasks.task import Lengths
from scratch_bert.model.heads import BertWithHead
from scratch_bert.model.task_heads import BertForTokenClassification
from scratch_bert.tokenization import BertTokenizer
from scratch_bert.training.run.batches import IGNORED

OUTSIDE = "O"


class Tagged(NamedTuple):
    """Words, and a tag for each."""

    tokens: tuple[str, ...]
    tags: tuple[str, ...]

    @property
    def key(self) -> object:
        """The words."""
        return self.tokens


@dataclass(frozen=True)
class TokenClassificationTask:
    """A `Task`: tags in the IOB scheme, O, B-PER, I-PER, …"""

    HEAD: ClassVar[type[BertWithHead]] = BertForTokenClassification
    METRIC: ClassVar[str] = "f1"
    COLUMNS: ClassVar[Mapping[str, str]] = {"tokens": "tokens", "tags": "tags"}
    columns: Mapping[str, str]
    labels: tuple[str, ...] = ()

    def read(self, row: Row) -> Tagged:
        """Take words and tags, lists or texts with white space."""
        tokens, tags = (row.several(self.columns[each], None) for each in ("tokens", "tags"))
        if not tokens:
            raise row.wrong(self.columns["tokens"], "is empty")
        if len(tags) != len(tokens):
            why = f"has {len(tags)} tags, expected {len(tokens)}, one a word"
            raise row.wrong(self.columns["tags"], why)
        for tag in tags:
            if tag != OUTSIDE and tag[:2] not in ("B-", "I-"):
                raise row.wrong(self.columns["tags"], f"{tag!r} is no tag, expected O, B-… or I-…")
        check_known(row, self.columns["tags"], tags, self.labels)
        return Tagged(tuple(tokens), tuple(tags))

    def taught(self, items: Sequence[Tagged]) -> Self:
        """Take the tags in order."""
        labels = self.labels or sorted_labels(tag for item in items for tag in item.tags)
        check_several(labels, self.columns["tags"])
        return replace(self, labels=labels)

    def config(self) -> dict[str, Any]:
        """Return the tags."""
        return {"id2label": dict(enumerate(self.labels))}

    def features(
        self, items: Sequence[Tagged], tokenizer: BertTokenizer, lengths: Lengths
    ) -> Features:
        """Tokenise words."""
        words = [list(item.tokens) for item in items]
        options = {"is_split_into_words": True, "truncation": True, "max_length": lengths.most}
        encoding, rows = encoded(tokenizer, words, **options)
        word_ids = [encoding.word_ids(number) for number in range(len(items))]
        for item, row, each in zip(items, rows, word_ids, strict=True):
            row["labels"] = torch.tensor(token_labels(each, item.tags, self.labels))
        return Features(rows, tokenizer.pad_token_id, [*map(_firsts, word_ids)])

    def objective(self, attention: str, balanced: Sequence[Tagged] | None) -> Classes:
        """Return the cross entropy."""
        names = [tag for item in balanced or () for tag in item.tags]
        return Classes(attention, balanced_weights(self.labels, names) if names else None)

    def predictions(
        self, items: Sequence[Tagged], features: Features, logits: Sequence[Tensor]
    ) -> list[list[str]]:
        """Take each first piece's tag; a word that was cut off, or has no piece, is O."""
        answers = [[OUTSIDE] * len(item.tokens) for item in items]
        for answer, firsts, scores in zip(answers, features.about, logits, strict=True):
            best = scores.argmax(-1).tolist()
            for word, token in firsts.items():
                answer[word] = self.labels[best[token]]
        return answers

    def majority(self, learnt: Sequence[Tagged], asked: Sequence[Tagged]) -> list[list[str]]:
        """Answer with the most frequent tag."""
        ((tag, _),) = Counter(tag for item in learnt for tag in item.tags).most_common(1)
        return [[tag] * len(item.tokens) for item in asked]

    def scores(
        self, items: Sequence[Tagged], predictions: Sequence[Sequence[str]]
    ) -> dict[str, float]:
        """Count whole names that are found (seqeval, as CoNLL's script), and single tags."""
        right, given = [list(item.tags) for item in items], [*map(list, predictions)]
        return {
            "f1": float(f1_score(right, given, zero_division=0)),
            "precision": float(precision_score(right, given, zero_division=0)),
            "recall": float(recall_score(right, given, zero_division=0)),
            "accuracy": float(accuracy_score(right, given)),
        }

    def confusion(
        self, items: Sequence[Tagged], predictions: Sequence[Sequence[str]]
    ) -> tuple[list[str], list[str]]:
        """Return right and given tags of all words."""
        right = [tag for item in items for tag in item.tags]
        return right, [tag for each in predictions for tag in each]

    def told(self, item: Tagged, prediction: Sequence[str]) -> dict[str, Any]:
        """Return words, tags and answers."""
        return {**item._asdict(), "predicted": prediction}


def token_labels(
    word_ids: Sequence[int | None], tags: Sequence[str], labels: Sequence[str]
) -> list[int]:
    """Return the label of each token: of a word's first token its tag's number, else -100."""
    found = [IGNORED] * len(word_ids)
    for word, token in _firsts(word_ids).items():
        found[token] = labels.index(tags[word])
    return found


def _firsts(word_ids: Sequence[int | None]) -> dict[int, int]:
    """Word → its first token."""
    firsts = dict[int, int]()
    for token, word in enumerate(word_ids):
        if word is not None:
            firsts.setdefault(word, token)
    return firsts
