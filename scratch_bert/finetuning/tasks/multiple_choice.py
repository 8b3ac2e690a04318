"""Which of several texts goes on (SWAG; paper: section 4.4; HF's run_swag.py)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, Self

import torch
from sklearn.metrics import accuracy_score
from torch import Tensor

from scratch_bert.errors import CorpusError
from scratch_bert.finetuning.tables.rows import Row
from scratch_bert.finetuning.tasks.features import Features, encoded
from scratch_bert.finetuning.tasks.objectives import Classes
from scratch_bert.finetuning.tasks.task import Lengths
from scratch_bert.model.heads import BertWithHead
from scratch_bert.model.task_heads import BertForMultipleChoice
from scratch_bert.tokenization import BertTokenizer


class Choice(NamedTuple):
    """A text, what may follow it, and the number of what does, from 0."""

    text: str
    choices: tuple[str, ...]
    label: int

    @property
    def key(self) -> object:
        """All texts."""
        return self.text, self.choices


@dataclass(frozen=True)
class MultipleChoiceTask:
    """A `Task`: a number for each choice, and a softmax compares them."""

    HEAD: ClassVar[type[BertWithHead]] = BertForMultipleChoice
    METRIC: ClassVar[str] = "accuracy"
    COLUMNS: ClassVar[Mapping[str, str]] = {"text": "text", "choices": "choices", "label": "label"}
    columns: Mapping[str, str]
    labels: tuple[str, ...] = ()

    def read(self, row: Row) -> Choice:
        """Take a text, its choices and the number of the right one."""
        choices, column = row.several(self.columns["choices"]), self.columns["label"]
        if len(choices) < 2:
            raise row.wrong(self.columns["choices"], f"has {len(choices)}, expected two at least")
        name = row.name(column)
        if not name.isdecimal() or int(name) >= len(choices):
            raise row.wrong(column, f"is {name!r}, expected a number from 0 to {len(choices) - 1}")
        return Choice(row.text(self.columns["text"]), tuple(choices), int(name))

    def taught(self, items: Sequence[Choice]) -> Self:
        """See that there are as many choices everywhere: they are computed together."""
        numbers = sorted({len(item.choices) for item in items})
        if len(numbers) > 1:
            why = f"rows have {numbers[0]} to {numbers[-1]}, expected as many in each"
            raise CorpusError(f"{self.columns['choices']}: {why}")
        return self

    def config(self) -> dict[str, Any]:
        """Return nothing: there is one output, whatever the number of choices."""
        return {}

    def features(
        self, items: Sequence[Choice], tokenizer: BertTokenizer, lengths: Lengths
    ) -> Features:
        """Tokenise the text with each of its choices."""
        firsts = [item.text for item in items for _ in item.choices]
        seconds = [choice for item in items for choice in item.choices]
        _, rows = encoded(tokenizer, firsts, seconds, truncation=True, max_length=lengths.most)
        rest = iter(rows)
        grouped = [[next(rest) for _ in item.choices] for item in items]
        for item, group in zip(items, grouped, strict=True):
            group[0]["labels"] = torch.tensor(item.label)
        return Features(grouped, tokenizer.pad_token_id)

    def objective(self, attention: str, balanced: Sequence[Choice] | None) -> Classes:
        """Return the cross entropy."""
        return Classes(attention)

    def predictions(
        self, items: Sequence[Choice], features: Features, logits: Sequence[Tensor]
    ) -> list[int]:
        """Take the choice with the highest number."""
        return [int(each.argmax()) for each in logits]

    def majority(self, learnt: Sequence[Choice], asked: Sequence[Choice]) -> list[int]:
        """Answer with the place that is right most often."""
        ((place, _),) = Counter(item.label for item in learnt).most_common(1)
        return [place] * len(asked)

    def scores(self, items: Sequence[Choice], predictions: Sequence[int]) -> dict[str, float]:
        """Count what is right."""
        return {"accuracy": float(accuracy_score([item.label for item in items], predictions))}

    def confusion(self, items: Sequence[Choice], predictions: Sequence[int]) -> None:
        """There is none: a choice's place means nothing."""

    def told(self, item: Choice, prediction: int) -> dict[str, Any]:
        """Return the texts, and which one is right and which was chosen."""
        return {**item._asdict(), "predicted": prediction}
