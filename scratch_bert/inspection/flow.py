"""A text's way into BERT, step by step: normalised, words, pieces, ids, tensors."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from rich.console import Console, ConsoleOptions

from scratch_bert.inspection.result import Inspection, Printed, Text, title_of
from scratch_bert.tokenization import BertTokenizer
from scratch_bert.tokenization.normalizer import Normalizer
from scratch_bert.tokenization.pipeline import Piece
from scratch_bert.weights.builtin import MINILM

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from scratch_bert.inference.run.runner import Loaded


class FlowWord(NamedTuple):
    """A word, a punctuation mark, or a token such as [MASK] that stands in the text.

    Attributes:
        text: normalised.
        start: its first character in the text.
        end: the character after its last.
        pieces: what the vocabulary has of it; their places are the text's, too.
    """

    text: str
    start: int
    end: int
    pieces: tuple[Piece, ...]


class FlowText(NamedTuple):
    """One of the texts of a row.

    Attributes:
        text: as it was given.
        normalized: what is cut into words.
        words: in order.
    """

    text: str
    normalized: str
    words: tuple[FlowWord, ...]


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

    def figure(self) -> "Figure":
        """Draw each word over its pieces, and these over their ids and places."""
        from scratch_bert.inspection.figures.flow import draw

        return draw(self)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Printed:
        from scratch_bert.inspection.views.flow import view

        yield from view(self, options.max_width)


def token_flow(text: Text, checkpoint: "str | Path | BertTokenizer | Loaded" = MINILM) -> TokenFlow:
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
        texts=tuple(_flow(each, tokenizer) for each in texts),
        tokens=row.tokens,
        input_ids=row.ids,
        token_type_ids=row.type_ids,
        attention_mask=row.attention_mask,
        offsets=row.offsets,
        unknown_id=tokenizer.unk_token_id,
        longest=tokenizer.model_max_length,
        steps=_steps(tokenizer),
    )


def _flow(text: str, tokenizer: BertTokenizer) -> FlowText:
    pipeline = tokenizer.pipeline
    found = list(pipeline.words(text))
    pieces = groupby(pipeline.cut(found), key=lambda piece: piece.word)
    words = [
        FlowWord(word.text, word.origins[0], word.origins[-1] + 1, tuple(some))
        for (_, word), (_, some) in zip(found, pieces, strict=True)
    ]
    return FlowText(text, "".join(_normalized(text, tokenizer)), tuple(words))


def _normalized(text: str, tokenizer: BertTokenizer) -> Iterator[str]:
    pipeline = tokenizer.pipeline
    for start, end, added in pipeline.raw.split(text):
        part = text[start:end]
        yield part if added is not None else pipeline.normalizer.normalize(part).text


def _steps(tokenizer: BertTokenizer) -> dict[str, str]:
    cls, sep, unknown = tokenizer.cls_token, tokenizer.sep_token, tokenizer.unk_token
    return {
        "text": "As it was given.",
        "normalised": _rules(tokenizer.pipeline.normalizer),
        "words": "It is cut at spaces, and before and after each punctuation mark.",
        "pieces": "Of each word the longest beginning that the vocabulary has, then the longest of "
        "what is left, which is marked ##, and so on; a word for which that fails is "
        f"{unknown}.",
        "ids": f"Each piece is a number, its line in the vocabulary; {cls} is put before the text, "
        f"and {sep} after it.",
        "tensors": "input_ids say which pieces, token_type_ids which of two texts, attention_mask "
        "which are no padding; each is a batch of one row.",
    }


def _rules(normalizer: Normalizer) -> str:
    rules = ["invisible characters go, all white space becomes a space"]
    if normalizer.split_cjk:
        rules.append("each Chinese character stands alone")
    if normalizer.strips_accents:
        rules.append("accents go")
    if normalizer.lowercase:
        rules.append("capitals become small")
    said = "; ".join(rules)
    return f"{said[0].upper()}{said[1:]}."
