"""Choose the text that continues another text (SWAG; paper: section 4.4; HF run_swag.py)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import ClassVar, NamedTuple, Self

import torch
from sklearn.metrics import accuracy_score

from scratch_bert.errors import CorpusError
from scratch_bert.finetuning.tables.rows import Row
from scratch_bert.finetuning.tasks.features import Features, tokenize
from scratch_bert.finetuning.tasks.objectives import CrossEntropy
from scratch_bert.finetuning.tasks.task import Lengths, Logits, Task
from scratch_bert.model.task_heads import BertForMultipleChoice
from scratch_bert.tokenization import BertTokenizer


class Choice(NamedTuple):
    """A text, texts that may continue it, and the number of the right one, from 0."""

    text: str
    choices: tuple[str, ...]
    label: int

    @property
    def key(self) -> object:
        """All texts."""
        return self.text, self.choices


class MultipleChoiceTask(Task):
    """Each choice gets a number, and a softmax compares the numbers."""

    HEAD = BertForMultipleChoice
    OBJECTIVE = CrossEntropy
    METRIC = "accuracy"
    COLUMNS: ClassVar[Mapping[str, str]] = {"text": "text", "choices": "choices", "label": "label"}

    def read(self, row: Row) -> Choice:
        """Read a text, its choices and the number of the right one."""
        choices, column = row.several(self.columns["choices"]), self.columns["label"]
        if len(choices) < 2:
            raise row.wrong(self.columns["choices"], f"has {len(choices)}, expected two at least")
        name = row.name(column)
        if not name.isdecimal() or int(name) >= len(choices):
            raise row.wrong(column, f"is {name!r}, expected a number from 0 to {len(choices) - 1}")
        return Choice(row.text(self.columns["text"]), tuple(choices), int(name))

    def with_labels(self, examples: Sequence[Choice]) -> Self:
        """Refuse different numbers of choices, which cannot form a batch."""
        numbers = sorted({len(example.choices) for example in examples})
        if len(numbers) > 1:
            why = f"rows have {numbers[0]} to {numbers[-1]}, expected as many in each"
            raise CorpusError(f"{self.columns['choices']}: {why}")
        return self

    def features(
        self, examples: Sequence[Choice], tokenizer: BertTokenizer, lengths: Lengths
    ) -> Features:
        """[CLS] text [SEP] choice [SEP], for each choice."""
        firsts = [example.text for example in examples for _ in example.choices]
        seconds = [choice for example in examples for choice in example.choices]
        _, rows = tokenize(
            tokenizer, firsts, seconds, truncation=True, max_length=lengths.max_length
        )
        rest = iter(rows)
        grouped = [[next(rest) for _ in example.choices] for example in examples]
        for example, group in zip(examples, grouped, strict=True):
            group[0]["labels"] = torch.tensor(example.label)
        return Features(grouped, tokenizer.pad_token_id)

    def predictions(
        self, examples: Sequence[Choice], features: Features, logits: Logits
    ) -> list[int]:
        """Take the choice with the highest logit."""
        return [int(each.argmax()) for each in logits]

    def majority_baseline(self, train: Sequence[Choice], held_out: Sequence[Choice]) -> list[int]:
        """Predict the number that is right most often."""
        ((number, _),) = Counter(example.label for example in train).most_common(1)
        return [number for _ in held_out]

    def metrics(self, examples: Sequence[Choice], predictions: Sequence[int]) -> dict[str, float]:
        """Accuracy."""
        right = [example.label for example in examples]
        return {"accuracy": float(accuracy_score(right, predictions))}
