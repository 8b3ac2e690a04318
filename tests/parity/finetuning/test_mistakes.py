"""Every known mistake of fine-tuning is caught and named; what is right is left in peace.

Slow where it is the first that needs HuggingFace's model, or its Trainer.
"""

import pytest

from parity.core.compare import Status
from parity.finetuning import mistaken, runs
from parity.finetuning.candidate import FinetuningCandidate
from parity.finetuning.mistaken import KNOWN
from parity.finetuning.suite import FINETUNING
from parity.pretraining.mistakes.steps import STEPS
from parity.report.suite import explanation
from parity.self_test.suites import judge_known
from parity.suite.mistake import Mistaken
from tests.parity.strangers import strange_finetunings as strange

EQUIVALENT = [name for name, mistake in KNOWN.items() if mistake.equivalent]
OPTIMISER = [f"finetune-{each.id.partition('-')[2]}" for each in STEPS]  # in the self-test
WRONG = [name for name in KNOWN if name not in (*EQUIVALENT, *OPTIMISER)]
STRANGERS = [each for each in vars(strange).values() if hasattr(each, "called")]


@pytest.fixture
def _a_single_task(monkeypatch):
    """Of the three that `parity self-test` takes."""
    monkeypatch.setattr(runs, "LEARNT", ("tag",))


@pytest.mark.thorough(but=6)
@pytest.mark.usefixtures("_a_single_task")
@pytest.mark.parametrize("name", WRONG)
def test_a_mistake_is_named(name):
    ((_, outcome),) = judge_known(name)
    assert outcome.different
    assert [known.id for known in outcome.causes] == [name], outcome.known


@pytest.mark.parametrize("name", EQUIVALENT)
def test_what_is_right(name):
    ((_, outcome),) = judge_known(name)
    assert outcome.status is Status.MATCH, explanation(outcome, FINETUNING, name)
    assert outcome.rows


def judged(kind, check):
    return FINETUNING.checks[check].run(FinetuningCandidate(kind(), kind.__name__))


@pytest.mark.thorough(but=4)
@pytest.mark.parametrize("check", FINETUNING.checks)
def test_a_stranger_who_is_right(check):
    outcome = judged(strange.Stranger, check)
    assert outcome.status is Status.MATCH, explanation(outcome, FINETUNING, "Stranger")
    assert outcome.rows


@pytest.mark.thorough(but=4)
@pytest.mark.parametrize("kind", STRANGERS)
def test_a_strangers_mistake(kind):
    outcome = judged(kind, KNOWN[kind.called].stages[0])
    assert [known.id for known in outcome.causes] == [kind.called]


def test_every_check_has_a_stranger_who_is_wrong():
    assert {KNOWN[each.called].stages[0] for each in STRANGERS} == {*FINETUNING.checks}


def test_a_candidate_is_called_by_its_mistake():
    assert isinstance(getattr(mistaken, "tag-summed"), Mistaken)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        mistaken.nonsense  # noqa: B018


def test_two_mistakes_at_once():
    outcome = judged(strange.TwoAtOnce, "align")
    assert {f.id for f in outcome.causes} == {"align-every-piece", "align-specials-outside"}
    assert "one of two causes" in explanation(outcome, FINETUNING, "TwoAtOnce")


def test_what_nobody_knows():
    outcome = judged(strange.TwoAtOnce, "tag")
    assert outcome.causes == []
    assert outcome.known == [
        "no known mistake of the loss does this; is the model right (parity check)?"
    ]


@pytest.mark.thorough
def test_other_names_and_less_than_is_asked():
    for check in ("classify", "dropout", "align", "run"):
        outcome = judged(strange.OtherNames, check)
        assert outcome.different[0].status is Status.MISSING_OURS, check
        assert outcome.causes == []
    shapes = {row.status for row in judged(strange.OtherNames, "align").different}
    assert shapes == {Status.MISSING_OURS, Status.SHAPE}
