"""Answers are those of run_qa's rules, written down here a second time, on the reference's logits.

transformers 5 has no pipeline for this task; `expected` is `postprocess_qa_predictions` of the
example script utils_qa.py, and `windows` its `prepare_validation_features`, without padding.
"""

import random

import numpy as np
import pytest
import torch
from hypothesis import given, settings

from parity import reference
from scratch_bert.inference.question_answering import QuestionAnswering
from tests.reference.pipelines import PIECES, WRITTEN, drawn, saved, texts


def windows(model, tokenizer, question, context, max_length, stride):
    rows = tokenizer(
        [question.lstrip()],
        [context],
        truncation="only_second",
        max_length=max_length,
        stride=stride,
        return_overflowing_tokens=True,
        return_offsets_mapping=True,
    )
    found = []
    for i, offsets in enumerate(rows["offset_mapping"]):
        inputs = {
            name: torch.tensor([rows[name][i]])
            for name in ("input_ids", "token_type_ids", "attention_mask")
        }
        with torch.inference_mode():
            output = model(**inputs)
        texts = rows.sequence_ids(i)
        mapping = [span if text == 1 else None for span, text in zip(offsets, texts, strict=True)]
        found.append((output.start_logits[0].numpy(), output.end_logits[0].numpy(), mapping))
    return found


def expected(context, features, n_best, longest, with_negative, threshold):
    """The best answer's text, and all predictions."""
    null, prelim = None, []
    for start_logits, end_logits, offset_mapping in features:
        score = start_logits[0] + end_logits[0]
        if null is None or null["score"] > score:
            null = {
                "offsets": (0, 0),
                "score": score,
                "start_logit": start_logits[0],
                "end_logit": end_logits[0],
            }
        for start in np.argsort(start_logits)[-1 : -n_best - 1 : -1].tolist():
            for end in np.argsort(end_logits)[-1 : -n_best - 1 : -1].tolist():
                if offset_mapping[start] is None or offset_mapping[end] is None:
                    continue
                if end < start or end - start + 1 > longest:
                    continue
                prelim.append(
                    {
                        "offsets": (offset_mapping[start][0], offset_mapping[end][1]),
                        "score": start_logits[start] + end_logits[end],
                        "start_logit": start_logits[start],
                        "end_logit": end_logits[end],
                    }
                )
    if with_negative:
        prelim.append(null)
    found = sorted(prelim, key=lambda x: x["score"], reverse=True)[:n_best]
    if with_negative and not any(p["offsets"] == (0, 0) for p in found):
        found.append(null)
    for p in found:
        p["text"] = context[slice(*p["offsets"])]
    if not found or (len(found) == 1 and found[0]["text"] == ""):
        return None, found  # the script makes "empty" up
    scores = np.array([p["score"] for p in found])
    shares = np.exp(scores - np.max(scores))
    for p, share in zip(found, shares / shares.sum(), strict=True):
        p["probability"] = share
    if not with_negative:
        return found[0]["text"], found
    best = next(p for p in found if p["text"] != "")
    difference = null["score"] - best["start_logit"] - best["end_logit"]
    return ("" if difference > threshold else best["text"]), found


@pytest.fixture(scope="module")
def sides(tmp_path_factory):
    def softer(model):  # so that logits are not far apart, and thresholds decide
        with torch.no_grad():
            model.qa_outputs.weight *= 0.1
            model.bert.embeddings.word_embeddings.weight[3000:6000] = 0.2

    place = saved("BertForQuestionAnswering", tmp_path_factory.mktemp("model"), change=softer)
    theirs = reference.load("BertForQuestionAnswering", place, attention="sdpa")
    ours = QuestionAnswering(place, attention="sdpa", batch_tokens=1)
    return place, ours, theirs.eval(), reference.tokenizer(place)


def check(answers, context, features, longest, threshold, n_best=20):
    best, found = expected(context, features, n_best, longest, threshold is not None, threshold)
    if best is None:
        assert [(each.answer, each.score) for each in answers] == [("", 1.0)]
        return None
    assert answers[0].answer == best
    ours = [(each.score, each.start, each.end) for each in answers]
    theirs = [(p["probability"], *p["offsets"]) for p in found]
    assert sorted(ours) == sorted(theirs)
    assert [each for each in theirs if each != ours[0]] == [
        each for each in ours[1:] if each != ours[0]
    ]
    assert all(each.answer == context[each.start : each.end] for each in answers)
    return best


@pytest.mark.parametrize("threshold", [None, -0.5, 0.0, 0.5])
def test_answers(threshold, sides):
    _, ours, *theirs = sides
    contexts = [*WRITTEN, *texts()[len(WRITTEN) :: 5], " ".join(texts()[-3:])]
    questions = ["  Who was it?"] * len(contexts)
    given = {"max_length": 40, "stride": 9}
    found = ours(questions, contexts, max_answer_length=6, null_threshold=threshold, **given)
    told = []
    for question, context, answers in zip(questions, contexts, found, strict=True):
        features = windows(*theirs, question, context, **given)
        told.append(check(answers, context, features, 6, threshold))
    if threshold == 0.0:
        assert "" in told
        assert any(told)


@settings(max_examples=40)
@given(drawn, drawn)
def test_any_question(sides, question, context):
    _, ours, *theirs = sides
    given = {"max_length": 64, "stride": 5}
    try:
        features = windows(*theirs, question, context, **given)
    except Exception:  # the question alone is too long
        with pytest.raises(ValueError, match="text 1: "):
            ours([question], [context], **given)
        return
    (answers,) = ours([question], [context], 3, null_threshold=0.0, **given)
    check(answers, context, features, 30, 0.0, n_best=3)


def test_long_contexts_at_once(sides):
    """Packed, with windows of many contexts in a batch, in double precision."""
    place, _, model, tokenizer = sides
    draw = random.Random(0)
    contexts = ["".join(draw.choices(PIECES[:8], k=draw.randrange(1, 200))) for _ in range(20)]
    contexts.sort(key=lambda _: draw.random())
    questions = ["what is it", "a b c d e"] * 10
    ours = QuestionAnswering(place, dtype=torch.float64)(questions, contexts, null_threshold=0.0)
    model.double()
    try:
        for question, context, answers in zip(questions, contexts, ours, strict=True):
            features = windows(model, tokenizer, question, context, 64, 32)
            best, found = expected(context, features, 20, 30, True, 0.0)
            assert answers[0].answer == best
            scores = [sorted(each.score for each in answers)]
            scores.append(sorted(p["probability"] for p in found))
            np.testing.assert_allclose(*scores, rtol=0, atol=1e-12)
    finally:
        model.float()
