"""Windows of a text with the first and last token of an answer, by the rule of run_qa.py.

HuggingFace has the rule in an example script only, which goes past the end of the window where the
answer begins in its last token (its comment says so); here the token is the last one. A test
compares with the older code in transformers 4.57, `transformers.data.processors.squad`.
"""

from collections.abc import Iterator
from typing import Any

from parity import reference


def answer_windows(
    tokenizer: Any,
    question: str,
    context: str,
    answer: tuple[int, str] | None,
    max_length: int,
    stride: int,
) -> Iterator[dict[str, list[int]]]:
    """Tokenize a question with each window of its text.

    Args:
        tokenizer: the reference's.
        question: what is asked.
        context: the text.
        answer: where it begins in the text, and what it is; None where there is none.
        max_length: tokens of a window at most.
        stride: tokens that two windows share.

    Yields:
        The tokens of a window, and the places of the answer's first and last one; both are 0 where
        the window does not hold all of the answer.
    """
    options = {"truncation": "only_second", "max_length": max_length, "stride": stride}
    options |= {"return_overflowing_tokens": True, "return_offsets_mapping": True}
    encoding = reference.call(tokenizer, [[question], [context]], options)
    for number, offsets in enumerate(encoding["offset_mapping"]):
        sequences = encoding.sequence_ids(number)
        places = [place for place, sequence in enumerate(sequences) if sequence == 1]
        first = last = 0
        if answer is not None:
            begin, end = answer[0], answer[0] + len(answer[1])
            if offsets[places[0]][0] <= begin and offsets[places[-1]][1] >= end:
                first = max(place for place in places if offsets[place][0] <= begin)
                last = min(place for place in places if offsets[place][1] >= end)
        inputs = {name: encoding[name][number] for name in ("input_ids", "token_type_ids")}
        yield {**inputs, "start_positions": [first], "end_positions": [last]}
