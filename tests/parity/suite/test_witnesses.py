"""No check of a suite compares scratch_bert with itself: each sees it broken, expected values too.

While a whole check runs, a function of scratch_bert is replaced by a wrong one. If the expected
values came from scratch_bert, they would be wrong in the same way, and nothing would differ.
"""

import sys
from dataclasses import replace

import pytest
import torch

from parity.core.mistake import Mistake
from parity.finetuning import mistaken as finetuning
from parity.finetuning.suite import FINETUNING
from parity.inference import mistaken as inference
from parity.inference.suite import INFERENCE
from parity.pretraining import mistaken as pretraining
from parity.pretraining.mistaken import KNOWN
from parity.pretraining.suite import PRETRAINING
from parity.suite.mistake import making
from scratch_bert.finetuning.tasks.question_answering import QuestionAnsweringTask
from scratch_bert.finetuning.tasks.token_classification import TokenClassificationTask
from scratch_bert.inference.fill_mask import word_scores
from scratch_bert.inference.run.scores import softmax
from scratch_bert.inference.tasks.sentence_embeddings import SentenceEmbeddings
from scratch_bert.model.heads import cross_entropy
from scratch_bert.model.task_heads import (
    BertForQuestionAnswering,
    BertForSequenceClassification,
    BertWithClassifier,
)
from scratch_bert.training.step import training_step


def twice(right, *given, **named):
    return 2 * right(*given, **named)


def with_twice_the_loss(right, *given, **named):
    output = right(*given, **named)
    return replace(output, loss=2 * output.loss)


def shifted(right, *given, **named):
    features = right(*given, **named)
    for row in features.rows:
        for name in {"labels", "start_positions"} & row.keys():
            row[name] = row[name] + 1
    return features


def without_dropout(right, model, *given, **named):
    right(model, *given, **named)
    model.dropout.p = 0.0


def at_twice_the_rate(right, model, batches, optimizer, *given, **named):
    for group in optimizer.param_groups:
        group["lr"] *= 2
    return right(model, batches, optimizer, *given, **named)


CANDIDATES = {
    "pretraining": (PRETRAINING, pretraining.with_mistake),
    "finetuning": (FINETUNING, finetuning.with_mistake),
    "inference": (INFERENCE, inference.with_mistake),
}
BROKEN = {
    "pretraining initial": KNOWN["initial-biases"].replaces,
    "pretraining masks": KNOWN["masks-always"].replaces,
    "pretraining pairs": KNOWN["pairs-polarity"].replaces,
    "pretraining loss": KNOWN["loss-summed"].replaces,
    "pretraining steps": KNOWN["steps-no-decay"].replaces,
    "pretraining dropout": KNOWN["dropout-left-off"].replaces,
    "pretraining resume": KNOWN["resume-without-optimizer"].replaces,
    "pretraining processes": KNOWN["processes-averaged"].replaces,
    "pretraining run": KNOWN["run-not-shuffled"].replaces,
    "finetuning classify": [(BertForSequenceClassification.loss, twice)],
    "finetuning multi-label": [(BertForSequenceClassification.loss, twice)],
    "finetuning regress": [(BertForSequenceClassification.loss, twice)],
    "finetuning tag": [(cross_entropy, twice)],
    "finetuning answer": [(BertForQuestionAnswering.forward, with_twice_the_loss)],
    "finetuning choose": [(cross_entropy, twice)],
    "finetuning dropout": [(BertWithClassifier.__init__, without_dropout)],
    "finetuning align": [(TokenClassificationTask.features, shifted)],
    "finetuning windows": [(QuestionAnsweringTask.features, shifted)],
    "finetuning run": [(training_step, at_twice_the_rate)],
    "finetuning accumulate": [(training_step, at_twice_the_rate)],
    "inference fill-mask": [(word_scores, twice)],
    "inference classify": [(softmax, twice)],
    "inference tag": [(softmax, twice)],
    "inference answer": [(softmax, twice)],
    "inference next": [(softmax, twice)],
    "inference embed": [(SentenceEmbeddings.__call__, twice)],
}
EVERY = [f"{name} {check}" for name, (suite, _) in CANDIDATES.items() for check in suite.checks]


@pytest.fixture(autouse=True)
def _nothing_is_remembered():
    """What was computed before would be right, and what is computed here is wrong."""
    forget()
    yield
    forget()


def forget():
    for name, module in [*sys.modules.items()]:
        if name.startswith("parity."):
            for value in [*vars(module).values()]:
                if hasattr(value, "cache_clear"):
                    value.cache_clear()


def test_every_check_is_tried():
    assert list(BROKEN) == EVERY


@pytest.mark.sample(5)
@pytest.mark.parametrize("place", EVERY)
def test_a_broken_scratch_bert_is_seen(place, monkeypatch):
    """Slow: HuggingFace's Trainer, and processes."""
    name, check = place.split(" ")
    suite, candidate = CANDIDATES[name]
    mistake = Mistake("broken", (check,), replaces=tuple(BROKEN[place]))
    made = candidate()
    if check == "processes":  # a process of its own knows of no replaced function
        made.name = "parity.pretraining.mistaken:processes-averaged"
    with making([mistake]), torch.random.fork_rng(devices=[]):
        outcome = suite.checks[check].run(made)
    assert outcome.different
    assert suite.checks[check].run(candidate()).different == [], "whole again, it is HuggingFace's"
