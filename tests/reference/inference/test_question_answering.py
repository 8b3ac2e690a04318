"""Answers are those of run_qa's rules, as parity.oracles has them, on the reference's logits.

transformers 5 has no pipeline for this task.
"""

import random

import numpy as np
import pytest
import torch
from hypothesis import given, settings

from parity import reference
from parity.oracles.answer_spans import answer
from scratch_bert.inference.tasks.question_answering import QuestionAnswering
from tests.reference.inference.pipelines import PIECES, WRITTEN, check_rows, drawn, saved, texts


def rules_say(theirs, question, context, n_best=20, longest=30, threshold=None, **window):
    given = {"n_best": n_best, "max_answer_length": longest, "null_threshold": threshold}
    return answer(*theirs, question, context, **given, **window)


@pytest.fixture(scope="module")
def sides(tmp_path_factory):
    def softer(model):  # so that logits are not far apart, and thresholds decide
        with torch.no_grad():
            model.qa_outputs.weight *= 0.1
            model.bert.embeddings.word_embeddings.weight[3000:6000] = 0.2

    place = saved("BertForQuestionAnswering", tmp_path_factory.mktemp("model"), change=softer)
    ours = QuestionAnswering(place, attention="sdpa", batch_tokens=1)
    return place, ours, theirs_of(place, torch.float32)


def theirs_of(place, dtype):
    model = reference.load("BertForQuestionAnswering", place, attention="sdpa", dtype=dtype)
    return model, reference.tokenizer(place)


@pytest.mark.sample(2)
@pytest.mark.parametrize("threshold", [None, -0.5, 0.0, 0.5])
def test_answers(threshold, sides):
    _, ours, theirs = sides
    contexts = [*WRITTEN, *texts()[len(WRITTEN) :: 5], " ".join(texts()[-3:])]
    questions = ["  Who was it?"] * len(contexts)
    given = {"max_length": 40, "stride": 9}
    found = ours(questions, contexts, max_answer_length=6, null_threshold=threshold, **given)
    rules = [
        rules_say(theirs, *both, longest=6, threshold=threshold, **given)
        for both in zip(questions, contexts, strict=True)
    ]
    check_rows(contexts, found, rules)
    if threshold == 0.0:
        best = [row[0]["answer"] for row in rules]
        assert "" in best
        assert any(best)


@settings(max_examples=40)
@given(drawn, drawn)
def test_any_question(sides, question, context):
    _, ours, theirs = sides
    given = {"max_length": 64, "stride": 5}
    try:
        rules = rules_say(theirs, question, context, 3, threshold=0.0, **given)
    except Exception:  # the question alone is too long
        with pytest.raises(ValueError, match="text 1: "):
            ours([question], [context], **given)
        return
    check_rows([context], ours([question], [context], 3, null_threshold=0.0, **given), [rules])


def test_long_contexts_at_once(sides):
    """Packed, with windows of many contexts in a batch, in double precision."""
    place, *_ = sides
    draw = random.Random(0)
    contexts = ["".join(draw.choices(PIECES[:8], k=draw.randrange(1, 200))) for _ in range(20)]
    contexts.sort(key=lambda _: draw.random())
    questions = ["what is it", "a b c d e"] * 10
    ours = QuestionAnswering(place, dtype=torch.float64)(questions, contexts, null_threshold=0.0)
    theirs = theirs_of(place, torch.float64)
    for question, context, answers in zip(questions, contexts, ours, strict=True):
        rules = rules_say(theirs, question, context, threshold=0.0, max_length=64, stride=32)
        assert answers[0].answer == rules[0]["answer"]
        scores = [each.score for each in answers], [each["score"] for each in rules]
        np.testing.assert_allclose(*map(sorted, scores), rtol=0, atol=1e-12)
