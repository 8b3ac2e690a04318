"""A tag for each word, as in named-entity recognition (paper: section 5.3; HF's run_ner.py).

words   Unaffable Anna       sleeps
tokens  Una ##ffa ##ble Anna sleeps
labels  O   -     -     B-PER O      a word's first piece has its tag, the others are ignored
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, NamedTuple, Self

import torch
from seqeval.metrics import accuracy_score, f1_score, precision_score, recall_score

from scratch_bert.finetuning.tables.labels import check_known, check_several, sorted_labels
from scratch_bert.finetuning.tables.rows import Row
from scratch_bert.finetuning.tasks.features import Features, tokenize
from scratch_bert.finetuning.tasks.objectives import CrossEntropy, balanced_weights
from scratch_bert.finetuning.tasks.task import Lengths, Logits, Task
from scratch_bert.model.task_heads import BertForTokenClassification
from scratch_bert.tokenization import BertTokenizer
from scratch_bert.training.run.batches import IGNORED

OUTSIDE = "O"
Tags = Sequence[str]


class Tagged(NamedTuple):
    """Words, and a tag for each."""

    tokens: tuple[str, ...]
    tags: tuple[str, ...]

    @property
    def key(self) -> object:
        """The words."""
        return self.tokens


class TokenClassificationTask(Task):
    """Tags in the IOB scheme: O, B-PER, I-PER, …"""

    HEAD = BertForTokenClassification
    OBJECTIVE = CrossEntropy
    METRIC = "f1"
    COLUMNS: ClassVar[Mapping[str, str]] = {"tokens": "tokens", "tags": "tags"}

    def read(self, row: Row) -> Tagged:
        """Read words and tags: lists, or texts with white space."""
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

    def with_labels(self, examples: Sequence[Tagged]) -> Self:
        """Sort the tags."""
        labels = self.labels or sorted_labels(_all_tags(examples))
        check_several(labels, self.columns["tags"])
        return replace(self, labels=labels)

    def config(self) -> dict[str, Any]:
        """Name the outputs."""
        return {"id2label": dict(enumerate(self.labels))}

    def features(
        self, examples: Sequence[Tagged], tokenizer: BertTokenizer, lengths: Lengths
    ) -> Features:
        """Tokenize words, and label each word's first token."""
        words = [list(example.tokens) for example in examples]
        options = {"is_split_into_words": True, "truncation": True}
        encoding, rows = tokenize(tokenizer, words, max_length=lengths.max_length, **options)
        word_ids = [encoding.word_ids(number) for number in range(len(examples))]
        for example, row, each in zip(examples, rows, word_ids, strict=True):
            row["labels"] = torch.tensor(token_labels(each, example.tags, self.labels))
        return Features(rows, tokenizer.pad_token_id, [*map(_first_tokens, word_ids)])

    def objective(self, attention: str, balanced: Sequence[Tagged] | None) -> CrossEntropy:
        """Return the mean cross entropy of all labeled tokens."""
        weights = balanced_weights(self.labels, _all_tags(balanced or ()))
        return self.OBJECTIVE(attention, weights)

    def predictions(
        self, examples: Sequence[Tagged], features: Features, logits: Logits
    ) -> list[list[str]]:
        """Take the tag of each word's first token; a word without a token, or cut off, is O."""
        tags = [[OUTSIDE for _ in example.tokens] for example in examples]
        for of_words, first_tokens, scores in zip(tags, features.alignments, logits, strict=True):
            best = scores.argmax(-1).tolist()  # (seq, labels) → (seq)
            for word, token in first_tokens.items():
                of_words[word] = self.labels[best[token]]
        return tags

    def majority_baseline(self, train: Sequence[Tagged], held_out: Sequence[Tagged]) -> list[Tags]:
        """Predict the most frequent tag for each word."""
        ((tag, _),) = Counter(_all_tags(train)).most_common(1)
        return [[tag for _ in example.tokens] for example in held_out]

    def metrics(self, examples: Sequence[Tagged], predictions: Sequence[Tags]) -> dict[str, float]:
        """Compare whole entities (seqeval, as CoNLL's script does), and single tags."""
        right, given = [list(example.tags) for example in examples], [*map(list, predictions)]
        return {
            "f1": float(f1_score(right, given, zero_division=0)),
            "precision": float(precision_score(right, given, zero_division=0)),
            "recall": float(recall_score(right, given, zero_division=0)),
            "accuracy": float(accuracy_score(right, given)),
        }

    def classes(
        self, examples: Sequence[Tagged], predictions: Sequence[Tags]
    ) -> tuple[list[str], list[str]]:
        """Return the true and the predicted tags of all words."""
        return _all_tags(examples), [tag for tags in predictions for tag in tags]


def _all_tags(examples: Sequence[Tagged]) -> list[str]:
    return [tag for example in examples for tag in example.tags]


def token_labels(
    word_ids: Sequence[int | None], tags: Sequence[str], labels: Sequence[str]
) -> list[int]:
    """Return a label for each token: the number of the tag for a word's first token, else -100."""
    found = [IGNORED] * len(word_ids)
    for word, token in _first_tokens(word_ids).items():
        found[token] = labels.index(tags[word])
    return found


def _first_tokens(word_ids: Sequence[int | None]) -> dict[int, int]:
    """Word → its first token."""
    firsts = dict[int, int]()
    for token, word in enumerate(word_ids):
        if word is not None:
            firsts.setdefault(word, token)
    return firsts
