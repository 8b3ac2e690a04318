"""The oracle of answers in windows follows the code that transformers 4.57 has for SQuAD.

transformers 5 has that code no more, so its answers are written down here; with 4.57 it is run.
"""

import pytest
import transformers

from parity import reference
from parity.finetuning import texts
from parity.oracles.answer_windows import answer_windows

QUESTIONS = [*zip(texts.QUESTIONS, texts.CONTEXTS, texts.ANSWERS, strict=True)]
ELSEWHERE = (0, 0)
ENDS = [  # of each question: the number of its windows, and those that have the answer
    (8, {1: (12, 14)}),
    (7, {3: (12, 14)}),
    (4, {2: (13, 16)}),
    (7, {6: (8, 13)}),
    (6, {}),
    (7, {}),
    (1, {0: (14, 17)}),
    (1, {0: (10, 11)}),
    (1, {0: (8, 9)}),
]


@pytest.mark.parametrize("number", range(len(QUESTIONS)))
def test_windows_are_those_of_the_squad_processor(number, tmp_path):
    question, context, answer = QUESTIONS[number]
    texts.write_tokenizer(tmp_path)
    tokenizer = reference.tokenizer(tmp_path)
    given = (question, context, answer, texts.MAX_LENGTH, texts.STRIDE)
    windows = [*answer_windows(tokenizer, *given)]
    windows_of, found = ENDS[number]
    ends = [(*row["start_positions"], *row["end_positions"]) for row in windows]
    assert ends == [found.get(window, ELSEWHERE) for window in range(windows_of)]
    if reference.BEFORE_5:
        assert windows == processed(transformers.BertTokenizer(f"{tmp_path}/vocab.txt"), *given)


def processed(tokenizer, question, context, answer, max_length, stride):
    from transformers.data.processors import squad

    squad.squad_convert_example_to_features_init(tokenizer)
    start, text = answer or (None, None)
    example = squad.SquadExample("", question, context, text, start, "", is_impossible=not answer)
    step = max_length - len(tokenizer(question)["input_ids"]) - 1 - stride
    longest = len(question)  # of the question, so that it is not cut
    given = (max_length, step, longest, "do_not_pad", True)
    return [
        {
            "input_ids": each.input_ids,
            "token_type_ids": each.token_type_ids,
            "start_positions": [each.start_position],
            "end_positions": [each.end_position],
        }
        for each in squad.squad_convert_example_to_features(example, *given)
    ]
