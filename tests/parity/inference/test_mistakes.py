"""Every known mistake of inference is caught and named; what is right is left in peace.

Slow where it is the first that needs HuggingFace's model, and where pairs of mistakes are tried.
"""

import pytest

from parity.core.compare import Status
from parity.inference import mistaken
from parity.inference.candidate import InferenceCandidate
from parity.inference.mistaken import KNOWN
from parity.inference.suite import INFERENCE
from parity.ours.inference import ScratchInference
from parity.report.suite import explanation
from parity.self_test.suites import judge_known
from tests.parity.strangers import strange_inferences as strange

EQUIVALENT = [name for name, mistake in KNOWN.items() if mistake.equivalent]
WRONG = [name for name in KNOWN if name not in EQUIVALENT]
STRANGERS = [each for each in vars(strange).values() if hasattr(each, "called")]


@pytest.mark.thorough(but=6)
@pytest.mark.parametrize("name", WRONG)
def test_a_mistake_is_named(name):
    ((_, outcome),) = judge_known(name)
    assert outcome.different
    assert [known.id for known in outcome.causes] == [name], outcome.known


@pytest.mark.parametrize("name", EQUIVALENT)
def test_what_is_right(name):
    ((_, outcome),) = judge_known(name)
    assert outcome.status is Status.MATCH, explanation(outcome, INFERENCE, name)
    assert outcome.rows


def judged(maker, check):
    return INFERENCE.checks[check].run(InferenceCandidate(maker, type(maker).__name__))


@pytest.mark.thorough(but=3)
@pytest.mark.parametrize("check", INFERENCE.checks)
def test_a_stranger_who_is_right(check):
    outcome = judged(strange.Stranger(), check)
    assert outcome.status is Status.MATCH, explanation(outcome, INFERENCE, "Stranger")
    assert outcome.rows


@pytest.mark.thorough(but=4)
@pytest.mark.parametrize("check", INFERENCE.checks)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_batches_without_padding(check, dtype):
    """Other operations than the reference's, and other last digits."""
    outcome = judged(ScratchInference(attention="packed", batch_tokens=2048, dtype=dtype), check)
    assert outcome.status is Status.MATCH, explanation(outcome, INFERENCE, "packed")


@pytest.mark.thorough(but=4)
@pytest.mark.parametrize("kind", STRANGERS)
def test_a_strangers_mistake(kind):
    outcome = judged(kind(), KNOWN[kind.called].stages[0])
    assert [known.id for known in outcome.causes] == [kind.called]


def test_a_candidate_is_called_by_its_mistakes():
    made = getattr(mistaken, "next-types-zero+next-logits")
    outcome = judged(made, "next")
    assert {known.id for known in outcome.causes} == {"next-types-zero", "next-logits"}
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        mistaken.nonsense  # noqa: B018


def test_two_mistakes_at_once():
    outcome = judged(strange.TwoAtOnce(), "next")
    assert {known.id for known in outcome.causes} == {
        "next-types-zero",
        "next-score-of-the-first",
    }
    assert outcome.together


def test_what_nobody_knows():
    outcome = judged(strange.Unheard(), "classify")
    assert outcome.causes == []
    (known,) = outcome.known
    assert known.startswith("no known mistake of classify does this; are the model and")
    outcome = judged(strange.Warm(), "next")
    assert outcome.causes == []
    assert outcome.known == [
        "everything but the scores is right; is the model right, too (parity check)?"
    ]
