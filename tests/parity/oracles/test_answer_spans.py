"""Answer spans by run_qa's rules: an example by hand, and transformers 4.57's pipeline."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from parity import reference
from parity.inference.cases import ASKED
from parity.inference.checkpoints import folder_of
from parity.oracles.answer_spans import answer

GIVEN = {"n_best": 3, "max_answer_length": 2, "max_length": 40, "stride": 5}
STARTS = {"[CLS]": 1.0, "paris": 3.0, "london": 2.0}
ENDS = {"[CLS]": 1.5, "paris": 0.5, "london": 2.0, "berlin": 6.0}


def said(input_ids, **_):
    """A model that looks at each token alone."""
    vocabulary = reference.tokenizer(folder_of("questions")).get_vocab()
    output = SimpleNamespace()
    for name, table in (("start_logits", STARTS), ("end_logits", ENDS)):
        logits = torch.zeros(len(vocabulary))
        for token, logit in table.items():
            logits[vocabulary[token]] = logit
        setattr(output, name, logits[input_ids])
    return output


def found(threshold, **changed):
    given = {**GIVEN, "null_threshold": threshold, **changed}
    tokenizer = reference.tokenizer(folder_of("questions"))
    return answer(said, tokenizer, " who paris", "Paris London Berlin", **given)


def test_the_best_spans():
    """Paris to Berlin, 9, is too long; the question's Paris is no answer."""
    rows = found(None)
    assert [row["answer"] for row in rows] == ["London Berlin", "Paris London", "London"]
    scores = np.exp([8.0, 5.0, 4.0])
    assert [row["score"] for row in rows] == pytest.approx(scores / scores.sum(), abs=1e-6)
    assert (rows[0]["start"], rows[0]["end"]) == (6, 19)
    assert [row["answer"] for row in found(None, max_answer_length=1)] == ["London"]


def test_no_answer():
    """[CLS] as start and end has 2.5; the best answer 8."""
    rows = found(0.0)
    assert [row["answer"] for row in rows] == ["London Berlin", "Paris London", "London", ""]
    assert found(-6.0)[0] == rows[3]
    assert found(-5.0) == rows


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.skipif(
    not reference.BEFORE_5, reason="transformers 5 has no pipeline that answers questions"
)
def test_the_pipeline_of_4_57():
    """Its scores are products of probabilities, which have the same order in a single window."""
    folder = folder_of("questions")
    pipeline = reference.pipeline("question-answering", folder)
    model = reference.load("BertForQuestionAnswering", folder, attention="sdpa")
    short = [(question, context[:30]) for question, context in ASKED if context]
    given = {"n_best": 40, "max_answer_length": 6, "stride": 5, "null_threshold": None}
    for question, context in short:
        theirs = pipeline(
            question=question,
            context=context,
            max_answer_len=6,
            max_seq_len=50,
            doc_stride=5,
            align_to_words=False,
        )
        ours = answer(
            model, reference.tokenizer(folder), question, context, max_length=50, **given
        )[0]
        assert (ours["start"], ours["end"]) == (theirs["start"], theirs["end"]), context
