"""What holds for every BERT, whatever its weights; no reference is needed to see it broken.

A law speaks of two batches, and of tokens in them whose outputs must be equal, or must not be.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from scratch_bert import BertConfig

Lists = Mapping[str, list[list[int]]]
Tokens = list[tuple[int, int]]

LEAST = 4  # positions that a model needs for the laws to say something
LONGEST = 10  # tokens of a batch that is drawn; less where there are fewer positions


@dataclass(frozen=True)
class LawCase:
    """Two batches, and (row, token) of those outputs in each that are compared in pairs."""

    first: Lists
    second: Lists
    first_tokens: Tokens
    second_tokens: Tokens


class Must(StrEnum):
    """How the outputs of two batches go together."""

    EQUAL = "be equal"
    DIFFER = "differ"
    REPEAT = "be equal bit for bit"


@dataclass(frozen=True)
class Law:
    """A property of BERT.

    Attributes:
        name: as in reports.
        statement: what must be so.
        cases: draws for a model's sizes.
        must: what the outputs must do.
        needs: the input that it is about, where it is about one.
    """

    name: str
    statement: str
    cases: Callable[[BertConfig], SearchStrategy[LawCase]]
    must: Must = Must.EQUAL
    needs: str = ""


def _ids(draw: DrawFn, sizes: BertConfig, least: int, rows: int = 1) -> list[list[int]]:
    n = draw(st.integers(least, min(LONGEST, sizes.max_position_embeddings - 1)))
    row = st.lists(st.integers(1, sizes.vocab_size - 1), min_size=n, max_size=n)
    return [draw(row) for _ in range(rows)]


def _other(draw: DrawFn, sizes: BertConfig, than: int) -> int:
    return draw(st.integers(1, sizes.vocab_size - 1).filter(lambda new: new != than))


@st.composite
def _padding(draw: DrawFn, sizes: BertConfig) -> LawCase:
    (ids,) = _ids(draw, sizes, 1)
    more = draw(st.integers(1, min(5, sizes.max_position_embeddings - len(ids))))
    mask = [1] * len(ids) + [0] * more
    tokens = [(0, i) for i in range(len(ids))]
    return LawCase({"input_ids": [ids]}, _masked([ids + [0] * more], [mask]), tokens, tokens)


@st.composite
def _batch(draw: DrawFn, sizes: BertConfig) -> LawCase:
    ids = _ids(draw, sizes, 1, rows=draw(st.integers(2, 3)))
    row = draw(st.integers(0, len(ids) - 1))
    tokens = range(len(ids[0]))
    first, second = {"input_ids": [ids[row]]}, {"input_ids": ids}
    return LawCase(first, second, [(0, i) for i in tokens], [(row, i) for i in tokens])


@st.composite
def _hidden(draw: DrawFn, sizes: BertConfig) -> LawCase:
    (ids,) = _ids(draw, sizes, 2)
    flags = st.lists(st.integers(0, 1), min_size=len(ids), max_size=len(ids))
    mask = draw(flags.filter(lambda drawn: 0 in drawn and 1 in drawn))
    changed = [old if m else _other(draw, sizes, old) for old, m in zip(ids, mask, strict=True)]
    tokens = [(0, i) for i, m in enumerate(mask) if m]
    return LawCase(_masked([ids], [mask]), _masked([changed], [mask]), tokens, tokens)


@st.composite
def _segments(draw: DrawFn, sizes: BertConfig) -> LawCase:
    (ids,) = _ids(draw, sizes, 1)
    at = draw(st.integers(0, len(ids) - 1))
    types = [int(i == at) for i in range(len(ids))]
    first = {"input_ids": [ids], "token_type_ids": [[0] * len(ids)]}
    return LawCase(first, {**first, "token_type_ids": [types]}, [(0, at)], [(0, at)])


@st.composite
def _order(draw: DrawFn, sizes: BertConfig) -> LawCase:
    (ids,) = _ids(draw, sizes, 3)
    one = draw(st.integers(1, len(ids) - 2))
    other = draw(st.integers(one + 1, len(ids) - 1))
    ids[other] = _other(draw, sizes, ids[one])
    swapped = [*ids]
    swapped[one], swapped[other] = ids[other], ids[one]
    return LawCase({"input_ids": [ids]}, {"input_ids": [swapped]}, [(0, 0)], [(0, 0)])


@st.composite
def _suffix(draw: DrawFn, sizes: BertConfig) -> LawCase:
    (ids,) = _ids(draw, sizes, 2)
    changed = [*ids[:-1], _other(draw, sizes, ids[-1])]
    return LawCase({"input_ids": [ids]}, {"input_ids": [changed]}, [(0, 0)], [(0, 0)])


@st.composite
def _again(draw: DrawFn, sizes: BertConfig) -> LawCase:
    ids = _ids(draw, sizes, 1, rows=draw(st.integers(1, 2)))
    tokens = [(row, i) for row in range(len(ids)) for i in range(len(ids[0]))]
    return LawCase({"input_ids": ids}, {"input_ids": ids}, tokens, tokens)


LAWS = (
    Law("padding", "padding changes no token", _padding, needs="attention_mask"),
    Law("company", "the other rows of a batch change no token", _batch),
    Law("masked content", "what is masked changes no token", _hidden, needs="attention_mask"),
    Law("segments", "a segment changes its token", _segments, Must.DIFFER, "token_type_ids"),
    Law("order", "two words that change places change the first", _order, Must.DIFFER),
    Law("suffix", "the last token changes the first", _suffix, Must.DIFFER),
    Law("determinism", "a second evaluation gives the same", _again, Must.REPEAT),
)


def laws_for(sizes: BertConfig) -> list[Law]:
    """Return the laws that say something about a model of these sizes."""
    if sizes.max_position_embeddings < LEAST:
        return []
    return [law for law in LAWS if law.needs != "token_type_ids" or sizes.type_vocab_size > 1]


def _masked(ids: list[list[int]], mask: list[list[int]]) -> Lists:
    return {"input_ids": ids, "attention_mask": mask}
