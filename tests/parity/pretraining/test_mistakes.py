"""Every known mistake of pretraining is caught and named; what is right is left in peace.

Slow where it is the first that needs HuggingFace's model, or two processes.
"""

import pytest

from parity.core.compare import Status
from parity.pretraining import mistaken
from parity.pretraining.candidate import TrainingCandidate
from parity.pretraining.inputs import SETTINGS
from parity.pretraining.mistaken import KNOWN
from parity.pretraining.suite import PRETRAINING
from parity.report.suite import explanation
from parity.self_test.suites import judge_known
from parity.suite.mistake import Mistaken
from tests.parity.strangers import strange_trainings as strange

STEPS = 7  # of twenty, which `parity self-test` takes; the last mistake shows at the sixth
DEAR = ("processes-averaged", "processes-sum-of-means", "processes-all-batches")  # in the self-test
EQUIVALENT = [name for name, mistake in KNOWN.items() if mistake.equivalent]
WRONG = [name for name in KNOWN if name not in (*EQUIVALENT, *DEAR)]
STRANGERS = [each for each in vars(strange).values() if hasattr(each, "called")]


@pytest.fixture(scope="module", autouse=True)
def _few_steps():
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(SETTINGS, "steps", STEPS)
        yield


@pytest.mark.thorough(but=6)
@pytest.mark.parametrize("name", WRONG)
def test_a_mistake_is_named(name):
    ((_, outcome),) = judge_known(name)
    assert outcome.different
    assert [known.id for known in outcome.causes] == [name], outcome.known


@pytest.mark.thorough(but=2)
@pytest.mark.parametrize("check", PRETRAINING.checks)
def test_plain_code_is_right(check):
    ((_, outcome),) = judge_known(f"{PRETRAINING.name} in plain code", [check])
    assert outcome.status is Status.MATCH, explanation(outcome, PRETRAINING, check)
    assert outcome.rows


@pytest.mark.parametrize("name", EQUIVALENT)
def test_what_is_right(name):
    ((_, outcome),) = judge_known(name)
    assert outcome.status is Status.MATCH, explanation(outcome, PRETRAINING, name)
    assert outcome.rows


def judged(kind, check):
    candidate = TrainingCandidate(kind(), f"{strange.__file__}:{kind.__name__}")
    return PRETRAINING.checks[check].run(candidate)


@pytest.mark.thorough(but=3)
@pytest.mark.parametrize("check", PRETRAINING.checks)
def test_a_stranger_who_is_right(check):
    outcome = judged(strange.Stranger, check)
    assert outcome.status is Status.MATCH, explanation(outcome, PRETRAINING, "Stranger")
    assert outcome.rows


@pytest.mark.thorough(but=4)
@pytest.mark.parametrize("kind", STRANGERS)
def test_a_strangers_mistake(kind):
    outcome = judged(kind, KNOWN[kind.called].stages[0])
    assert [known.id for known in outcome.causes] == [kind.called]


def test_a_candidate_is_called_by_its_mistake():
    assert isinstance(getattr(mistaken, "masks-always"), Mistaken)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        mistaken.nonsense  # noqa: B018


@pytest.mark.thorough
def test_two_mistakes_at_once():
    """All pairs of mistakes are tried until one fits."""
    outcome = judged(strange.TwoAtOnce, "masks")
    assert {known.id for known in outcome.causes} == {"masks-always", "masks-in-place"}
    assert "one of two causes" in explanation(outcome, PRETRAINING, "TwoAtOnce")
    outcome = judged(strange.TwoAtOnce, "steps")
    assert {known.id for known in outcome.causes} == {"steps-clip-each", "steps-mean-of-means"}
