"""What inference is asked shows mistakes, and hangs on no rounding."""

from collections import Counter
from itertools import combinations

import pytest
import torch

from parity.core.compare import Status
from parity.inference.answers import compared, settled
from parity.inference.candidate import InferenceCandidate
from parity.inference.cases import CASES
from parity.inference.checkpoints import CLASSES, TAGS, TIED
from parity.inference.mistaken import KNOWN, with_mistake
from parity.inference.reference import expected
from parity.inference.suite import INFERENCE, answers_of
from parity.ours import inference
from parity.ours.inference import ScratchInference
from parity.report.suite import failure_text
from parity.suite.mistake import of_check
from scratch_bert.inference.run.runner import Runner

NOISE = 3e-6  # of each weight; a float32 is rounded by 6e-8
SCORES = 1e-3  # what it may do to them


def answers(check, number):
    return expected(check, number, torch.float32)


def shaken(check, case):
    return answers_of(check, case, InferenceCandidate(ScratchInference(), ""))


@pytest.fixture
def _shaking(monkeypatch):
    """Weights are a little different."""
    load = Runner.__init__

    def shaking(runner, *given, **named):
        load(runner, *given, **named)
        generator = torch.Generator().manual_seed(0)
        with torch.no_grad():
            for name, parameter in runner.model.named_parameters():
                if len(parameter) != len(CLASSES) or "classifier" not in name:  # which has ties
                    parameter *= 1 + NOISE * torch.randn(parameter.shape, generator=generator)

    inference._loaded.cache_clear()
    monkeypatch.setattr(Runner, "__init__", shaking)
    yield
    inference._loaded.cache_clear()


@pytest.mark.usefixtures("_shaking")
@pytest.mark.sample(2)
@pytest.mark.parametrize("check", CASES)
def test_no_answer_hangs_on_rounding(check):
    for number, case in enumerate(CASES[check]):
        rows = zip(case.texts, shaken(check, case), answers(check, number), strict=True)
        for text, ours, theirs in rows:
            both = [settled(each, NOISE) if check == "answer" else each for each in (ours, theirs)]
            row = compared(text, *both, SCORES, case.name)
            assert row.passed, row


def test_answers_are_unlike_each_other():
    tags = Counter(token["entity"] for row in answers("tag", 1) for token in row)
    assert {*tags} == {*TAGS}
    assert max(tags.values()) < 0.4 * tags.total()
    labels = Counter(row["label"] for row in answers("next", 0))
    assert min(labels.values()) > 6
    best = Counter(row[0]["label"] for row in answers("classify", 1))
    assert len(best) > 4
    special = {word["token"] for row in answers("fill-mask", 1)[:2] for word in row} & {*range(5)}
    assert special
    for number in (1, 2, 3):
        found = [row[0]["answer"] for row in answers("answer", number)]
        assert "" in found
        assert any(found)


def test_ties_are_exact():
    tied = {CLASSES[i] for i in TIED}
    for row in answers("classify", 0):
        first, second = (i for i, each in enumerate(row) if each["label"] in tied)
        assert row[first]["score"] == row[second]["score"]
        assert second == first + 1


@pytest.mark.sample(4)
@pytest.mark.parametrize("check", CASES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_batches_without_padding(check, dtype):
    """Other operations than the reference's, and other last digits."""
    packed = ScratchInference(attention="packed", batch_tokens=2048, dtype=dtype)
    outcome = INFERENCE.checks[check].run(InferenceCandidate(packed, ""))
    assert outcome.status is Status.MATCH, failure_text(outcome, INFERENCE, "packed")


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of numbers without sense
@pytest.mark.sample(2)
@pytest.mark.parametrize("check", CASES)
def test_two_mistakes_can_be_tried_together(check):
    """Nothing is raised, whatever comes of it."""
    known = [mistake for mistake in of_check(check, KNOWN) if not mistake.equivalent]
    for one, other in combinations(known, 2):
        if not one.touched & other.touched:
            for case in CASES[check]:
                answers_of(check, case, with_mistake(one, other))
