"""One text in the tokenizer: its words and pieces, and a sentence about each step."""

from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

from scratch_bert.tokenization import BertTokenizer
from scratch_bert.tokenization.normalizer import Normalizer
from scratch_bert.tokenization.pipeline import Piece


class FlowWord(NamedTuple):
    """A word, a punctuation mark, or a token such as [MASK] that stands in the text.

    Attributes:
        text: normalized.
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


def flow_of(text: str, tokenizer: BertTokenizer) -> FlowText:
    """Normalize a text, and cut it into words and pieces."""
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


def steps_of(tokenizer: BertTokenizer) -> dict[str, str]:
    """Return the name of each step, and what this tokenizer does in it."""
    cls, sep, unknown = tokenizer.cls_token, tokenizer.sep_token, tokenizer.unk_token
    return {
        "text": "As it was given.",
        "normalized": _rules(tokenizer.pipeline.normalizer),
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
