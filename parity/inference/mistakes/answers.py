"""Question-answering mistakes."""

from functools import partial
from typing import Any

import numpy as np

from parity.core.mistake import Mistake
from parity.inference.mistakes.batching import of_batches, of_types
from parity.inference.right.classifying import Numbers, softmax
from parity.inference.right.questions import Span
from parity.inference.right.windows import (
    Window,
    in_characters,
    in_the_context,
    sum_of_logits,
)
from parity.suite.mistake import instead

_MAY_BE = "both ends in the context, end >= start, end - start + 1 <= max_answer_length, in tokens"
_SCORE = "start logit + end logit, over all windows; softmax over the n_best of them"
_WHERE = "offset_mapping, which counts from the beginning of the whole context"
_SEVERAL = "a context of several windows"
_ANY = "any question"


def _backwards(window: Window, first: int, last: int, longest: int) -> bool:
    return window.row.texts[first] == window.row.texts[last] == 1 and last - first < longest


def _of_question(window: Window, first: int, last: int, longest: int) -> bool:
    texts = window.row.texts
    return None not in (texts[first], texts[last]) and 0 <= last - first < longest


def _special(window: Window, first: int, last: int, longest: int) -> bool:
    texts = window.row.texts
    return 0 not in (texts[first], texts[last]) and 0 <= last - first < longest


def _one_more(window: Window, first: int, last: int, longest: int) -> bool:
    return in_the_context(window, first, last, longest + 1)


def _characters(window: Window, first: int, last: int, longest: int) -> bool:
    start, end = in_characters(window, first, last)
    return in_the_context(window, first, last, len(window.row.ids)) and end - start <= longest


def _product(window: Window, first: int, last: int) -> np.floating:
    return softmax(window.start_logits)[first] * softmax(window.end_logits)[last]


def _as_they_are(scores: Numbers, number: int) -> Numbers:
    return scores[:number]


def _of_all(scores: Numbers, number: int) -> Numbers:
    return softmax(scores)[:number]


def _in_window(window: Window, first: int, last: int) -> tuple[int, int]:
    start, end = in_characters(window, first, last)
    of_context = zip(window.row.texts, window.row.offsets, strict=True)
    begin = min((place[0] for text, place in of_context if text == 1), default=0)
    return start - begin, end - begin


def _without_last(window: Window, first: int, last: int) -> tuple[int, int]:
    return window.row.offsets[first][0], window.row.offsets[last][0]


def _cut_first(pairs: list[tuple[int, int]], window: Window, n_best: int) -> list[tuple[int, int]]:
    return sorted(pairs, key=lambda pair: -sum_of_logits(window, *pair))[:n_best]


def _decoded(tokenizer: Any, _: str, span: Span) -> str:
    return "" if span.ids is None else str(tokenizer.decode(list(span.ids)))


_answer = partial(instead, "answer")

MISTAKES: tuple[Mistake, ...] = (
    _answer(
        "answers-backwards",
        "an answer may end before it starts",
        _MAY_BE,
        detected_by=_ANY,
        may_be=_backwards,
    ),
    _answer(
        "answers-in-question",
        "an answer may be in the question",
        _MAY_BE,
        detected_by=_ANY,
        seen="offsets of the question taken for the context's",
        may_be=_of_question,
    ),
    _answer(
        "answers-special",
        "an answer may be [CLS] or [SEP]",
        _MAY_BE,
        detected_by=_ANY,
        may_be=_special,
    ),
    _answer(
        "answers-one-longer",
        "an answer may have a token more than max_answer_length",
        _MAY_BE,
        detected_by="answers as long as they may be",
        seen="end - start > max_answer_length",
        may_be=_one_more,
    ),
    _answer(
        "answers-length-in-characters",
        "max_answer_length is counted in characters",
        _MAY_BE,
        detected_by="answers as long as they may be",
        may_be=_characters,
    ),
    _answer(
        "answers-best-ends-only",
        "only the best start and the best end are looked at, each by itself",
        _SCORE,
        detected_by=_ANY,
        seen="start_logits.argmax(), end_logits.argmax()",
        pairs=lambda pairs, _window, _n_best: pairs[:1],
    ),
    _answer(
        "answers-cut-before-filtered",
        "the n_best are taken first, and what is no answer goes from them then",
        "leave out what is no answer, then sort and cut",
        detected_by=_ANY,
        pairs=_cut_first,
    ),
    _answer(
        "answers-padding-counted",
        "windows are padded to max_length, and padding is among the likely starts and ends",
        "leave padding out: what is an answer must not hang on how windows are padded",
        detected_by="a context that does not fill its windows, and a small n_best",
        seen="HuggingFace's own script with --pad_to_max_length, where it is no mistake of yours",
        padded=True,
    ),
    _answer(
        "answers-product",
        "scores are products of probabilities, each window's by itself",
        _SCORE,
        detected_by=_SEVERAL,
        seen="the question-answering pipeline of transformers 4",
        score=_product,
        shares=_as_they_are,
    ),
    _answer(
        "answers-logits",
        "the scores are sums of logits, not probabilities",
        _SCORE,
        detected_by=_ANY,
        shares=_as_they_are,
    ),
    _answer(
        "answers-share-with-all",
        "probabilities are shared with answers that are not returned",
        _SCORE,
        detected_by="more answers than n_best",
        shares=_of_all,
    ),
    _answer(
        "answers-first-window",
        "the first window alone is looked at",
        "every window that return_overflowing_tokens returns",
        detected_by=_SEVERAL,
        seen="truncation without return_overflowing_tokens",
        looked_at=lambda windows: windows[:1],
    ),
    _answer(
        "answers-place-in-window",
        "places are counted from the beginning of the window",
        _WHERE,
        detected_by=_SEVERAL,
        place=_in_window,
    ),
    _answer(
        "answers-last-token-lost",
        "an answer ends where its last token starts",
        "offset_mapping[end][1]",
        detected_by=_ANY,
        seen="tokens[start:end]",
        place=_without_last,
    ),
    _answer(
        "answers-decoded",
        "an answer's text is made of its tokens, without case and accents",
        "context[start:end]",
        detected_by="an upper-case letter",
        seen="tokenizer.decode(input_ids[start:end + 1])",
        text=_decoded,
    ),
    _answer(
        "answers-stride-as-step",
        "stride is how far a window is from the next, not what two of them share",
        "stride as the tokenizer has it: tokens that a window shares with the one before",
        detected_by=_SEVERAL,
        seen="doc_stride of the original code",
        stride=lambda stride, longest, question: longest - question - 3 - stride,
    ),
    _answer(
        "answers-windows-apart",
        "windows share nothing",
        "stride as the tokenizer has it: tokens that a window shares with the one before",
        detected_by=_SEVERAL,
        stride=lambda _stride, _longest, _question: 0,
    ),
    _answer(
        "answers-context-first",
        "the context comes before the question",
        "tokenizer(question, context, truncation='only_second')",
        detected_by=_ANY,
        question_first=False,
    ),
    _answer(
        "answers-question-as-given",
        "spaces before a question are not dropped",
        "",
        detected_by="a question that begins with spaces",
        equivalent="BERT's tokens do not know them",
        stripped=False,
    ),
    of_types("answer", "answers"),
    *of_batches("answer", "answers"),
)
