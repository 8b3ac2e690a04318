"""The answer to a question, by the rules of HuggingFace's example script run_qa.

transformers 5 has no pipeline for this. Windows are those of the script's
`prepare_validation_features`, answers those of `postprocess_qa_predictions` in its utils_qa. Where
that makes "empty" up for a context without a token, the answer here is empty.
"""

from typing import Any

import numpy as np
import torch


@torch.inference_mode()
def answer(
    model: Any,
    tokenizer: Any,
    question: str,
    context: str,
    *,
    n_best: int,
    max_answer_length: int,
    max_length: int,
    stride: int,
    null_threshold: float | None,
) -> list[dict[str, Any]]:
    """Return a question's answers, that which is chosen first, the others from the best on.

    Args:
        model: HF's, for question answering.
        tokenizer: HF's.
        question: what is asked.
        context: where the answer is.
        n_best: likely starts and ends of a window, and answers at most.
        max_answer_length: in tokens.
        max_length: tokens of a window.
        stride: tokens that two windows share.
        null_threshold: None if there is an answer always.
    """
    rows = tokenizer(
        [question.lstrip()],
        [context],
        truncation="only_second",
        max_length=max_length,
        stride=stride,
        return_overflowing_tokens=True,
        return_offsets_mapping=True,
    )
    found, null = [], np.inf  # (score, start, end)
    for i, offsets in enumerate(rows["offset_mapping"]):
        names = ("input_ids", "token_type_ids", "attention_mask")
        output = model(**{name: torch.tensor([rows[name][i]]) for name in names})
        first, last = (each[0].numpy() for each in (output.start_logits, output.end_logits))
        null = min(null, first[0] + last[0])
        in_context = [text == 1 for text in rows.sequence_ids(i)]
        for start in np.argsort(first)[-1 : -n_best - 1 : -1]:
            for end in np.argsort(last)[-1 : -n_best - 1 : -1]:
                length = end - start + 1
                if in_context[start] and in_context[end] and 1 <= length <= max_answer_length:
                    score = first[start] + last[end]
                    found.append((score, offsets[start][0], offsets[end][1]))
    empty = (null, 0, 0)
    if null_threshold is not None:
        found.append(empty)
    found = sorted(found, key=lambda each: each[0], reverse=True)[:n_best]
    if null_threshold is not None and all(each[1:] != (0, 0) for each in found):
        found.append(empty)
    if not found:
        return [{"score": 1.0, "start": 0, "end": 0, "answer": ""}]
    scores = np.array([each[0] for each in found])
    shares = np.exp(scores - scores.max())
    shares = (shares / shares.sum()).tolist()
    answers = [
        {"score": share, "start": start, "end": end, "answer": context[start:end]}
        for share, (_, start, end) in zip(shares, found, strict=True)
    ]
    best = next((i for i, each in enumerate(found) if each[1] < each[2]), None)
    if null_threshold is not None and best is not None:
        if null - found[best][0] > null_threshold:
            best = next(i for i, each in enumerate(found) if each[1:] == (0, 0))
        answers.insert(0, answers.pop(best))
    return answers
