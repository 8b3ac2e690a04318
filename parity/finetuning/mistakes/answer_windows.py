"""Mistakes of the windows of a long context, and of an answer in them."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from parity.core.mistake import Mistake
from parity.suite.mistake import instead

Row = dict[str, list[int]]
Answer = tuple[int, str] | None
Span = tuple[int, int]


class Window(NamedTuple):
    """A question with a part of its text.

    Attributes:
        ids: the tokens.
        segments: 0 of the question, 1 of the text.
        offsets: each token's characters.
        sequences: 0 of the question, 1 of the text; None for [CLS] and [SEP].
    """

    ids: list[int]
    segments: list[int]
    offsets: list[Span]
    sequences: list[int | None]


Encode = Callable[[str, str, int, int], Sequence[Window]]
Ends = Callable[[list[tuple[int, Span]], int, int], Span | None]


def right_ends(text: list[tuple[int, Span]], begin: int, end: int) -> Span | None:
    """Return the first and the last token of an answer; None where it is not all there.

    Args:
        text: places and characters of the window's tokens.
        begin: the answer's first character.
        end: the one after its last.
    """
    if text[0][1][0] > begin or text[-1][1][1] < end:
        return None
    return _nearest(text, begin, end)


def _nearest(text: list[tuple[int, Span]], begin: int, end: int) -> Span:
    starts = [place for place, span in text if span[0] <= begin] or [text[0][0]]
    ends = [place for place, span in text if span[1] >= end] or [text[-1][0]]
    return starts[-1], ends[0]


def _in_part(text: list[tuple[int, Span]], begin: int, end: int) -> Span | None:
    if text[0][1][0] >= end or text[-1][1][1] <= begin:
        return None
    return _nearest(text, begin, end)


def windows(
    encode: Encode,
    question: str,
    context: str,
    answer: Answer,
    max_length: int,
    stride: int,
    *,
    ends: Ends = right_ends,
    is_text: Callable[[int | None], bool] = lambda sequence: sequence == 1,
    beyond: int = 0,
    after: int = 0,
    in_the_text: bool = False,
    outside: Callable[[int], int] = lambda _: 0,
    drops: bool = False,
    needs_answer: bool = False,
    only_first: bool = False,
    overlap: Callable[[int, int], int] = lambda stride, _: stride,
    segments: bool = True,
) -> list[Row]:
    """Cut a text into windows, with the answer's tokens in each.

    Args:
        encode: tokenises a question with its text, max_length, and how much windows share.
        question: that is asked.
        context: its text.
        answer: where it begins, and what it is.
        max_length: tokens of a window at most.
        stride: tokens that windows share.
        ends: finds the answer's tokens.
        is_text: whether a token is looked at, by its sequence.
        beyond: so many characters the answer is taken to be longer.
        after: so many tokens its end is labelled later.
        in_the_text: whether tokens are counted from the text's first.
        outside: what both ends are where the answer is not, given max_length.
        drops: whether a window without the answer is left out.
        needs_answer: whether a question without an answer is left out.
        only_first: whether there is but one window.
        overlap: tokens that windows share, given the stride and the room for text.
        segments: whether question and text have different ones.
    """
    if answer is None and needs_answer:
        return []
    (first, *_) = made = encode(question, context, max_length, stride)
    shared = overlap(stride, max_length - first.sequences.count(0) - 3)
    if shared != stride:
        made = encode(question, context, max_length, shared)
    rows = []
    for window in made[:1] if only_first else made:
        places = enumerate(zip(window.offsets, window.sequences, strict=True))
        text = [(place, span) for place, (span, sequence) in places if is_text(sequence)]
        found = None
        if answer is not None:
            begin, words = answer
            found = ends(text, begin, begin + len(words) + beyond)
        if found is None and drops:
            continue
        less = text[0][0] if in_the_text else 0
        nowhere = outside(max_length)
        start, end = (
            (nowhere, nowhere) if found is None else (found[0] - less, found[1] - less + after)
        )
        rows.append(
            {
                "input_ids": window.ids,
                "token_type_ids": [each if segments else 0 for each in window.segments],
                "start_positions": [start],
                "end_positions": [end],
            }
        )
    return rows


_TEXTS = "texts longer than a window, whose answers are in one, in several, in part, or nowhere"
_ENDS = "the token with the answer's first character, and that with its last (run_qa.py)"
_CLS = "both ends are 0, [CLS], in a window that has not all of the answer"
_OVERLAP = "return_overflowing_tokens=True, and a stride of tokens that two windows share"


def _windows(name: str, description: str, fix: str, **parts: Any) -> Mistake:
    return instead("windows", f"windows-{name}", description, fix, detected_by=_TEXTS, **parts)


MISTAKES = (
    _windows("end-exclusive", "the end is the token after the answer", _ENDS, after=1),
    _windows(
        "one-character-more",
        "the answer is taken to be one character longer",
        "its characters end before start + len(text)",
        beyond=1,
    ),
    _windows(
        "in-the-text",
        "tokens are counted from the text's first, not from [CLS]",
        "positions are of the whole row, question and all",
        in_the_text=True,
    ),
    _windows(
        "question-searched",
        "the question's characters are taken for the text's",
        "only tokens whose sequence_ids are 1",
        is_text=lambda sequence: sequence is not None,
    ),
    _windows("clipped", "an answer that is elsewhere is the nearest token", _CLS, ends=_nearest),
    _windows("in-part", "a part of the answer is taken for all of it", _CLS, ends=_in_part),
    _windows(
        "outside-as-max",
        "both ends are max_length where the answer is not",
        _CLS,
        seen="a loss that is to ignore it",
        outside=lambda most: most,
    ),
    _windows("dropped", "windows without the answer are left out", _CLS, drops=True),
    _windows(
        "impossible-dropped",
        "questions without an answer are left out",
        "SQuAD 2.0's are learnt: both ends are 0, [CLS]",
        needs_answer=True,
    ),
    _windows("first-only", "what does not fit is cut off", _OVERLAP, only_first=True),
    _windows(
        "stride-as-step",
        "the stride is how far a window is from the one before",
        _OVERLAP,
        seen="google-research/bert's doc_stride",
        overlap=lambda stride, room: room - stride,
    ),
    _windows("apart", "windows share nothing", _OVERLAP, overlap=lambda _stride, _: 0),
    _windows(
        "one-segment",
        "question and text are of one segment",
        "token_type_ids are 1 for the text and the [SEP] after it",
        segments=False,
    ),
)
