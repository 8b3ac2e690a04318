"""How a text becomes BERT's input, step by step: normalized, words, pieces, ids, tensors."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from rich.console import Console, ConsoleOptions
from rich.table import Table
from rich.text import Text

from scratch_bert.inspection.result import Inspection, Printed, TextOrPair, title_of
from scratch_bert.inspection.tokenizer_steps import FlowText, flow_of, steps_of
from scratch_bert.inspection.views.tables import heading, table_of
from scratch_bert.inspection.views.texts import joined, line, under
from scratch_bert.tokenization import BertTokenizer
from scratch_bert.weights.builtin import MINILM

if TYPE_CHECKING:
    from scratch_bert.inference.run.runner import Loaded

_TENSORS = ("input_ids", "token_type_ids", "attention_mask")


@dataclass(frozen=True)
class TokenFlow(Inspection):
    """What becomes of a text, or of a pair.

    Attributes:
        title: of what.
        texts: one or two.
        tokens: [CLS], pieces, [SEP].
        input_ids: theirs in the vocabulary.
        token_type_ids: 0 for the first text, 1 for the second.
        attention_mask: 1 for each token; padding would be 0.
        offsets: start and end of each in its text; (0, 0) of [CLS] and [SEP].
        unknown_id: the id of what no pieces were found for.
        longest: tokens that the model takes.
        steps: a name and a sentence for each.
    """

    explanation: ClassVar[str] = (
        "A text becomes words, words become pieces that the vocabulary has, and pieces become "
        "numbers, which are all that the model reads."
    )

    title: str
    texts: tuple[FlowText, ...]
    tokens: list[str]
    input_ids: list[int]
    token_type_ids: list[int]
    attention_mask: list[int]
    offsets: list[tuple[int, int]]
    unknown_id: int
    longest: int
    steps: dict[str, str]

    @property
    def details(self) -> Mapping[str, str]:
        """The steps."""
        return self.steps

    def if_pair(self, cell: str) -> list[str]:
        """Return what only the table of a pair has."""
        return [cell] if len(self.texts) == 2 else []

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {
            "texts": [
                {
                    "text": each.text,
                    "normalized": each.normalized,
                    "words": [
                        {
                            "text": word.text,
                            "start": word.start,
                            "end": word.end,
                            "pieces": [piece.token for piece in word.pieces],
                        }
                        for word in each.words
                    ],
                }
                for each in self.texts
            ],
            "tokens": self.tokens,
            "input_ids": self.input_ids,
            "token_type_ids": self.token_type_ids,
            "attention_mask": self.attention_mask,
            "offset_mapping": self.offsets,
        }

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Printed:
        yield from heading(self)
        for number, (name, says) in enumerate(self.steps.items(), 1):
            yield Text.assemble((f"{number}. {name}", "bold"), f"  {says}")
            if name == "tensors":
                yield _tensors(self)
            elif name == "ids":
                yield _tokens(self)
            for text in self.texts:
                if name == "text":
                    yield line(text.text)
                elif name == "normalized":
                    yield line(text.normalized)
                elif name == "words":
                    yield joined([word.text] for word in text.words)
                elif name == "pieces":
                    pieces = [piece for word in text.words for piece in word.pieces]
                    spans = [(piece.start, piece.end) for piece in pieces]
                    yield from under(text.text, spans, options.max_width)
                    yield joined([piece.token for piece in word.pieces] for word in text.words)
            yield ""


def _tokens(flow: TokenFlow) -> Table:
    columns = ["", "token", "id", *flow.if_pair("segment"), "characters", "text there"]
    rows = []
    for i, (token, (start, end)) in enumerate(zip(flow.tokens, flow.offsets, strict=True)):
        segment = flow.token_type_ids[i]
        there = flow.texts[segment].text[start:end]
        place = f"{start}:{end}" if end else ""
        ids = str(flow.input_ids[i]), *flow.if_pair(str(segment))
        rows.append([str(i), token, *ids, place, there])
    table = table_of(columns, rows)
    table.columns[-1].justify = "left"
    return table


def _tensors(flow: TokenFlow) -> Table:
    count = len(flow.tokens)
    values = (flow.input_ids, flow.token_type_ids, flow.attention_mask)
    more = " …" if count > 12 else ""
    rows = [
        (name, f"(1, {count})", " ".join(map(str, row[:12])) + more)
        for name, row in zip(_TENSORS, values, strict=True)
    ]
    table = table_of(("tensor", "shape", "int64"), rows, left=3)
    if count > flow.longest:
        table.caption = f"{count} tokens are more than the {flow.longest} that the model takes"
    return table


def token_flow(
    text: TextOrPair, checkpoint: "str | Path | BertTokenizer | Loaded" = MINILM
) -> TokenFlow:
    """Follow a text, or a pair of them, into a model. Needs no torch.

    Args:
        text: the text, or two in a tuple.
        checkpoint: whose tokenizer; or the tokenizer.

    Raises:
        CheckpointError: it cannot be loaded.
        TypeError: a text has a lone surrogate in it.
    """
    if isinstance(checkpoint, tuple):
        _, tokenizer = checkpoint
    elif isinstance(checkpoint, BertTokenizer):
        tokenizer = checkpoint
    else:
        tokenizer = BertTokenizer.from_pretrained(checkpoint)
    row = tokenizer([text]).encodings[0]
    texts = text if isinstance(text, tuple) else (text,)
    return TokenFlow(
        title=title_of("token flow", text),
        texts=tuple(flow_of(each, tokenizer) for each in texts),
        tokens=row.tokens,
        input_ids=row.ids,
        token_type_ids=row.type_ids,
        attention_mask=row.attention_mask,
        offsets=row.offsets,
        unknown_id=tokenizer.unk_token_id,
        longest=tokenizer.model_max_length,
        steps=steps_of(tokenizer),
    )
